/** Plays one turn of a building task on a server. */
import type { Box } from '@collm/envs';
import { type BuildCommand, readAccepted, toServerCommand, type Withheld } from './commands.js';
import type { PlacedBlock } from './compare.js';
import type { MinecraftSession } from './session.js';

export interface Turn {
  /** The inclusive box of the task. */
  readonly box: Box;
  /** The accepted, rewritten lines of every agent, in agent order. */
  readonly commands: readonly (readonly string[])[];
}

/** A command that was sent, but whose blocks did not come to stand. */
export interface Unconfirmed {
  readonly line: string;
  /** What was sent for it. */
  readonly sent: string;
  /** What the server said. */
  readonly answers: readonly string[];
}

/** What came of one agent's lines. */
export interface AgentReplay {
  readonly sent: number;
  readonly withheld: readonly Withheld[];
  readonly unconfirmed: readonly Unconfirmed[];
}

export interface TurnReplay {
  /** What stands in the box besides air, in the task's coordinates and names. */
  readonly blocks: readonly PlacedBlock[];
  readonly agents: readonly AgentReplay[];
}

/**
 * Empties the box, lets each agent's bot carry out the agent's lines (all of agent 1's before agent 2's first), and scans
 * the box. Lines that build nothing (`/kill`) or that are no accepted commands are never sent.
 *
 * @throws {MinecraftError} when the session breaks off
 */
export async function replayTurn(session: MinecraftSession, { box, commands }: Turn): Promise<TurnReplay> {
  await session.clear(box);
  const used = new Set<string>();
  const agents: AgentReplay[] = [];
  for (const [agent, lines] of commands.entries()) {
    const read = lines.map((line) => readAccepted(line, box));
    for (const command of read) if ('block' in command) used.add(command.block);
    agents.push(await buildAs(session, agent, read));
  }
  const scanned = await session.scan(box, Math.max(0, commands.length - 1));
  const blocks = scanned.map(([x, y, z, block]): PlacedBlock => [x, y, z, session.names.toTask(block, used)]);
  return { blocks, agents };
}

async function buildAs(
  session: MinecraftSession,
  agent: number,
  commands: readonly (BuildCommand | Withheld)[],
): Promise<AgentReplay> {
  const withheld: Withheld[] = [];
  const unconfirmed: Unconfirmed[] = [];
  let sent = 0;
  for (const command of commands) {
    const forServer = 'reason' in command ? command : toServerCommand(command, session.origin, session.names);
    if ('reason' in forServer) {
      withheld.push(forServer);
      continue;
    }
    const { confirmed, answers } = await session.execute(agent, forServer);
    sent++;
    if (!confirmed) unconfirmed.push({ line: command.line, sent: forServer.text, answers });
  }
  return { sent, withheld, unconfirmed };
}
