/**
 * Settings of environments: one zod schema per task is the only home of its keys, ranges, defaults and descriptions.
 * Keys are camelCase here; configurations spell the same keys in snake_case.
 */
import { z } from 'zod';
import { EnvError } from './env-error.js';

/** What the settings that all tasks share start from. */
export interface CommonDefaults {
  readonly numAgents: { readonly default: number; readonly most: number };
  readonly numTurns: { readonly default: number; readonly most: number };
  /** What a data file holds, as the end of a sentence: `records with the field prompt`. */
  readonly records: string;
  /** True where the task has a data set `tiny` besides `builtin`. */
  readonly tiny?: boolean;
  readonly trainSplit: string;
  readonly evalSplit: string;
  readonly rewardShift: number;
  readonly earlyTerminationThreshold: number | null;
}

/** The keys that every task has. */
export function commonShape(defaults: CommonDefaults) {
  const { numAgents, numTurns, tiny = false } = defaults;
  const own = tiny
    ? "builtin (the task's own small data set), tiny (short items, for models of some hundred thousand weights)"
    : "builtin (the task's own small data set)";
  return {
    numAgents: z
      .int()
      .min(1)
      .max(numAgents.most)
      .default(numAgents.default)
      .describe('Agents in the team. 1: a single model does the whole task.'),
    numTurns: z.int().min(1).max(numTurns.most).default(numTurns.default).describe('Turns per episode.'),
    dataset: z
      .string()
      .min(1)
      .refine(
        (name) => tiny || name !== 'tiny',
        'this task has no data set of its own but builtin; give that, or the path of a file (./tiny, if it is called so)',
      )
      .default('builtin')
      .describe(
        `${own}, a file or folder (jsonl, json, csv, parquet) or a data set of the hub: ${defaults.records}.`,
      ),
    trainSplit: z
      .string()
      .default(defaults.trainSplit)
      .describe('Items to train on: a split with a Python slice, e.g. train[:100].'),
    evalSplit: z
      .string()
      .nullable()
      .default(defaults.evalSplit)
      .describe('Items to evaluate on, likewise. null: none.'),
    rewardScale: z.number().default(1).describe('The learner sees reward * scale + shift.'),
    rewardShift: z
      .number()
      .default(defaults.rewardShift)
      .describe('The learner sees reward * scale + shift.'),
    earlyTerminationThreshold: z
      .number()
      .nullable()
      .default(defaults.earlyTerminationThreshold)
      .describe('A turn whose reward (scaled and shifted) exceeds this ends the episode. null: never.'),
  };
}

/** Settings that every task has, checked. */
export interface CommonSettings {
  readonly numAgents: number;
  readonly numTurns: number;
  readonly dataset: string;
  readonly trainSplit: string;
  readonly evalSplit: string | null;
  readonly rewardScale: number;
  readonly rewardShift: number;
  readonly earlyTerminationThreshold: number | null;
}

/**
 * Fills in defaults and checks ranges.
 *
 * @throws {EnvError} `bad_option`, naming every option that is wrong
 */
export function parseSettings<S extends z.ZodType>(schema: S, options: unknown): z.output<S> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const given = path.reduce<unknown>(
      (value, key) => (value as Record<PropertyKey, unknown> | null)?.[key],
      options,
    );
    const name = path.map(String).join('.');
    return name === '' ? message : `\`${name}\` is ${JSON.stringify(given) ?? String(given)}: ${message}`;
  });
  throw new EnvError('bad_option', `${problems.join('; ')}.`);
}

/** What the learner sees of a raw reward. */
export function processReward(
  reward: number,
  { rewardScale, rewardShift }: Pick<CommonSettings, 'rewardScale' | 'rewardShift'>,
): number {
  return reward * rewardScale + rewardShift;
}

/**
 * Why an episode ends after a turn, or null while it goes on.
 *
 * @param turn the turn that was played, from 1
 */
export function endOfTurn(
  turn: number,
  processedReward: number,
  { numTurns, earlyTerminationThreshold }: Pick<CommonSettings, 'numTurns' | 'earlyTerminationThreshold'>,
): 'last_turn' | 'threshold' | null {
  if (turn >= numTurns) return 'last_turn';
  return earlyTerminationThreshold !== null && processedReward > earlyTerminationThreshold
    ? 'threshold'
    : null;
}

/** @throws {EnvError} `wrong_responses` unless there is one response per agent */
export function checkResponses(task: string, numAgents: number, responses: readonly string[]): void {
  if (responses.length === numAgents) return;
  throw new EnvError(
    'wrong_responses',
    `step got ${responses.length} responses, but ${task} has ${numAgents} agents. Give one per agent.`,
  );
}

/** A name of a mode as settings have it: the reference writes them in any case, with hyphens or underscores. */
export function modeName(name: string): string {
  return name.trim().toLowerCase().replaceAll('-', '_');
}
