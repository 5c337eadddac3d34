/**
 * What a comparison plays, settled before anything expensive starts: one task, one choice of items and one seed for all
 * rows; per row an environment, models and a sampling.
 */
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Environment, Item } from '@collm/envs';
import type { Checkpoint, Sampling } from '@collm/marl';
import { chooseStep } from '../commands/eval.js';
import { fileProblems } from '../config/files.js';
import { fetchFromHub } from '../config/from-hub.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { openEnvironment } from '../config/to-options.js';
import { ConfigError, UsageError } from '../errors.js';
import { mayBeOnHub } from '../fetch-model.js';
import { type Io, shownPath } from '../io.js';
import { openCheckpoint } from '../run-store/checkpoints.js';
import { openNamedRun } from '../run-store/resolve-run.js';
import { type Entry, parseEntries } from './entries.js';
import { type SamplingOverrides, samplingOf } from './sampling.js';

export interface PlanArguments extends SamplingOverrides {
  /** A run, or configuration files of which later ones win; empty: the first trained run. */
  readonly sources: readonly string[];
  readonly protocols: string;
  /** Where names of runs are looked up. */
  readonly runsDir: string;
  /** `best`, `last` or a step, of every trained run. */
  readonly checkpoint: string;
  /** Evaluation items; null: all. */
  readonly items: number | null;
  readonly seed: number | null;
  /** Folder or model of the hub that plays `raw`; null: the first agent's. */
  readonly rawModel: string | null;
}

export interface Row {
  readonly entry: Entry;
  readonly environment: Environment;
  /** The models, as folders. */
  readonly config: Config;
  /** The models as configurations name them. */
  readonly models: Config['agent_model']['path'];
  /** What was learned; null for models as they are before training. */
  readonly trained: { readonly algorithm: string; readonly checkpoint: Checkpoint } | null;
  readonly sampling: Sampling;
  readonly items: readonly Item[];
  /** Rows of one team play with the same opened models. */
  readonly team: string;
}

export interface Plan {
  readonly task: string;
  readonly seed: number;
  /** Episodes per item, as the configuration evaluates. */
  readonly episodes: number;
  /** γ of the returns of all rows. */
  readonly discount: number;
  readonly rows: readonly Row[];
  /** What rows do not have in common. */
  readonly notes: readonly string[];
  dispose(): Promise<void>;
}

/** A configuration with its models fetched and its files looked at. */
interface Prepared {
  readonly config: Config;
  readonly models: Config['agent_model']['path'];
}

/**
 * Opens configurations, environments and checkpoints.
 *
 * @throws CollmError when something is missing, or rows cannot be compared
 */
export async function openPlan(given: PlanArguments, io: Io): Promise<Plan> {
  const entries = parseEntries(given.protocols);
  const { evaluationItems, protocolEnvironment, TeamError } = await import('@collm/marl');
  const opened: Environment[] = [];
  const dispose = async () => {
    for (const environment of opened.splice(0)) await environment.dispose?.();
  };
  const open = async (config: Config) => {
    const environment = await openEnvironment(config, io);
    opened.push(environment);
    return environment;
  };
  try {
    const base = await prepare(baseConfig(given, entries, io), given, io);
    const environment = await open(base.config);
    const seed = given.seed ?? base.config.train.seed;
    const items = evaluationItems(environment, given.items ?? environment.evalItems.length, seed);
    if (items.length === 0) throw new UsageError(noItems(environment));
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const entry of entries) {
      if (entry.run !== null) {
        const { row, differences } = await trainedRow(entry, given, io, base, open);
        rows.push({ ...row, items: sameItems(items, row.environment, entry.label) });
        notes.push(...differences);
        continue;
      }
      const own = entry.protocol === 'raw' ? await rawModel(base, given, io) : base;
      const played = protocolEnvironment(environment, entry.protocol);
      rows.push({
        entry,
        environment: played,
        ...own,
        trained: null,
        sampling: samplingOf(entry.protocol, base.config, environment, given),
        items: sameItems(items, played, entry.label),
        team: entry.protocol === 'raw' ? 'one untrained model' : 'an untrained team',
      });
    }
    const { algorithm, train } = base.config;
    return {
      task: environment.name,
      seed,
      episodes: train.eval_generations,
      discount: algorithm.discount,
      rows,
      notes,
      dispose,
    };
  } catch (error) {
    await dispose();
    if (error instanceof TeamError) throw new UsageError(error.message);
    throw error;
  }
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** The configuration that says which task it is, and which models there are before training. */
function baseConfig({ sources, runsDir }: PlanArguments, entries: readonly Entry[], io: Io): Config {
  const [first] = sources;
  if (first === undefined) {
    const run = entries.find((entry) => entry.run !== null)?.run;
    if (run == null) {
      throw new UsageError(
        'Nothing says which task to play. Give a run, configuration files, or a protocol trained:<run>.',
      );
    }
    return openNamedRun({ run, runsDir }, io.cwd).config;
  }
  const named = sources.find((source) => !isFile(resolve(io.cwd, source)) && !/\.ya?ml$/.test(source));
  if (named === undefined) return loadConfig({ files: sources, cwd: io.cwd });
  if (sources.length === 1) return openNamedRun({ run: named, runsDir }, io.cwd).config;
  throw new UsageError(
    `\`${named}\` is no configuration file, and stands beside other arguments. Give one run, or configuration files only; ` +
      'further runs are compared as `--protocols trained:<run>`.',
  );
}

async function prepare(config: Config, { maxNewTokens }: SamplingOverrides, io: Io): Promise<Prepared> {
  const train = maxNewTokens === null ? config.train : { ...config.train, max_new_tokens: maxNewTokens };
  const fetched = await fetchFromHub({ ...config, train }, io);
  const problems = fileProblems(fetched.local);
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: fetched.local, models: fetched.config.agent_model.path };
}

/** The model that plays alone: where it is another one, whole, and on the first agent's device. */
async function rawModel(base: Prepared, given: PlanArguments, io: Io): Promise<Prepared> {
  if (given.rawModel === null) {
    const { path } = base.config.agent_model;
    const models = Array.isArray(base.models) ? (base.models[0] as string) : base.models;
    const first = Array.isArray(path) ? (path[0] as string) : path;
    return {
      config: { ...base.config, agent_model: { ...base.config.agent_model, path: first } },
      models,
    };
  }
  const named = given.rawModel;
  const path = isAbsolute(named) || mayBeOnHub(named, io.cwd) ? named : resolve(io.cwd, named);
  const agent_model = { ...base.config.agent_model, path, lora: null };
  return prepare({ ...base.config, agent_model }, given, io);
}

/** The agents of a run in the run's own environment, sampled as the run evaluates. */
async function trainedRow(
  entry: Entry,
  given: PlanArguments,
  io: Io,
  base: Prepared,
  open: (config: Config) => Promise<Environment>,
): Promise<{ row: Omit<Row, 'items'>; differences: string[] }> {
  const name = entry.run as string;
  const run = openNamedRun({ run: name, runsDir: given.runsDir }, io.cwd);
  const { type } = run.config.env;
  const { env } = base.config;
  if (type !== env.type || run.config.env.path !== env.path) {
    throw new UsageError(
      `The run ${name} plays ${run.config.env.path ?? type}, but the comparison is on ${env.path ?? env.type}. Compare runs of one task.`,
    );
  }
  const prepared = await prepare(run.config, given, io);
  const step = chooseStep(run, given.checkpoint);
  const checkpoint = await openCheckpoint(run.paths.checkpoints, step, shownPath(run.paths.dir, io));
  const environment = await open(prepared.config);
  const row = {
    entry,
    environment,
    ...prepared,
    trained: { algorithm: run.config.algorithm.name, checkpoint },
    sampling: samplingOf('trained', prepared.config, environment, given),
    team: entry.label,
  };
  return { row, differences: differencesOf(entry.label, env, run.config.env) };
}

/** Settings of the task that a run has otherwise; a single model's task is another one by its nature. */
function differencesOf(label: string, base: Config['env'], own: Config['env']): string[] {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(own)])].filter(
    (key) => key !== 'num_agents' && JSON.stringify(base[key]) !== JSON.stringify(own[key]),
  );
  const shown = keys.map((key) => `env.${key} ${JSON.stringify(own[key])}, not ${JSON.stringify(base[key])}`);
  return shown.length === 0 ? [] : [`${label} has other settings of the task: ${shown.join('; ')}`];
}

/** The chosen items as an environment has them. */
function sameItems(items: readonly Item[], environment: Environment, label: string): Item[] {
  const own = new Map(environment.evalItems.map((item) => [item.id, item]));
  const missing = items.filter(({ id }) => !own.has(id));
  if (missing.length > 0) {
    throw new UsageError(
      `${label} cannot be compared: ${missing.length} of the ${items.length} items, ${missing[0]?.id} first, are not among those ` +
        'that it evaluates on. Its `env.dataset` and `env.eval_split` have to be those of the others.',
    );
  }
  return items.map(({ id }) => own.get(id) as Item);
}

const noItems = ({ name }: Environment) =>
  `There is nothing to play: ${name} has no evaluation items here. Give \`env.eval_split\` a slice that has some.`;
