/** The server that the options of `collm minecraft` name, for as long as a command needs it. */
import type { Cell } from '@collm/envs';
import { MinecraftError, type MinecraftSession, openSession } from '@collm/minecraft';
import { RunError, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';

/** Options that all commands of `collm minecraft` share; null is what was not given. */
export interface ServerArguments {
  readonly host: string | null;
  readonly port: number | null;
  readonly version: string | null;
  readonly origin: Cell | null;
  /** Names of the bots, in agent order. */
  readonly bots: readonly string[];
  /** Milliseconds. */
  readonly stepDelay: number | null;
  readonly json: boolean;
}

const VANILLA_PORT = 25_565;

/**
 * Opens a session with a bot per agent, does the work, and closes it whatever happens.
 *
 * @throws {UsageError} when there are fewer names than agents; {@link RunError} with the words of what went wrong
 */
export async function withSession<T>(
  given: ServerArguments,
  numAgents: number,
  io: Io,
  work: (session: MinecraftSession) => Promise<T>,
): Promise<T> {
  const { host, port, version, origin, stepDelay, bots } = given;
  if (bots.length < numAgents) {
    throw new UsageError(
      `\`--bots\` names ${bots.length}, but ${numAgents} agents build. Name one for each.`,
    );
  }
  const own = host !== null || port !== null;
  try {
    const session = await openSession({
      server: own ? { host: host ?? '127.0.0.1', port: port ?? VANILLA_PORT, version } : null,
      botNames: bots.slice(0, numAgents),
      ...(version === null ? {} : { version }),
      ...(origin === null ? {} : { origin }),
      ...(stepDelay === null ? {} : { pacing: { stepDelay } }),
    });
    try {
      io.stderr.write(`${describe(session)}\n`);
      return await work(session);
    } finally {
      await session.close();
    }
  } catch (error) {
    if (error instanceof MinecraftError) throw new RunError(error.message, { cause: error });
    throw error;
  }
}

/** The server, as JSON for `--json`. */
export function serverJson({ address, version, origin: { x, y, z } }: MinecraftSession) {
  return { built_in: address.builtIn, host: address.host, port: address.port, version, origin: [x, y, z] };
}

function describe({ address, version, origin: { x, y, z } }: MinecraftSession): string {
  const where = address.builtIn ? 'the built-in server' : `${address.host}:${address.port}`;
  return `Minecraft ${version} on ${where}; the 0,0,0 of the task is at ${x},${y},${z}.`;
}
