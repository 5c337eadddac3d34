/** What a model card tells of a run, gathered from the run's own files. */
import { isOwnDataset, type Message, taskNamed } from '@collm/envs';
import type { Checkpoint } from '@collm/marl';
import { stringify } from 'yaml';
import { isPath, withoutPaths } from '../config/named-paths.js';
import type { Config } from '../config/schema.js';
import { openTask } from '../config/to-options.js';
import { messageOf } from '../errors.js';
import type { Io } from '../io.js';
import { listEpisodes, readEpisode } from '../run-store/episodes.js';
import { readMetrics } from '../run-store/records.js';
import type { OpenedRun } from '../run-store/run-folder.js';

/** A figure of the evaluation at the exported checkpoint. */
export interface EvaluatedFigure {
  /** Without `eval/`. */
  readonly name: string;
  readonly mean: number;
  readonly standardError: number;
}

/** A first turn as the agents of the run lived it. */
export interface RecordedTurn {
  readonly itemId: string;
  /** By role: what it was told and what it answered. */
  readonly agents: readonly { readonly messages: readonly Message[]; readonly response: string }[];
}

/** What all cards of one export share. */
export interface RunFacts {
  readonly run: OpenedRun;
  readonly step: number;
  readonly envSteps: number;
  /** What the team does, in a sentence; null for an environment of a user's own. */
  readonly summary: string | null;
  /** What each role is for; empty where the environment does not say. */
  readonly roles: readonly string[];
  /** By role: true where it is given plain text, without a chat template. Empty where that is not known. */
  readonly plainText: readonly boolean[];
  /** Of the evaluation at that step; null when there was none. */
  readonly evaluation: { readonly episodes: number; readonly figures: readonly EvaluatedFigure[] } | null;
  /** Of the same evaluation; null when its log has none. */
  readonly turn: RecordedTurn | null;
  /** The resolved configuration as YAML, without paths of this machine. */
  readonly config: string;
}

/** Reads what the cards tell. What only makes them richer is left out, with a word, when it cannot be had. */
export async function gatherFacts(
  run: OpenedRun,
  { state }: Checkpoint,
  tell: (line: string) => void,
): Promise<RunFacts> {
  const { step, envSteps } = state;
  return {
    run,
    step,
    envSteps,
    summary: taskNamed(run.config.env.type)?.summary ?? null,
    ...(await rolesOf(run.config, tell)),
    evaluation: evaluationAt(run, step),
    turn: recordedTurn(run, step),
    config: stringify(withoutPaths(run.config), { lineWidth: 0 }),
  };
}

/** What the environment says of the roles. Nothing is fetched for it: data of the hub are not worth it for a line. */
async function rolesOf(
  { env }: Config,
  tell: (line: string) => void,
): Promise<Pick<RunFacts, 'roles' | 'plainText'>> {
  const { dataset = 'builtin' } = env;
  const unknown = { roles: [], plainText: [] };
  if (!isOwnDataset(dataset) && !isPath(dataset)) return unknown;
  const silent: Pick<Io, 'stderr'> = { stderr: { write: () => true } };
  try {
    const environment = await openTask(env, silent);
    try {
      const { roles = [], evalItems, trainItems } = environment;
      const item = evalItems[0] ?? trainItems[0];
      const observed = item === undefined ? [] : environment.observe(environment.reset(item, 0));
      return { roles, plainText: observed.map(({ format }) => format === 'text') };
    } finally {
      await environment.dispose?.();
    }
  } catch (error) {
    tell(`The card leaves out the roles of the team: its environment cannot be opened. ${messageOf(error)}`);
    return unknown;
  }
}

function evaluationAt({ paths }: OpenedRun, step: number): RunFacts['evaluation'] {
  const record = readMetrics(paths.dir).findLast((one) => one.kind === 'eval' && one.step === step);
  if (record === undefined) return null;
  const { metrics } = record;
  const figures = Object.entries(metrics).flatMap(([key, mean]): EvaluatedFigure[] => {
    const standardError = metrics[`${key}_se`];
    return standardError === undefined ? [] : [{ name: key.replace(/^eval\//, ''), mean, standardError }];
  });
  const first = ['return', 'score', 'reward', 'turns'];
  const ofAll = figures.filter(({ name }) => first.includes(name));
  const ofTask = figures.filter(({ name }) => !first.includes(name));
  return { episodes: metrics['eval/episodes'] ?? 0, figures: [...ofAll, ...ofTask] };
}

function recordedTurn({ paths }: OpenedRun, step: number): RecordedTurn | null {
  const entry = listEpisodes(paths.dir).find(
    (one) => one.phase === 'evaluation' && one.step === step && !one.failed,
  );
  if (entry === undefined) return null;
  const first = readEpisode(paths.dir, entry).turns[0];
  return first === undefined ? null : { itemId: entry.itemId, agents: first.agents };
}
