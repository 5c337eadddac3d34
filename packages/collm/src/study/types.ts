/**
 * A study: what is compared, and what came out. `Study` is a checked study file, `Trial` one run of its grid,
 * `StudyRecords` all that was measured, from which every table, figure and claim is computed again.
 */
import type { ProtocolName } from '@collm/marl';

/** A part of a run's configuration, as YAML has it. */
export type ConfigPart = Readonly<Record<string, unknown>>;

/** What a study compares. */
export interface Study {
  readonly name: string;
  readonly title: string;
  /** What it asks, in a sentence or two. */
  readonly question: string;
  /** Models that are made before the trials, by the options of `collm warm-start`; `model:<name>` in configurations means one. */
  readonly models: ReadonlyMap<string, ModelRecipe>;
  /** Of every trial, before what task, method and conditions say. */
  readonly base: ConfigPart;
  readonly tasks: readonly StudyTask[];
  readonly methods: readonly StudyMethod[];
  /** Axes of conditions: every combination of their levels is played, unless it is excluded. */
  readonly axes: readonly StudyAxis[];
  /** Combinations that are left out. */
  readonly exclude: readonly CellPattern[];
  /** What differs in some cells, merged after everything else, in order. */
  readonly overrides: readonly Override[];
  /** Of every task that has none of its own. */
  readonly seeds: readonly number[];
  readonly claims: readonly Claim[];
  /** Metrics of training that are kept with every step, as exact names or with `*`. */
  readonly keep: readonly string[];
}

/** Options of `collm warm-start`, spelt with underscores; a list for one that is repeated. */
export type ModelRecipe = Readonly<Record<string, string | number | readonly string[]>> & {
  readonly task: string;
};

/** Names by `task`, `method` or axis; a cell matches where all of an entry do. */
export type CellPattern = Readonly<Record<string, readonly string[]>>;

/** What differs in the cells that a pattern names. */
export interface Override {
  readonly where: CellPattern;
  readonly config: ConfigPart;
  /** In place of the task's; null: that stays. */
  readonly threshold: number | null;
}

export interface StudyTask {
  readonly name: string;
  readonly label: string;
  readonly config: ConfigPart;
  /** Budget of a trained trial in environment steps: methods are compared at equal ones (spec 3.3). */
  readonly envSteps: number;
  /** What is compared. Default `eval/return`. */
  readonly metric: string;
  /** Value of the metric whose first reach is timed; null: none. */
  readonly threshold: number | null;
  /** null: those of the study. */
  readonly seeds: readonly number[] | null;
}

/** Trained with a configuration, or a protocol of untrained models. */
export interface StudyMethod {
  readonly name: string;
  readonly label: string;
  readonly config: ConfigPart;
  readonly protocol: ProtocolName | null;
  /** What differs for a task, merged last; by name of the task. */
  readonly perTask: Readonly<Record<string, ConfigPart>>;
}

export interface StudyAxis {
  readonly name: string;
  readonly label: string;
  readonly levels: readonly { readonly name: string; readonly label: string; readonly config: ConfigPart }[];
}

/** Levels by axis. */
export type Conditions = Readonly<Record<string, string>>;

/** One run of the grid. */
export interface Trial {
  /** Unique, and a name of a folder: `writing-collm_cc-h4-final-s1`. */
  readonly id: string;
  readonly task: string;
  readonly method: string;
  readonly conditions: Conditions;
  readonly seed: number;
  readonly protocol: ProtocolName | null;
  /** All of its configuration. */
  readonly config: ConfigPart;
}

/** How a figure of a trial is made of its evaluations. */
export type Measure =
  /** The metric at the budget, interpolated. */
  | 'final'
  /** Area under its curve up to the budget, divided by the budget: the mean height. */
  | 'area'
  /**
   * Environment steps until the curve, straight between evaluations, reaches the threshold; a trial that did not within its
   * budget counts with the whole budget, too little.
   */
  | 'samples';

/** What somebody says of two cells, and how the study decides. */
export interface Claim {
  readonly id: string;
  /** The claim in words, as the paper has it. */
  readonly text: string;
  readonly task: string;
  readonly measure: Measure;
  readonly first: CellName;
  readonly second: CellName;
  /**
   * `higher`, `lower`: of the first against the second. Confirmed where the interval of the difference lies on that side of 0,
   * contradicted where it lies on the other. `equal`: confirmed where the interval lies within the margin around 0,
   * contradicted where it lies outside. Everything else is not confirmed.
   */
  readonly expect: 'higher' | 'lower' | 'equal';
  /** Of `equal`, in units of the measure, > 0. */
  readonly margin: number;
}

/** A method under conditions; axes that are not named must have a single level in the study. */
export interface CellName {
  readonly method: string;
  readonly conditions: Conditions;
}

/** First line of the records. */
export interface StudyHeader {
  readonly kind: 'study';
  readonly version: 1;
  readonly name: string;
  /** The command that made them. */
  readonly command: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly hardware: { readonly cpu: string; readonly cores: number; readonly memoryGb: number };
  /** Trials at the same time. */
  readonly jobs: number;
  /** Of making the models and of all trials, in seconds on the clock, over all sessions. */
  readonly wallSeconds: number;
}

/** A trial that ended; its points follow. */
export interface TrialRecord {
  readonly kind: 'trial';
  readonly trial: string;
  readonly task: string;
  readonly method: string;
  readonly conditions: Conditions;
  readonly seed: number;
  readonly wallSeconds: number;
  /** Why it failed; null where it ended. A failed trial is shown, and counts nowhere. */
  readonly failure: string | null;
  /** Of its configuration and models, see `fingerprintOf`: tells whether the study file is still the one that it was run by. */
  readonly fingerprint?: string | undefined;
}

/** A step, or an evaluation. Values have 6 significant digits. */
export interface PointRecord {
  readonly kind: 'train' | 'eval';
  readonly trial: string;
  readonly step: number;
  readonly envSteps: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** `records.jsonl.gz`, line by line. */
export type StudyRecord = StudyHeader | TrialRecord | PointRecord;

/** All records of a study, read. */
export interface StudyRecords {
  readonly header: StudyHeader;
  readonly trials: readonly (TrialRecord & { readonly points: readonly PointRecord[] })[];
}
