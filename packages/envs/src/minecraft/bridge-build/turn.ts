/** What a turn of BridgeBuild changes: fills of A, then of B; probes; messages; moves (minecraft spec, section 9). */
import { isAir } from '../blocks.js';
import { cellNumber, withPath } from '../grid/grid.js';
import type { BridgeAction, GridFill } from './actions.js';
import type { BridgeMap } from './item.js';
import type { BridgeAgent, BridgeBuildState, PillarKind, PlacedBlock, Probe } from './state.js';

/** The blocks after the fills of all agents. Only the void takes blocks; air takes them away. */
export function blocksAfter(
  { item, blocks }: BridgeBuildState,
  actions: readonly BridgeAction[],
): ReadonlyMap<number, PlacedBlock> {
  const after = new Map(blocks);
  actions.forEach(({ fills }, agent) => {
    for (const { command } of fills.accepted) fill(item, after, command, agent);
  });
  return after;
}

function fill(
  map: BridgeMap,
  blocks: Map<number, PlacedBlock>,
  { from, to, block }: GridFill,
  agent: number,
): void {
  for (let z = Math.min(from.z, to.z); z <= Math.max(from.z, to.z); z++) {
    for (let x = Math.min(from.x, to.x); x <= Math.max(from.x, to.x); x++) {
      const number = cellNumber(map, { x, z });
      if (map.ground[number] !== '.') continue;
      if (isAir(block)) blocks.delete(number);
      else blocks.set(number, { block, agent });
    }
  }
}

/** One agent after a turn: what it probed, what it was told, and where it went. */
export function agentAfter(
  { item, turn, agents }: BridgeBuildState,
  actions: readonly BridgeAction[],
  index: number,
  response: string,
): BridgeAgent {
  const before = agents[index] as BridgeAgent;
  const { probes, path } = actions[index] as BridgeAction;
  const told = actions.flatMap(({ message }, sender) =>
    sender === index || message === null ? [] : [{ turn, message }],
  );
  const known = new Map(
    [
      ...before.probes,
      ...probes.map((cell): Probe => ({ ...cell, kind: kindAt(item, cellNumber(item, cell)) })),
    ].map((probe) => [cellNumber(item, probe), probe]),
  );
  return {
    at: path?.at(-1) ?? before.at,
    stoodOn: withPath(before.stoodOn, path ?? []),
    probes: [...known.values()],
    received: [...before.received, ...told],
    lastResponse: response,
  };
}

function kindAt({ ground }: BridgeMap, cell: number): PillarKind {
  const kind = ground[cell];
  return kind === 'Y' || kind === 'N' ? kind : 'none';
}
