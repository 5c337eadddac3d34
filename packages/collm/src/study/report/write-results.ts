/** Writes what a study found: tables, pictures and a page. The same records give the same bytes. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { counted } from '../../format.js';
import { chartFile, rangeFile } from '../../report/chart-file.js';
import { writeFileDurably } from '../../run-store/durable.js';
import { terminalTable } from '../../tables.js';
import { visibleLine } from '../../terminal-text.js';
import { blockLabel } from '../analysis/conditions.js';
import type { ClaimResult, StudyResults } from '../analysis/results.js';
import type { Study, StudyRecords } from '../types.js';
import { resultCharts } from './result-charts.js';
import { blockTable, type Rows } from './result-tables.js';
import { claimText, expectationText } from './result-text.js';
import { resultsMarkdown } from './results-markdown.js';
import { resultsPage } from './results-page.js';

/** Where the results of a study lie. */
export interface ResultPaths {
  readonly table: string;
  readonly report: string;
  /** Folder of SVG files. */
  readonly figures: string;
}

/**
 * Writes `table.md`, `report.html` and `figures/*.svg`. Pictures of earlier results that there are none for any more are
 * removed.
 *
 * @param dir is made where it is not there
 */
export function writeResults(
  dir: string,
  study: Study,
  records: StudyRecords,
  results: StudyResults,
): ResultPaths {
  const paths = {
    table: join(dir, 'table.md'),
    report: join(dir, 'report.html'),
    figures: join(dir, 'figures'),
  };
  mkdirSync(paths.figures, { recursive: true });
  const charts = resultCharts(study, results);
  const files = new Map(
    charts.map((one) => [
      `${one.name}.svg`,
      one.kind === 'curves' ? chartFile(one.chart) : rangeFile(one.chart),
    ]),
  );
  for (const name of readdirSync(paths.figures)) {
    if (/^(curves|final|axis)-.*\.svg$/.test(name) && !files.has(name)) rmSync(join(paths.figures, name));
  }
  for (const [name, content] of files) writeFileDurably(join(paths.figures, name), content);
  writeFileDurably(paths.table, resultsMarkdown(study, records, results));
  writeFileDurably(paths.report, resultsPage(study, records, results, charts));
  return paths;
}

/** Tables and claims for a terminal. */
export function resultsText(results: StudyResults): string {
  const { study } = results;
  const shown = (rows: Rows) => terminalTable(rows.map((row) => row.map(visibleLine)));
  const blocks = results.blocks.map(
    (block) => `${visibleLine(blockLabel(study, block))}\n${shown(blockTable(study, block))}`,
  );
  const claims = results.claims.map(
    (result) =>
      `  ${result.verdict}: ${visibleLine(result.claim.text)} (${visibleLine(claimDetails(result))})`,
  );
  return [
    ...blocks,
    ...(claims.length === 0 ? [] : [`${counted(claims.length, 'claim')}\n${claims.join('\n')}\n`]),
    ...(results.notes.length === 0
      ? []
      : [results.notes.map((note) => `Note: ${visibleLine(note)}\n`).join('')]),
  ].join('\n');
}

/** `difference +0.12 [+0.03, +0.21], expected higher; too few seeds`. */
function claimDetails(result: ClaimResult): string {
  const { difference, reason } = result;
  const figures =
    difference === null ? [] : `difference ${claimText(result)}, expected ${expectationText(result)}`;
  return [figures, reason === '' ? [] : reason].flat().join('; ');
}
