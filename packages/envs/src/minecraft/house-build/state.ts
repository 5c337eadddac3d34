/** The state of a HouseBuild episode between two turns. */
import type { CommandReport } from '../commands.js';
import type { World } from '../world.js';
import type { HouseBuildItem } from './item.js';
import type { HouseCommand } from './readers.js';
import type { HouseScore } from './score.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface HouseBuildState {
  readonly item: HouseBuildItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** The attack of every spider. */
  readonly attacks: readonly number[];
  /** The previous turn, or null at the first. */
  readonly last: LastHouseTurn | null;
}

/** What a turn left behind. The next one starts from an empty world all the same. */
export interface LastHouseTurn {
  /** One raw response per agent. */
  readonly responses: readonly string[];
  /** What was read of the responses, one per agent. */
  readonly reports: readonly CommandReport<HouseCommand>[];
  readonly world: World;
  readonly score: HouseScore;
  /** Raw reward as score feedback tells it: a single agent pays for spiders here. */
  readonly toldReward: number;
}
