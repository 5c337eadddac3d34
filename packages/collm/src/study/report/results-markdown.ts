/** The tables of a study for documents. */
import { escapeMarkdown } from '../../markdown.js';
import { markdownTable } from '../../tables.js';
import { blockLabel } from '../analysis/conditions.js';
import type { StudyResults } from '../analysis/results.js';
import type { Study, StudyRecords } from '../types.js';
import {
  blockTable,
  claimTable,
  diagnosticNames,
  diagnosticTable,
  improvementTable,
  pairTable,
  type Rows,
} from './result-tables.js';
import { setupTable, studyFacts } from './setup.js';

/** The tables for a document. Labels stay text, whatever they hold. */
export function resultsMarkdown(study: Study, { header }: StudyRecords, results: StudyResults): string {
  const facts = studyFacts(study, header, results);
  const parts: string[] = [`# ${escapeMarkdown(study.title)}`];
  if (study.question !== '') parts.push(escapeMarkdown(study.question));
  parts.push(escapedTable([['', ''], ...facts]));
  if (results.notes.length > 0)
    parts.push(results.notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n'));
  if (results.claims.length > 0) parts.push('## Claims', escapedTable(claimTable(study, results)));
  parts.push('## Results', 'Means over seeds with 95 % bootstrap intervals, at equal environment steps.');
  for (const block of results.blocks) {
    parts.push(`### ${escapeMarkdown(blockLabel(study, block))}`, escapedTable(blockTable(study, block)));
  }
  parts.push('## Differences');
  if (results.acrossTasks.length > 0) {
    parts.push('### Over all tasks', escapedTable(improvementTable(study, results)));
  }
  for (const block of results.blocks.filter(({ pairs }) => pairs.length > 0)) {
    parts.push(
      `### ${escapeMarkdown(blockLabel(study, block))}: pairs`,
      escapedTable(pairTable(study, block)),
    );
  }
  const metrics = diagnosticNames(results);
  if (metrics.length > 0) parts.push('## Metrics of training');
  for (const metric of metrics) {
    parts.push(`### ${escapeMarkdown(metric)}`, escapedTable(diagnosticTable(study, results.blocks, metric)));
  }
  parts.push('## Set-up', escapedTable(setupTable(study)));
  return `${parts.map((part) => part.trimEnd()).join('\n\n')}\n`;
}

/** A table in which no cell is markup; figures stay as they are, and columns without any stand to the left. */
export function escapedTable([head = [], ...rows]: Rows): string {
  const words = head.flatMap((_, column) => (rows.some((row) => isFigure(row[column] ?? '')) ? [] : column));
  const escaped = rows.map((row) => row.map((cell) => (isFigure(cell) ? cell : escapeMarkdown(cell))));
  return markdownTable([head.map(escapeMarkdown), ...escaped], words);
}

/** `1.23 [1.10, 1.36]` and the like: no labels are in it, and no markup. */
function isFigure(text: string): boolean {
  return /^[+-]?[\d.,e+-]+( \[[\d.,e+ -]+\])?(, \d+ of \d+ reached it)?$/.test(text);
}
