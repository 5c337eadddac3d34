/** The state of a StrBuild episode between two turns. */
import type { World } from '../world.js';
import type { StrBuildItem } from './item.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface StrBuildState {
  readonly item: StrBuildItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** The previous turn, or null at the first. */
  readonly last: LastTurn | null;
}

/** What a turn left behind. The next one starts from an empty world all the same. */
export interface LastTurn {
  /** One raw response per agent. */
  readonly responses: readonly string[];
  readonly world: World;
  /** Raw reward. */
  readonly reward: number;
  /** Covered letter cells and stray blocks. */
  readonly covered: number;
  readonly extra: number;
  readonly targets: number;
}
