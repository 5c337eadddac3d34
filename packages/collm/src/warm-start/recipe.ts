/**
 * What a task needs for a warm start: a recipe says how well-formed but uncoordinated responses look, and which model is
 * large enough to imitate them. Everything else (the tokenizer, imitation, the closing evaluation) is the same for all.
 */
import type { Environment, Item } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import type { PieceStyle } from './tiny-model.js';

/** Who is demonstrated: teams of two, a single model, or both, so that one model can start either. */
export type Cast = 1 | 2 | 'both';

/** Uniform numbers on [0, 1). */
export type Random = () => number;

/** Sizes of the model and of its training where nothing else is asked for. */
export interface RecipeDefaults {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Tokens of the vocabulary, the 256 bytes and 5 special ones included. */
  readonly vocabSize: number;
  /** Longest conversation, in tokens. */
  readonly maxPositions: number;
  readonly pieces: PieceStyle;
  /** null: as many as the environment has by itself. */
  readonly turns: number | null;
  /**
   * Share of the steps, from the first on, that show first turns only: what a response has to do with its prompt is
   * learned from many short conversations sooner than from few long ones. Default 0.
   */
  readonly firstTurns?: number;
  /**
   * Share of the episodes of which the model also learns the history as a critic is fed it, so that a critic that begins
   * with it has read such texts before. Default 0.
   */
  readonly criticShare?: number;
  readonly agents: Cast;
  /** Optimiser steps. */
  readonly steps: number;
  /** Demonstrations per step: one is an agent's turn. */
  readonly batch: number;
  readonly learningRate: number;
}

/** Good ones and all of them, of what a recipe counts. */
export interface Count {
  readonly good: number;
  readonly all: number;
}

/**
 * A task's demonstrations.
 *
 * @typeParam I items of the task
 * @typeParam S states of the task
 */
export interface Recipe<I extends Item = Item, S = unknown> {
  /** The task's name; `module` for environments of users, whose file `--set env.path` names. */
  readonly name: string;
  /** What the responses look like, in a sentence; part of `--help` and of `warm-start.json`. */
  readonly summary: string;
  readonly defaults: RecipeDefaults;
  /** What `wellFormed` counts, in the plural: `command lines`. */
  readonly unit: string;
  /** Settings of the environment besides turns and agents, spelt as in configurations; `--set` comes after them. */
  readonly env: Readonly<Record<string, unknown>>;
  /** The item of the next episode. Default: any, equally likely. */
  chooseItem?(items: readonly I[], random: Random): I;
  /**
   * What an agent writes: well-formed, but chosen without regard to the others, from the same distribution for every
   * agent and turn.
   *
   * @param environment the team's, or that of the single model
   * @param agent from 0
   */
  respond(environment: Environment<I, S>, state: S, agent: number, random: Random): string;
  /**
   * The state after a turn, where finding it out by `step` takes long and demonstrations do not need its reward.
   * Default: `step`.
   */
  next?(environment: Environment<I, S>, state: S, responses: readonly string[]): S;
  /** How much of a turn's responses is well-formed, all agents together. */
  wellFormed(turn: TurnRecord, environment: Environment<I, S>): Count;
}
