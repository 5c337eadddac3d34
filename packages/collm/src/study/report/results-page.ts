/** A study as one HTML file that fetches nothing and runs nothing. */
import { percentText } from '../../compare/comparison-lines.js';
import { counted } from '../../format.js';
import { chartFigure } from '../../report/chart-svg.js';
import { escapeHtml } from '../../report/escape.js';
import { type Cell, factsHtml, htmlPage, type Section, sectionsHtml, tableHtml } from '../../report/page.js';
import { rangeFigure } from '../../report/range-svg.js';
import { blockLabel } from '../analysis/conditions.js';
import type { StudyResults } from '../analysis/results.js';
import type { Study, StudyRecords } from '../types.js';
import { heatTables } from './heat-tables.js';
import type { ResultChart } from './result-charts.js';
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

export function resultsPage(
  study: Study,
  { header }: StudyRecords,
  results: StudyResults,
  charts: readonly ResultChart[],
): string {
  const top =
    `<header><h1>${escapeHtml(study.title)}</h1><p class="result">${escapeHtml(study.question)}</p>` +
    `${factsHtml(studyFacts(study, header, results))}` +
    `${results.notes.map((note) => `<p class="warning">${escapeHtml(note)}</p>`).join('')}</header>`;
  const axes = axesHtml(study, results, charts);
  const sections: Section[] = [
    ...(results.claims.length === 0
      ? []
      : [{ id: 'claims', title: 'Claims', html: claimsHtml(study, results) }]),
    { id: 'result', title: 'Results', html: resultHtml(study, results) },
    { id: 'curves', title: 'Learning curves', html: chartsHtml(charts, 'curves-') },
    { id: 'final', title: 'Final values', html: chartsHtml(charts, 'final-') },
    ...(axes === '' ? [] : [{ id: 'axes', title: 'Conditions', html: axes }]),
    { id: 'pairs', title: 'Differences', html: pairsHtml(study, results) },
    { id: 'diagnostics', title: 'Metrics of training', html: diagnosticsHtml(study, results) },
    { id: 'configuration', title: 'Set-up', html: table('Parts of the study', setupTable(study)) },
    ...(results.unused.length === 0
      ? []
      : [{ id: 'unused', title: 'Trials that do not count', html: unusedHtml(results) }]),
    {
      id: 'reproduce',
      title: 'How to reproduce',
      html: `<pre class="commands">${escapeHtml(header.command)}</pre>`,
    },
  ];
  return htmlPage(`${study.title}: CoLLM study`, `${top}\n${sectionsHtml(sections)}`);
}

/** Columns of words stand to the left, and break. */
function table(caption: string, [head = [], ...rows]: Rows, words: readonly number[] = []): string {
  const cells = rows.map((row) =>
    row.map((text, index): Cell => (words.includes(index) ? { text, className: 'text' } : text)),
  );
  return tableHtml(caption, head, cells);
}

function claimsHtml(study: Study, results: StudyResults): string {
  return table(counted(results.claims.length, 'claim'), claimTable(study, results), [0, 1, 2, 5, 6]);
}

function resultHtml(study: Study, results: StudyResults): string {
  const tables = results.blocks.map((block) => table(blockLabel(study, block), blockTable(study, block)));
  const note = `Means over seeds with ${percentText(results.confidence)} bootstrap intervals, at equal environment steps.`;
  return `${tables.join('\n')}<p class="note">${escapeHtml(note)}</p>`;
}

function chartsHtml(charts: readonly ResultChart[], prefix: string): string {
  const figures = charts
    .filter(({ name }) => name.startsWith(prefix))
    .map((one) => (one.kind === 'curves' ? chartFigure(one.chart) : rangeFigure(one.chart)));
  return figures.length === 0
    ? '<p>No trial has ended yet.</p>'
    : `<div class="charts">${figures.join('\n')}</div>`;
}

function axesHtml(study: Study, { blocks }: StudyResults, charts: readonly ResultChart[]): string {
  const drawn = charts.some(({ name }) => name.startsWith('axis-')) ? chartsHtml(charts, 'axis-') : '';
  return `${drawn}${heatTables(study, blocks)}`;
}

function pairsHtml(study: Study, results: StudyResults): string {
  const tables = results.blocks
    .filter(({ pairs }) => pairs.length > 0)
    .map((block) => table(blockLabel(study, block), pairTable(study, block), [3]));
  const across =
    results.acrossTasks.length === 0
      ? ''
      : table('Probability of improvement, mean over tasks', improvementTable(study, results));
  const note =
    'P(first is higher): the share of pairs of runs in which the first is higher, ties counting half.';
  return tables.length === 0
    ? '<p>No two methods have runs under equal conditions.</p>'
    : `${across}${tables.join('\n')}<p class="note">${note}</p>`;
}

function diagnosticsHtml(study: Study, results: StudyResults): string {
  const tables = diagnosticNames(results).map((metric) =>
    table(metric, diagnosticTable(study, results.blocks, metric)),
  );
  if (tables.length === 0) return '<p>No metric of training was kept.</p>';
  const note =
    'Means over the steps of a trial that have the metric, over the members of its team, then over seeds; docs/metrics.md defines the metrics.';
  return `${tables.join('\n')}<p class="note">${note}</p>`;
}

function unusedHtml({ unused }: StudyResults): string {
  const rows = unused.map(({ trial, kind, reason }) => [trial, kind, reason]);
  return table(counted(unused.length, 'trial'), [['trial', 'kind', 'reason'], ...rows], [1, 2]);
}
