/** `collm eval`: plays evaluation episodes with the agents of a checkpoint. */
import type { Environment } from '@collm/envs';
import type { Checkpoint, Evaluation } from '@collm/marl';
import { fileProblems } from '../config/files.js';
import { fetchFromHub } from '../config/from-hub.js';
import type { Config } from '../config/schema.js';
import { openEnvironment, trainerOptions } from '../config/to-options.js';
import { ConfigError, exitCodes, RunError, UsageError } from '../errors.js';
import { type Io, shownPath } from '../io.js';
import { drawLegend, drawPicture } from '../picture/terminal.js';
import { drawOptions } from '../report/comparison-text.js';
import { bestStep, checkpointSteps, openCheckpoint } from '../run-store/checkpoints.js';
import { readMetrics, scoreMetric } from '../run-store/records.js';
import { openNamedRun, type RunName } from '../run-store/resolve-run.js';
import type { OpenedRun } from '../run-store/run-folder.js';
import { terminalTable } from '../tables.js';

export interface EvalArguments extends RunName {
  /** `best`, `last` or a step. */
  readonly checkpoint: string;
  /** Per item; null as in the run. */
  readonly episodes: number | null;
  readonly seed: number | null;
  readonly temperature: number | null;
  readonly json: boolean;
}

const SHOWN_PICTURES = 4;

/** Evaluates a run; returns the exit code. */
export async function evalRun(given: EvalArguments, io: Io): Promise<number> {
  const run = openNamedRun(given, io.cwd);
  const { local: config } = await fetchFromHub(run.config, io);
  const problems = fileProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  const temperature = given.temperature ?? config.train.eval_temperature;
  const generations = given.episodes ?? config.train.eval_generations;
  if (temperature === 0 && generations > 1) {
    throw new UsageError(
      `With temperature 0 all ${generations} episodes of an item are the same. Add \`--temperature 1\`, or take \`--episodes 1\`.`,
    );
  }
  const checkpoint = await openCheckpoint(
    run.paths.checkpoints,
    chooseStep(run, given.checkpoint),
    shownPath(run.paths.dir, io),
  );
  const environment = await openEnvironment(config, io);
  let evaluation: Evaluation;
  try {
    const seed = given.seed ?? config.train.seed;
    evaluation = await evaluateCheckpoint(
      config,
      environment,
      checkpoint,
      { temperature, generations, seed },
      io,
    );
  } finally {
    await environment.dispose?.();
  }
  if (given.json) {
    const { summary, episodes, failed } = evaluation;
    const result = {
      run: run.meta.name,
      step: checkpoint.state.step,
      episodes: episodes.length,
      failed: failed.length,
      summary,
    };
    io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  } else {
    io.stdout.write(evaluationText(evaluation, run, checkpoint.state.step, io));
  }
  return exitCodes.ok;
}

async function evaluateCheckpoint(
  config: Config,
  environment: Environment,
  checkpoint: Checkpoint,
  { temperature, generations, seed }: { temperature: number; generations: number; seed: number },
  io: Io,
): Promise<Evaluation> {
  const { evaluate, evaluationItems, evaluationSampling, loadTeam } = await import('@collm/marl');
  const team = await io.openTeam(config, environment, 'evaluation');
  try {
    await loadTeam(checkpoint.dir, { agents: team.agents, critics: [] });
    const count = config.train.eval_num_samples || environment.evalItems.length;
    return await evaluate(environment, team.agents, {
      items: evaluationItems(environment, count, seed),
      generations,
      seed,
      sampling: evaluationSampling(trainerOptions(config).sampling, temperature),
      earlyTerminationThreshold: environment.earlyTerminationThreshold,
      discount: config.algorithm.discount,
      maxFailureRate: config.train.max_failure_rate,
      step: checkpoint.state.step,
    });
  } finally {
    await team.dispose();
  }
}

/**
 * The step of a checkpoint.
 *
 * @param which `best`, `last` or a step
 */
export function chooseStep({ paths, meta }: OpenedRun, which: string): number {
  if (/^\d+$/.test(which)) return Number(which);
  if (which !== 'best' && which !== 'last') {
    throw new UsageError(`\`--checkpoint ${which}\` is neither best, last nor a step.`);
  }
  const steps = checkpointSteps(paths.checkpoints);
  const last = steps.at(-1);
  if (last === undefined) {
    throw new RunError(
      `The run ${meta.name} has no checkpoint yet. Train it first with \`collm train --resume\`.`,
    );
  }
  if (which === 'last') return last;
  const scores = new Map(
    readMetrics(paths.dir).flatMap(({ kind, step, metrics }) => {
      const score = metrics[scoreMetric];
      return kind === 'eval' && score !== undefined ? [[step, score] as const] : [];
    }),
  );
  return bestStep(steps, scores) ?? last;
}

/** Figures of an evaluation as rows of a table, its head first. */
export function summaryRows(summary: Evaluation['summary']): string[][] {
  const rows = Object.entries(summary).map(([name, { mean, standardError }]) => [
    name,
    mean.toFixed(4),
    standardError.toFixed(4),
  ]);
  return [['', 'mean', 'standard error'], ...rows];
}

function evaluationText(
  { summary, episodes, failed }: Evaluation,
  run: OpenedRun,
  step: number,
  io: Io,
): string {
  const table = terminalTable(summaryRows(summary));
  const options = drawOptions(io.stdout);
  const pictures = [...new Map(episodes.map((episode) => [episode.itemId, episode])).values()]
    .flatMap(({ record }) => record.turns.at(-1)?.picture ?? [])
    .slice(0, SHOWN_PICTURES);
  const drawn = pictures.flatMap((picture) => [...drawPicture(picture, options), '']);
  const legend = pictures.length === 0 ? '' : `${drawLegend(pictures, options)}\n`;
  return `${run.meta.name}, checkpoint of step ${step}, ${episodes.length} episodes${failed.length === 0 ? '' : `, ${failed.length} failed`}\n${table}\n${drawn.join('\n')}\n${legend}`;
}
