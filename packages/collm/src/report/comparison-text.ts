/** The comparison of before and after as text for a terminal. */
import { supportsColor } from 'chalk';
import Table from 'cli-table3';
import { counted } from '../format.js';
import { type DrawOptions, drawLegend, drawSideBySide } from '../picture/terminal.js';
import type { ProgressStream } from '../sinks/progress.js';
import type { Interval } from '../statistics/bootstrap.js';
import { type ComparedFigure, type Comparison, compareEnds } from './comparison.js';
import { readRunData } from './run-data.js';

const SHOWN_PICTURES = 4;

/** Table and pictures of a run, before and after; empty when it has fewer than two evaluations. */
export function comparisonText(runDir: string, stream: ProgressStream): string {
  const comparison = compareEnds(readRunData(runDir));
  if (comparison === null) return '';
  return `\n${comparisonTable(comparison)}\n\n${comparisonPictures(comparison, drawOptions(stream))}`;
}

/** What a stream can show. */
export function drawOptions(stream: ProgressStream): DrawOptions {
  const level = stream.isTTY && supportsColor ? supportsColor.level : 0;
  return { level, columns: stream.columns ?? 100 };
}

/** Figures with intervals and changes. */
export function comparisonTable(comparison: Comparison): string {
  const { figures, beforeStep, afterStep } = comparison;
  const table = new Table({
    head: ['', `before (step ${beforeStep})`, `after (step ${afterStep})`, 'change', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  for (const figure of figures) {
    const { before, after, gain, interval } = figure;
    table.push([
      `${figure.label} (${figure.better} is better)`,
      formatEstimate(before.mean, before.interval),
      formatEstimate(after.mean, after.interval),
      formatEstimate(gain, interval, true),
      verdictText(figure),
    ]);
  }
  return `${table.toString()}\n${aboutEstimates(comparison)}`;
}

/** What the figures are means of, in a sentence or two. */
export function aboutEstimates({ figures, failed }: Comparison): string {
  const { episodes = 0, items = 0 } = figures[0]?.after ?? {};
  const over = items > 1 ? `, ${counted(items, 'item')}` : '';
  const lost = failed === 0 ? '' : ` ${counted(failed, 'failed episode')} in no figure.`;
  return `Mean [95 % interval] over ${counted(episodes, 'evaluation episode')}${over}.${lost}`;
}

/** `0.512 [0.490, 0.534]`, the mean alone where there is no interval. */
export function formatEstimate(mean: number, interval: Interval | null, signed = false): string {
  const text = (value: number) => `${signed && value >= 0 ? '+' : ''}${value.toFixed(3)}`;
  return interval === null ? text(mean) : `${text(mean)} [${text(interval.low)}, ${text(interval.high)}]`;
}

/** What an interval of a change allows to say. */
export function verdictText({ verdict, interval }: Pick<ComparedFigure, 'verdict' | 'interval'>): string {
  if (verdict !== 'open') return verdict;
  if (interval === null) return '';
  return interval.low === 0 && interval.high === 0 ? 'no change' : 'may be chance';
}

function comparisonPictures({ pictures }: Comparison, options: DrawOptions): string {
  const some = pictures.slice(0, SHOWN_PICTURES);
  if (some.length === 0) return '';
  const lines = some.flatMap(({ before, after }) => [
    ...drawSideBySide({ title: 'before', picture: before }, { title: 'after', picture: after }, options),
    '',
  ]);
  const legend = drawLegend(
    some.flatMap(({ before, after }) => [before, after]),
    options,
  );
  return `${[...lines, legend].join('\n')}\n\n`;
}
