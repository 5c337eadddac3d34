/** What a study found, computed from its records alone. Every interval is a 95 % bootstrap interval over seeds. */
import type { Interval } from '../../statistics/bootstrap.js';
import type { LearningCurve } from '../../statistics/learning-curve.js';
import type { BandPoint, OverSeeds, PairDifference } from '../../statistics/over-seeds.js';
import type { Claim, Conditions, Measure, Study } from '../types.js';

/** One trial that counts. */
export interface TrialFigures {
  readonly trial: string;
  readonly seed: number;
  /** Environment steps of its last value. */
  readonly envSteps: number;
  readonly wallSeconds: number;
  readonly curve: LearningCurve;
  /** By measure; protocols have `final` alone, and `samples` needs a threshold. */
  readonly values: Readonly<Partial<Record<Measure, number>>>;
  /** Whether it reached the threshold within the budget; false where there is none. */
  readonly reached: boolean;
}

/** A trial of the grid that counts nowhere. */
export interface UnusedTrial {
  readonly trial: string;
  readonly task: string;
  readonly method: string;
  readonly conditions: Conditions;
  readonly seed: number;
  /** `failed`: its failure; `missing`: it has no record; `empty`: its records lack the metric. */
  readonly kind: 'failed' | 'missing' | 'empty';
  readonly reason: string;
}

/** A metric of training of one cell, of the seeds that have it. */
export interface Diagnostic {
  /** Mean over all steps that have it. */
  readonly whole: OverSeeds;
  /** Mean over the last quarter of the steps; null where it was not measured there. */
  readonly late: OverSeeds | null;
  /** The same of each seed. */
  readonly values: { readonly whole: readonly number[]; readonly late: readonly number[] };
}

/** A method under the conditions of its block. */
export interface CellResult {
  readonly method: string;
  readonly protocol: boolean;
  /** In the order of the study's seeds. */
  readonly runs: readonly TrialFigures[];
  readonly unused: readonly UnusedTrial[];
  /** Null where no run counts, or none has the measure. */
  readonly measures: Readonly<Record<Measure, OverSeeds | null>>;
  /** Runs that reached the threshold; null without threshold, and of protocols. */
  readonly reached: number | null;
  /** Up to the budget, where all runs have values; empty for protocols. */
  readonly curve: readonly BandPoint[];
  /** By name; members of a team are averaged: `agent_1/entropy` and `agent_2/entropy` are `agent/entropy`. */
  readonly diagnostics: Readonly<Record<string, Diagnostic>>;
}

/** A task under conditions: what may be compared. */
export interface Block {
  readonly task: string;
  readonly conditions: Conditions;
  /** Value of the metric whose first reach is timed here; null: none. */
  readonly threshold: number | null;
  /** In the order of the study's methods. */
  readonly cells: readonly CellResult[];
  /** Every pair of methods that both have runs, by their final values, in the order of the methods. */
  readonly pairs: readonly PairDifference[];
}

/** P(a run of the first is higher than one of the second), mean over tasks. */
export interface TaskImprovement {
  readonly conditions: Conditions;
  readonly first: string;
  readonly second: string;
  readonly tasks: readonly string[];
  readonly improvement: OverSeeds;
}

export type Verdict = 'confirmed' | 'not confirmed' | 'contradicted' | 'no data';

export interface ClaimResult {
  readonly claim: Claim;
  readonly verdict: Verdict;
  /** Why, where the interval alone does not say it; or what to be careful about. */
  readonly reason: string;
  /** First less second; null without data. */
  readonly difference: { readonly mean: number; readonly interval: Interval | null } | null;
  readonly seeds: { readonly first: number; readonly second: number };
}

export interface StudyResults {
  readonly study: Study;
  /** Share that every interval holds. */
  readonly confidence: number;
  /** By task, then conditions, both in the order of the study. */
  readonly blocks: readonly Block[];
  /** Over all tasks of equal conditions that both methods have runs in, where these are two or more. */
  readonly acrossTasks: readonly TaskImprovement[];
  readonly claims: readonly ClaimResult[];
  /** Trials of the grid that count nowhere. */
  readonly unused: readonly UnusedTrial[];
  /** What to know before reading the figures, in sentences. */
  readonly notes: readonly string[];
}
