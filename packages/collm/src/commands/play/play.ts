/** `collm play`: plays episodes with a team whose agents are only endpoints. */
import type { Sampling, SeparateEvaluation } from '@collm/marl';
import { trainerOptions } from '../../config/to-options.js';
import { exitCodes, UsageError } from '../../errors.js';
import { formatNumber } from '../../format.js';
import type { Io } from '../../io.js';
import { EpisodeLog } from '../../play/episode-log.js';
import { AgentsDown, openAgents } from '../../play/open-agents.js';
import { type Played, playJson, playText } from '../../play/result.js';
import { readTargets, type TargetArguments } from '../../play/targets.js';
import { openPlayTask, type PlayTask, type TaskArguments } from '../../play/task.js';
import { Progress } from '../../sinks/progress.js';
import { stopOnInterrupt } from '../interrupt.js';

export interface PlayArguments extends TargetArguments, TaskArguments {
  /** These five: null as the configuration or the run evaluates. */
  readonly items: number | null;
  readonly episodes: number | null;
  readonly seed: number | null;
  readonly temperature: number | null;
  readonly maxNewTokens: number | null;
  /** Seconds. */
  readonly timeout: number;
  readonly retries: number;
  readonly concurrency: number;
  /** Folder or file for the episodes. */
  readonly out: string | null;
  readonly json: boolean;
  readonly markdown: boolean;
}

/** Seconds between lines on a stream that cannot be redrawn. */
const LINE_EVERY = 10;

/** Plays and prints the table; returns the exit code. */
export async function playTeam(given: PlayArguments, io: Io): Promise<number> {
  if (given.json && given.markdown) {
    throw new UsageError('`--json` and `--markdown` are two formats. Choose one.');
  }
  const log = given.out === null ? null : new EpisodeLog(given.out, io.cwd);
  const progress = new Progress(io.stderr);
  const task = await openPlayTask(given, io);
  const stop = stopOnInterrupt(() =>
    progress.line('Stopping; requests under way are given up. Press Ctrl+C again to exit at once.'),
  );
  try {
    return await playTask(given, task, log, progress, stop.signal, io);
  } finally {
    stop.release();
    log?.close();
    await task.environment.dispose?.();
  }
}

async function playTask(
  given: PlayArguments,
  { environment, config }: PlayTask,
  log: EpisodeLog | null,
  progress: Progress,
  signal: AbortSignal,
  io: Io,
): Promise<number> {
  const settings = await settingsOf(given, { environment, config });
  const targets = readTargets(given, environment.numAgents, process.env);
  const { timeout: timeoutSeconds, retries, concurrency } = given;
  let givenUp = 0;
  const tell = (line: string) => {
    if (!line.endsWith('answers again')) givenUp += 1;
    progress.line(line);
  };
  const shared = { timeoutSeconds, retries, concurrency, signal };
  const team = await openAgents(targets, shared, tell).catch((error: unknown) => {
    if (error instanceof AgentsDown) return error;
    if (signal.aborted) return null;
    throw error;
  });
  if (team === null) return exitCodes.interrupted;
  for (const line of team.lines) progress.line(line);
  if (team instanceof AgentsDown) {
    io.stderr.write(`error: ${team.count} of ${targets.length} agents cannot play, so nothing was played.\n`);
    return exitCodes.error;
  }
  if (settings.sampling.topK !== null && team.actors.some(({ exact }) => !exact)) {
    progress.line(
      `top_k ${settings.sampling.topK} is not part of OpenAI's protocol: it is left out for other servers.`,
    );
  }
  const { evaluateSeparately } = await import('@collm/marl');
  const started = performance.now();
  const showProgress = episodeProgress(progress, io.stderr.isTTY === true);
  const evaluation = await evaluateSeparately(environment, team.actors, {
    ...settings,
    earlyTerminationThreshold: environment.earlyTerminationThreshold,
    discount: config.algorithm.discount,
    concurrency,
    signal,
    onEpisode: (record, done, total) => {
      log?.append(record);
      showProgress(record.failure, record.return, done, total);
    },
  });
  const played: Played = {
    environment: environment.name,
    seed: settings.seed,
    sampling: settings.sampling,
    items: settings.items.length,
    evaluation,
    actors: team.actors,
    seconds: (performance.now() - started) / 1000,
    interrupted: signal.aborted,
  };
  const json = playJson(played);
  log?.finish(json);
  progress.clear();
  io.stdout.write(
    given.json
      ? `${JSON.stringify(json, null, 2)}\n`
      : playText(played, given.markdown ? 'markdown' : 'terminal'),
  );
  if (log !== null) io.stderr.write(`Episodes are in ${log.file}\n`);
  if (signal.aborted) return exitCodes.interrupted;
  const trouble = troubleOf(evaluation, config.train.max_failure_rate, givenUp);
  if (trouble === null) return exitCodes.ok;
  io.stderr.write(`error: ${trouble}\n`);
  return exitCodes.error;
}

/** What is played: as the configuration evaluates, but for what was given. */
async function settingsOf(given: PlayArguments, { environment, config }: PlayTask) {
  const { evaluationItems, evaluationSampling } = await import('@collm/marl');
  const { train } = config;
  const seed = given.seed ?? train.seed;
  const temperature = given.temperature ?? train.eval_temperature;
  const generations = given.episodes ?? train.eval_generations;
  if (temperature === 0 && generations > 1) {
    throw new UsageError(
      `With temperature 0 all ${generations} episodes of an item are the same. Add \`--temperature 1\`, or take \`--episodes 1\`.`,
    );
  }
  const count = given.items ?? (train.eval_num_samples || environment.evalItems.length);
  const items = evaluationItems(environment, count, seed);
  if (items.length === 0) {
    throw new UsageError(
      `There is nothing to play: ${environment.name} has no evaluation items here. Add \`--set env.eval_split="[:8]"\` or the like.`,
    );
  }
  const trained = trainerOptions(config).sampling;
  const sampling: Sampling = evaluationSampling(
    { ...trained, maxNewTokens: given.maxNewTokens ?? trained.maxNewTokens },
    temperature,
  );
  return { seed, generations, items, sampling };
}

/** A line that is drawn again on a terminal, and one now and then elsewhere. */
function episodeProgress(progress: Progress, live: boolean) {
  let told = performance.now();
  let failed = 0;
  let sum = 0;
  return (failure: string | undefined, result: number, done: number, total: number) => {
    if (failure === undefined) sum += result;
    else failed += 1;
    const whole = done - failed;
    const text = [
      `${done} of ${total} episodes`,
      ...(whole === 0 ? [] : [`return ${formatNumber(sum / whole)}`]),
      ...(failed === 0 ? [] : [`${failed} failed`]),
    ].join('  ');
    progress.status(text);
    const now = performance.now();
    if (done === total || live || now - told < 1000 * LINE_EVERY) return;
    told = now;
    progress.line(text);
  };
}

/** What makes the result one that cannot be relied on; null when nothing does. */
function troubleOf(
  { episodes, failed }: SeparateEvaluation,
  mostFailures: number,
  givenUp: number,
): string | null {
  const done = episodes.length + failed.length;
  if (episodes.length === 0) return `all ${done} episodes failed.`;
  if (failed.length > mostFailures * done) {
    return `${failed.length} of ${done} episodes failed, more than train.max_failure_rate (${mostFailures}) allows.`;
  }
  return givenUp > 0 ? 'an endpoint failed so often that it was left alone for a while.' : null;
}
