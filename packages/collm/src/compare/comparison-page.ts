/** A comparison of runs as one HTML file that fetches nothing and runs nothing. */
import { counted } from '../format.js';
import { chartFigure } from '../report/chart-svg.js';
import { escapeHtml } from '../report/escape.js';
import { factsHtml, htmlPage, type Section, sectionsHtml, tableHtml } from '../report/page.js';
import type { ComparedGroups } from './compare-runs.js';
import {
  differenceTable,
  groupTable,
  notesOf,
  percentText,
  stepsText,
  type TextTable,
  verdictSentences,
} from './comparison-lines.js';
import { configurationTable, type Shown } from './show-comparison.js';

export function comparisonPage({ compared, grouping, warnings }: Shown): string {
  const { metric, groups, confidence, to } = compared;
  const runs = groups.reduce((sum, group) => sum + group.runs.length, 0);
  const title = `${metric}: ${groups.map(({ name }) => name).join(' and ')}`;
  const sentences = verdictSentences(compared);
  const header =
    `<header><h1>${escapeHtml(title)}</h1>` +
    sentences.map((sentence) => `<p class="result">${escapeHtml(sentence)}</p>`).join('') +
    factsHtml([
      ['task', String(grouping.groups[0]?.runs[0]?.config.get('env.type'))],
      ['groups', String(groups.length)],
      ['runs', String(runs)],
      ['compared at', `${stepsText(to)} environment steps`],
      ['confidence', percentText(confidence)],
    ]) +
    `${warnings.map((warning) => `<p class="warning">${escapeHtml(`Note: ${warning}`)}</p>`).join('')}</header>`;
  const sections: Section[] = [
    { id: 'result', title: 'Result', html: resultHtml(compared) },
    { id: 'curves', title: 'Learning curves', html: curvesHtml(compared) },
    { id: 'differences', title: 'What differs', html: differencesHtml(grouping) },
    { id: 'runs', title: 'Runs', html: runsHtml(compared) },
    {
      id: 'reproduce',
      title: 'How to reproduce',
      html: `<pre class="commands">${escapeHtml(commandOf({ compared, grouping, warnings }))}</pre>`,
    },
  ];
  return htmlPage(title, `${header}\n${sectionsHtml(sections)}`);
}

function resultHtml(compared: ComparedGroups): string {
  const { metric, confidence, differences } = compared;
  return (
    textTableHtml(`${metric} by group`, groupTable(compared)) +
    (differences.length === 0
      ? ''
      : textTableHtml(`Differences at ${percentText(confidence)} confidence`, differenceTable(compared))) +
    `<p class="note">${notesOf(compared).map(escapeHtml).join(' ')}</p>`
  );
}

function curvesHtml({ metric, groups, confidence }: ComparedGroups): string {
  const xLabel = 'environment steps';
  const means = {
    ...{ title: `${metric} by group`, xLabel },
    note: `Means over seeds with their ${percentText(confidence)} intervals; no band where a group has one seed.`,
    curves: groups.map(({ name, curve }) => ({
      label: name,
      points: curve.map(({ envSteps, mean, interval }) => ({ x: envSteps, y: mean, ...interval })),
    })),
  };
  const single = groups
    .filter(({ runs }) => runs.length > 1)
    .map(({ name, runs }) => ({
      ...{ title: `${name}: each run`, xLabel, note: '' },
      curves: runs.map(({ run }) => ({
        label: `${run.name} (seed ${run.seed})`,
        points: run.curve.map(({ envSteps, value }) => ({ x: envSteps, y: value })),
      })),
    }));
  return `${chartFigure(means, 'large')}\n<div class="charts">${single.map((chart) => chartFigure(chart)).join('\n')}</div>`;
}

function differencesHtml(grouping: Shown['grouping']): string {
  if (grouping.differences.size === 0) return '<p>The configurations are equal but for the seed.</p>';
  return textTableHtml(
    'Keys of the configuration that differ between the groups',
    configurationTable(grouping),
  );
}

function runsHtml({ groups, to, metric, target }: ComparedGroups): string {
  const rows = groups.flatMap(({ name, runs }) =>
    runs.map(({ run, last, height, toTarget }) => [
      run.name,
      name,
      String(run.seed),
      last.toFixed(3),
      height.toFixed(3),
      ...(target === null ? [] : [toTarget === null ? 'not reached' : stepsText(toTarget)]),
      Object.entries(run.versions)
        .map(([program, version]) => `${program} ${version}`)
        .join(', '),
    ]),
  );
  const head = ['run', 'group', 'seed', `${metric} at ${stepsText(to)}`, 'area under curve'];
  return textTableHtml(counted(rows.length, 'run'), {
    head: [...head, ...(target === null ? [] : ['env steps to target']), 'versions'],
    rows,
  });
}

/** The command that compares these runs, from the folder that holds them. */
function commandOf({ compared: { metric, confidence, target, groups } }: Shown): string {
  const names = groups.flatMap(({ runs }) => runs.map(({ run }) => run.name));
  const options = [
    `--metric ${metric}`,
    `--confidence ${confidence}`,
    ...(target === null ? [] : [`--target ${target}`]),
  ];
  return `collm compare ${names.join(' ')} ${options.join(' ')} --out compare.html`;
}

function textTableHtml(caption: string, { head, rows }: TextTable): string {
  return tableHtml(caption, head, rows);
}
