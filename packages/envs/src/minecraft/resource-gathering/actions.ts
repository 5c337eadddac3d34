/** What an agent's response asks for (minecraft spec, section 10). */
import { strictAction } from '../../text/json-actions.js';
import { isJsonObject, type JsonValue } from '../../text/literal-reader.js';
import { cellNumber, type GridCell, type GridSize, readCell, readPath } from '../grid/grid.js';
import { isMaterial } from './materials.js';
import type { ResourceFact } from './state.js';

/** What a fact is about; how much there is, the environment knows better. */
export type FactSubject = Omit<ResourceFact, 'count'>;

export interface GatheringAction {
  /** About cells that the agent has seen, each cell and material once. */
  readonly facts: readonly FactSubject[];
  /** From the agent's cell on, with no more steps than allowed; null for no movement. */
  readonly path: readonly GridCell[] | null;
}

/**
 * Reads a response. What is malformed or out of place is left out.
 *
 * @param seen numbers of the cells that the agent has seen when it writes
 */
export function readGatheringAction(
  response: string,
  map: GridSize,
  at: GridCell,
  seen: ReadonlySet<number>,
  maxSteps: number,
): GatheringAction {
  const { comm, path } = strictAction(response) ?? {};
  const facts = isJsonObject(comm) ? comm.resource_facts : undefined;
  return {
    facts: readFacts(Array.isArray(facts) ? facts : [], map, seen),
    path: readPath(map, at, path, 4)?.slice(0, maxSteps + 1) ?? null,
  };
}

function readFacts(values: readonly JsonValue[], map: GridSize, seen: ReadonlySet<number>): FactSubject[] {
  const facts = new Map<string, FactSubject>();
  for (const value of values) {
    if (!isJsonObject(value) || !isMaterial(value.type)) continue;
    const cell = readCell(map, [value.x ?? null, value.z ?? null]);
    if (cell === null || !seen.has(cellNumber(map, cell))) continue;
    facts.set(`${cell.x},${cell.z},${value.type}`, { ...cell, type: value.type });
  }
  return [...facts.values()];
}
