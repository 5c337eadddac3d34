/** Reads what building tasks log about a turn (`info` of an episode's turn). */
import { type Box, boxBetween, type Cell } from '@collm/envs';
import type { PlacedBlock } from './compare.js';
import { MinecraftError } from './error.js';
import type { Turn } from './replay.js';

/** A turn as it was simulated. */
export interface SimulatedTurn extends Turn {
  /** What stood afterwards besides air. */
  readonly world: readonly PlacedBlock[];
}

/** @throws {MinecraftError} `bad_turn` where it is not the log of a building task's turn */
export function readTurnInfo(info: Readonly<Record<string, unknown>>): SimulatedTurn {
  const { agents, world, box } = info;
  if (!Array.isArray(agents) || !Array.isArray(world)) {
    throw badTurn('it holds no accepted commands and no world, as those of str_build and house_build do');
  }
  return { box: readBox(box), commands: agents.map(readAccepted), world: world.map(readPlaced) };
}

function readAccepted(agent: unknown, index: number): string[] {
  const accepted = (agent as { accepted?: unknown } | null)?.accepted;
  if (Array.isArray(accepted) && accepted.every((line) => typeof line === 'string')) return accepted;
  throw badTurn(`agent ${index + 1} has no list of accepted commands`);
}

function readPlaced(entry: unknown): PlacedBlock {
  if (Array.isArray(entry) && entry.length === 4 && typeof entry[3] === 'string') {
    const [x, y, z] = entry;
    if ([x, y, z].every(Number.isSafeInteger)) return [x, y, z, entry[3]];
  }
  throw badTurn(`${JSON.stringify(entry)} in its world is not [x, y, z, block]`);
}

function readBox(box: unknown): Box {
  const { from, to } = (box ?? {}) as { from?: unknown; to?: unknown };
  const [a, b] = [readCell(from), readCell(to)];
  if (a === null || b === null) throw badTurn('it does not say in which box was built');
  return boxBetween(a, b);
}

function readCell(triple: unknown): Cell | null {
  if (!Array.isArray(triple) || triple.length !== 3 || !triple.every(Number.isSafeInteger)) return null;
  const [x, y, z] = triple;
  return { x, y, z };
}

function badTurn(why: string): MinecraftError {
  return new MinecraftError('bad_turn', `The turn cannot be replayed: ${why}.`);
}
