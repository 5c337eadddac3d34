/** A Minecraft server of our own: an empty world in a worker thread, in memory, on the loopback interface. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Cell } from '@collm/envs';
import { requireInstalled, serverFolder } from './bot.js';
import { briefly, MinecraftError } from './error.js';

/** Minecraft's versions with which the built-in server and its bots understand each other. */
export const localVersions: readonly string[] = [
  '1.19.4',
  '1.20',
  '1.20.2',
  '1.20.3',
  '1.20.5',
  '1.21.1',
  '1.21.3',
  '1.21.4',
];

/** The version where none is asked for. */
export const defaultVersion = '1.21.4';

const START_TIMEOUT_MS = 60_000;

export interface LocalServer {
  readonly host: string;
  /** Any that was free. */
  readonly port: number;
  readonly version: string;
  /** Rejects with what the server died of; pending while it runs. */
  readonly died: Promise<never>;
  close(): Promise<void>;
}

export interface LocalServerOptions {
  readonly version?: string;
  /** Where players appear. */
  readonly spawn: Cell;
  /** Most players. */
  readonly players: number;
}

/** @throws {MinecraftError} `not_installed`, `wrong_version`, `timed_out` or `server_failed` */
export async function startLocalServer({
  version = defaultVersion,
  spawn,
  players,
}: LocalServerOptions): Promise<LocalServer> {
  requireInstalled();
  if (!localVersions.includes(version)) {
    throw new MinecraftError(
      'wrong_version',
      `The built-in server does not play Minecraft ${version}, but ${localVersions.join(', ')}. Take one of these, or a server of your own with \`--host\`.`,
    );
  }
  const worker = new Worker(join(serverFolder, 'local-server.mjs'), {
    workerData: { version, spawn: [spawn.x, spawn.y, spawn.z], players },
    // Not ours: it prompts for commands of an operator and logs.
    stdin: true,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.resume();
  const died = new Promise<never>((_, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new MinecraftError('server_failed', `The built-in Minecraft server broke down: ${briefly(why)}`, {
          cause,
        }),
      );
    worker.once('error', (cause) => fail((cause as Error).message, cause));
    worker.once('exit', () => fail('its thread ended.'));
  });
  died.catch(() => {}); // Whoever waits for it hears of it.
  try {
    const port = await Promise.race([portOf(worker), died]);
    return {
      host: '127.0.0.1',
      port,
      version,
      died,
      close: async () => {
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function portOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new MinecraftError(
          'timed_out',
          `The Minecraft server did not start within ${START_TIMEOUT_MS / 1000} seconds. Try again when the machine is less busy.`,
        ),
      );
    }, START_TIMEOUT_MS).unref();
    worker.once('message', ({ port }: { port: number }) => {
      clearTimeout(timer);
      resolve(port);
    });
  });
}
