/** Plays the rows of a comparison one after another; one that fails leaves the others. */
import type { Estimate, ProtocolEvaluation } from '@collm/marl';
import { messageOf } from '../errors.js';
import { counted, formatDuration } from '../format.js';
import type { Io } from '../io.js';
import { Progress } from '../sinks/progress.js';
import type { Team } from '../team.js';
import { type Column, columnsFor } from './columns.js';
import type { Plan, Row } from './plan.js';

export interface PlayOptions {
  /** Episodes per item; greedy rows play one, since all would be the same. */
  readonly episodes: number;
  readonly batchSize: number;
  /** Stops between turns; what is done is kept. */
  readonly signal: AbortSignal;
}

export interface RowResult {
  readonly row: Row;
  readonly episodesPerItem: number;
  /** Absent where the protocol failed. */
  readonly evaluation?: ProtocolEvaluation;
  readonly error?: string;
}

/** Seconds between lines on a stream that cannot be redrawn. */
const LINE_EVERY = 10;

/** Plays all rows, or as many as there were before the signal. */
export async function playRows(plan: Plan, options: PlayOptions, io: Io): Promise<RowResult[]> {
  const progress = new Progress(io.stderr);
  const teams = new OneTeam(io);
  const results: RowResult[] = [];
  try {
    for (const row of plan.rows) {
      if (options.signal.aborted) break;
      const { label } = row.entry;
      const episodesPerItem = row.sampling.greedy ? 1 : options.episodes;
      try {
        const own = { ...options, episodes: episodesPerItem };
        const evaluation = await playRow(plan, row, own, teams, progress, io.stderr.isTTY === true);
        results.push({ row, episodesPerItem, evaluation });
      } catch (error) {
        await teams.release();
        results.push({ row, episodesPerItem, error: messageOf(error) });
        progress.line(`${label} failed: ${messageOf(error)}`);
      }
    }
  } finally {
    await teams.release();
  }
  return results;
}

async function playRow(
  { seed, discount }: Plan,
  row: Row,
  { episodes, batchSize, signal }: PlayOptions,
  teams: OneTeam,
  progress: Progress,
  live: boolean,
): Promise<ProtocolEvaluation> {
  const { entry, environment, config, sampling, items } = row;
  const { evaluateProtocol } = await import('@collm/marl');
  const team = await teams.open(row);
  progress.line(`${entry.label}: ${counted(items.length * episodes, 'episode')}`);
  const started = performance.now();
  let told = started;
  const evaluation = await evaluateProtocol(environment, team.agents, entry.protocol, {
    items,
    generations: episodes,
    seed,
    sampling,
    earlyTerminationThreshold: environment.earlyTerminationThreshold,
    discount,
    maxFailureRate: config.train.max_failure_rate,
    batchSize,
    signal,
    ...(row.trained === null ? {} : { step: row.trained.checkpoint.state.step }),
    onEpisodes: (done, total) => {
      const text = `${entry.label}: ${done} of ${total} episodes`;
      progress.status(text);
      const now = performance.now();
      if (done === total || live || now - told < 1000 * LINE_EVERY) return;
      told = now;
      progress.line(text);
    },
  });
  const done = evaluation.episodes.length + evaluation.failed.length;
  const time = formatDuration((performance.now() - started) / 1000);
  progress.line(
    `${entry.label}: ${done === evaluation.wanted ? 'done' : `stopped after ${counted(done, 'episode')}`} in ${time}`,
  );
  return evaluation;
}

/** Keeps the models of one team open, for rows of the same team that follow each other. */
class OneTeam {
  #held: { readonly name: string; readonly team: Team } | null = null;

  constructor(private readonly io: Io) {}

  async open({ team: name, config, environment, trained }: Row): Promise<Team> {
    if (this.#held?.name === name) return this.#held.team;
    await this.release();
    const team = await this.io.openTeam(config, environment, 'evaluation');
    this.#held = { name, team };
    if (trained !== null) {
      const { loadTeam } = await import('@collm/marl');
      await loadTeam(trained.checkpoint.dir, { agents: team.agents, critics: [] });
    }
    return team;
  }

  async release(): Promise<void> {
    const team = this.#held?.team;
    this.#held = null;
    await team?.dispose();
  }
}

/** The comparison as a table of estimates. */
export interface Comparison {
  readonly columns: readonly Pick<Column, 'title' | 'digits' | 'note'>[];
  /** By title of the column, for each result. */
  readonly cells: readonly ReadonlyMap<string, Estimate>[];
}

/** Columns and cells of what was played; `pass@k` stands behind the task's other columns. */
export async function compare(results: readonly RowResult[]): Promise<Comparison> {
  const { summarise } = await import('@collm/marl');
  const evaluations = results.map(({ evaluation }) => evaluation);
  const columns = columnsFor(evaluations.flatMap((one) => one?.episodes.map(({ figures }) => figures) ?? []));
  const passes = [...new Set(evaluations.flatMap((one) => Object.keys(one?.summary ?? {})))].filter((name) =>
    name.startsWith('pass@'),
  );
  const cells = evaluations.map((evaluation) => {
    const episodes = (evaluation?.episodes ?? []).map(({ itemId, figures }) => {
      const values = columns.flatMap(({ title, value }) => {
        const own = value(figures);
        return own === undefined ? [] : [[title, own] as const];
      });
      return { itemId, figures: Object.fromEntries(values) };
    });
    const estimates = new Map(Object.entries(summarise(episodes)));
    for (const name of passes) {
      const rate = evaluation?.summary[name];
      if (rate === undefined) continue;
      const { mean, standardError, count } = rate;
      estimates.set(name, { mean: 100 * mean, standardError: 100 * standardError, count });
    }
    return estimates;
  });
  const passColumns = passes.map((title) => ({ title, digits: 1 }));
  return { columns: [...columns, ...passColumns], cells };
}
