/** BridgeBuild's reward (minecraft spec, section 9). */
import type { BridgeMeasures } from './connections.js';
import { type BridgeBuildItem, cellsOf } from './item.js';

/** The signed terms of the reward, in the order in which they are added. */
export interface BridgeComponents extends Record<string, number> {
  /** 5 · share of the gap that was closed; negative where it was opened. */
  gap: number;
  /** 3 · pieces that were joined, as a share of all that there were to join. */
  pieces: number;
  /** 5 · share of the true pillars that became connected. */
  true_pillars: number;
  /** −8 · share of the false pillars that came to stand beside a block. */
  false_pillars: number;
  /** −5 · share of the void that was filled. */
  blocks: number;
  /** 2 where S and T became connected. */
  connected: number;
}

/** Lowest and highest reward of a turn, unless blocks that stood apart are joined later. */
export const bridgeRewardRange: readonly [number, number] = [-18, 15];

/** What a turn earns. Pieces, pillars and blocks that become fewer again cost and earn nothing. */
export function bridgeComponents(
  item: BridgeBuildItem,
  before: BridgeMeasures,
  after: BridgeMeasures,
): BridgeComponents {
  const earned = (weight: number, fewer: number, more: number, all: number) =>
    (weight * Math.max(0, more - fewer)) / Math.max(1, all);
  return {
    gap: (5 * (before.gap - after.gap)) / item.gap,
    pieces: earned(3, after.pieces, before.pieces, item.pieces - 1),
    true_pillars: earned(5, before.truePillars, after.truePillars, cellsOf(item, 'Y').length),
    // Subtracting from 0 keeps a missing penalty at 0 rather than -0.
    false_pillars: 0 - earned(8, before.falsePillars, after.falsePillars, cellsOf(item, 'N').length),
    blocks: 0 - earned(5, before.blocks, after.blocks, cellsOf(item, '.').length),
    connected: after.connected && !before.connected ? 2 : 0,
  };
}
