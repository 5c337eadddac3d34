/** The state of an episode between two turns. */
import type { OwnTurn } from './feedback.js';
import type { CodingItem } from './item.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface CodingState {
  readonly item: CodingItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** Each agent's own turns so far, in agent order. */
  readonly histories: readonly (readonly OwnTurn[])[];
  /** What each agent is told about the last turn; null at the first. */
  readonly feedback: readonly string[] | null;
}
