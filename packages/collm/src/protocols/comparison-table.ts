/** A comparison of protocols for terminals, for documents and for programs. */
import type { Estimate } from '@collm/marl';
import { markdownTable, terminalTable } from '../tables.js';
import type { Plan, Row } from './plan.js';
import type { Comparison, PlayOptions, RowResult } from './play-rows.js';
import { describeSampling } from './sampling.js';

/** All that a table is made of. */
export interface Shown {
  readonly plan: Plan;
  readonly options: PlayOptions;
  readonly results: readonly RowResult[];
  readonly comparison: Comparison;
  /** A path as the user would type it. */
  readonly shownPath: (path: string) => string;
}

export function comparisonText(shown: Shown, format: 'terminal' | 'markdown'): string {
  const rows = textRows(shown);
  return format === 'terminal'
    ? `${terminalTable(rows)}${lines(shown, '')}`
    : `${markdownTable(rows)}\n${lines(shown, '- ')}`;
}

const lines = (shown: Shown, mark: string): string =>
  notes(shown)
    .map((note) => `${mark}${note}\n`)
    .join('');

/** What a program needs to draw the table itself, and every other figure. */
export function comparisonJson({ plan, options, results, comparison, shownPath }: Shown): object {
  return {
    task: plan.task,
    seed: plan.seed,
    items: plan.rows[0]?.items.map(({ id }) => id) ?? [],
    batchSize: options.batchSize,
    interrupted: options.signal.aborted,
    columns: comparison.columns.map(({ title, note }) => ({
      title,
      ...(note === undefined ? {} : { note }),
    })),
    notes: plan.notes,
    protocols: results.map(({ row, episodesPerItem, evaluation, error }, index) => ({
      name: row.entry.label,
      protocol: row.entry.protocol,
      models: modelsOf(row, shownPath),
      ...(row.trained === null
        ? {}
        : { algorithm: row.trained.algorithm, step: row.trained.checkpoint.state.step }),
      agents: row.environment.numAgents,
      sampling: row.sampling,
      episodesPerItem,
      ...(error === undefined ? {} : { error }),
      ...(evaluation === undefined
        ? {}
        : {
            episodes: evaluation.episodes.length,
            failed: evaluation.failed.length,
            wanted: evaluation.wanted,
            table: Object.fromEntries((comparison.cells[index] as ReadonlyMap<string, Estimate>).entries()),
            summary: evaluation.summary,
          }),
    })),
  };
}

/** Titles, then a row per protocol. */
function textRows({ results, comparison: { columns, cells } }: Shown): string[][] {
  const rows = results.map(({ row, evaluation }, index) => {
    const name = row.entry.label;
    if (evaluation === undefined) return [`${name} (failed)`, ...columns.map(() => '')];
    const estimates = columns.map(({ title, digits }) => {
      const own = cells[index]?.get(title);
      return own === undefined ? '' : `${own.mean.toFixed(digits)} ± ${own.standardError.toFixed(digits)}`;
    });
    const done = evaluation.episodes.length + evaluation.failed.length;
    return [done === evaluation.wanted ? name : `${name} (${done} of ${evaluation.wanted})`, ...estimates];
  });
  return [['protocol', ...columns.map(({ title }) => title)], ...rows];
}

function notes({ plan, options, results, comparison, shownPath }: Shown): string[] {
  const items = plan.rows[0]?.items.length ?? 0;
  return [
    `${plan.task}, ${items} evaluation items, seed ${plan.seed}, batch size ${options.batchSize}. ` +
      `Mean ± standard error over ${items > 1 ? 'items' : 'episodes'}.`,
    ...(options.batchSize > 1 ? ['Every episode of a batch is booked the time of the whole batch.'] : []),
    ...comparison.columns.flatMap(({ title, note }) => (note === undefined ? [] : `${title}: ${note}.`)),
    ...results.map((result) => `${result.row.entry.label}: ${aboutRow(result, shownPath)}.`),
    ...plan.notes.map((note) => `${note}.`),
    ...(options.signal.aborted ? ['Stopped before the end.'] : []),
  ];
}

function aboutRow(
  { row, episodesPerItem, evaluation, error }: RowResult,
  shownPath: Shown['shownPath'],
): string {
  const what =
    row.trained === null
      ? [modelsOf(row, shownPath).join(' and ')]
      : [`${row.trained.algorithm} of step ${row.trained.checkpoint.state.step}`];
  const failed = evaluation?.failed.length ?? 0;
  return [
    ...what,
    describeSampling(row.sampling),
    `${episodesPerItem} ${episodesPerItem === 1 ? 'episode' : 'episodes'} per item`,
    ...(failed === 0 ? [] : [`${failed} failed and are left out`]),
    ...(error === undefined ? [] : [`failed: ${error.replace(/\s*\n\s*/g, ', ').replace(/\.$/, '')}`]),
  ].join('; ');
}

const modelsOf = ({ models }: Row, shownPath: Shown['shownPath']): string[] =>
  [...new Set([models].flat())].map(shownPath);
