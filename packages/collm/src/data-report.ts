/** What reading a task's data has found, as lines for people. */
import type { DataNote, DataReport, SplitReport } from '@collm/envs';
import { counted } from './format.js';

/** One line per split, and one for everything that was dropped or deserves a remark. */
export function dataReportLines({ source, train, eval: evaluation }: DataReport): string[] {
  return [...splitReportLines('train', source, train), ...splitReportLines('eval', source, evaluation)];
}

/** The same of one split. */
export function splitReportLines(
  name: string,
  source: string,
  { records, items, dropped, remarks }: SplitReport,
): string[] {
  return [
    `${name}: ${counted(items, 'item')} of ${counted(records, 'record')} (${source})`,
    ...dropped.map((note) => `  dropped ${noteText(note)}`),
    ...remarks.map((note) => `  note: ${noteText(note)}`),
  ];
}

function noteText({ reason, count, examples }: DataNote): string {
  const more = count > examples.length ? ', …' : '';
  return `${count}: ${reason} (${examples.join(', ')}${more})`;
}

/** The lines that a run should not go without: what was left out, and what deserves a remark. */
export function dataWarnings(report: DataReport): string[] {
  const { train, eval: evaluation } = report;
  const silent = [train, evaluation].every((split) => split.dropped.length + split.remarks.length === 0);
  return silent ? [] : dataReportLines(report);
}
