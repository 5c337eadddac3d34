/** The state of a ResourceGathering episode between two turns. Stacks, places and knowledge persist. */
import type { GridCell } from '../grid/grid.js';
import type { ResourceGatheringItem } from './item.js';
import type { Amounts, Material } from './materials.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface ResourceGatheringState {
  readonly item: ResourceGatheringItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** What is left in each cell, row by row. */
  readonly stacks: readonly Amounts[];
  /** What the team has gathered. */
  readonly collected: Amounts;
  /** In agent order. */
  readonly agents: readonly Gatherer[];
  /** Raw reward of the previous turn, or null at the first. */
  readonly lastReward: number | null;
}

/** What one agent is and knows. Nothing else reaches its observations but the stacks it sees and what it gathered. */
export interface Gatherer {
  readonly at: GridCell;
  /** Every cell it has ever stood on, each once. */
  readonly stoodOn: readonly GridCell[];
  readonly told: readonly ToldFact[];
  /** It has been in its work zone. */
  readonly enteredZone: boolean;
  /** Its raw response of the previous turn; empty at the first. */
  readonly lastResponse: string;
}

/** What one cell holds of one material. */
export interface ResourceFact extends GridCell {
  readonly type: Material;
  readonly count: number;
}

/** A fact that a teammate sent, true when it arrived. */
export interface ToldFact extends ResourceFact {
  /** The turn in which it was sent, from 1. */
  readonly turn: number;
}
