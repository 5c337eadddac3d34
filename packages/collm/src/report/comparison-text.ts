/** The comparison of before and after as text for a terminal. */
import { supportsColor } from 'chalk';
import Table from 'cli-table3';
import { counted } from '../format.js';
import { type DrawOptions, drawLegend, drawSideBySide } from '../picture/terminal.js';
import { readEpisodes } from '../run-store/records.js';
import type { ProgressStream } from '../sinks/progress.js';
import { type ComparedFigure, type Comparison, compareEnds, type Estimate } from './comparison.js';

const SHOWN_PICTURES = 4;

/** Table and pictures of a run, before and after; empty when it has fewer than two evaluations. */
export function comparisonText(runDir: string, stream: ProgressStream): string {
  const comparison = compareEnds(readEpisodes(runDir));
  if (comparison === null) return '';
  return `\n${comparisonTable(comparison)}\n\n${comparisonPictures(comparison, drawOptions(stream))}`;
}

/** What a stream can show. */
export function drawOptions(stream: ProgressStream): DrawOptions {
  const level = stream.isTTY && supportsColor ? supportsColor.level : 0;
  return { level, columns: stream.columns ?? 100 };
}

/** Figures with standard errors and gains. */
export function comparisonTable({ figures, beforeStep, afterStep }: Comparison): string {
  const table = new Table({
    head: ['', `before (step ${beforeStep})`, `after (step ${afterStep})`, 'change', 'in standard errors'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  for (const figure of figures) {
    table.push([
      `${figure.label} (${figure.better} is better)`,
      formatEstimate(figure.before),
      formatEstimate(figure.after),
      signed(figure.gain, 3),
      formatGain(figure),
    ]);
  }
  const episodes = figures[0]?.after.episodes ?? 0;
  return `${table.toString()}\nMean ± standard error over ${counted(episodes, 'evaluation episode')}.`;
}

/** `0.512 ± 0.010`. */
export function formatEstimate({ mean, standardError }: Estimate): string {
  return `${mean.toFixed(3)} ± ${standardError.toFixed(3)}`;
}

/** `+4.2`, or a dash when the error is 0. */
export function formatGain({ gainInErrors }: ComparedFigure): string {
  return gainInErrors === null ? '-' : signed(gainInErrors, 1);
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
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
