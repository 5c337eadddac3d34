/** The state of a BridgeBuild episode between two turns. Blocks, places and knowledge persist. */
import type { JsonObject } from '../../text/literal-reader.js';
import type { GridCell } from '../grid/grid.js';
import type { BridgeBuildItem } from './item.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface BridgeBuildState {
  readonly item: BridgeBuildItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** What stands in the void, by the number of the cell. */
  readonly blocks: ReadonlyMap<number, PlacedBlock>;
  /** In agent order. */
  readonly agents: readonly BridgeAgent[];
  /** S and T are connected: the episode is over. */
  readonly connected: boolean;
  /** Raw reward of the previous turn, or null at the first. */
  readonly lastReward: number | null;
}

export interface PlacedBlock {
  readonly block: string;
  /** Who placed it, from 0. */
  readonly agent: number;
}

/** What one agent is and knows. Nothing else of the state reaches its observations, but for feedback. */
export interface BridgeAgent {
  readonly at: GridCell;
  /** Every cell it has ever stood on, each once. */
  readonly stoodOn: readonly GridCell[];
  readonly probes: readonly Probe[];
  readonly received: readonly ReceivedMessage[];
  /** Its raw response of the previous turn; empty at the first. */
  readonly lastResponse: string;
}

export type PillarKind = 'Y' | 'N' | 'none';

/** A probed cell and what is there. */
export interface Probe extends GridCell {
  readonly kind: PillarKind;
}

export interface ReceivedMessage {
  /** The turn in which it was sent, from 1. */
  readonly turn: number;
  readonly message: JsonObject;
}
