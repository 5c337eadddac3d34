/**
 * Figures of studies in a page, so that none is typed by hand. A marker names a study and a quantity; what stands between
 * it and the next closing comment is computed:
 *
 *     CoLLM-CC ends at <!--quick:final writing collm_cc-->1.23 [1.10, 1.31]<!---->.
 *
 *     <!-- quick:table final writing -->
 *     | method | final |
 *     …
 *     <!-- end -->
 *
 * Words are names of the study file; `axis=level` gives conditions, where an axis has several levels. FIGURE is `final`,
 * `area`, `samples` or a metric of training such as `agent/entropy` (its mean over all steps; `late:agent/entropy`
 * over the last quarter). In sentences:
 *
 *     final|area|samples TASK METHOD     1.23 [1.10, 1.31]; of samples also how many runs reached the threshold, unless all did
 *     diagnostic METRIC TASK METHOD      the same of a metric of training
 *     reached TASK METHOD                3 of 5: runs that reached the threshold
 *     difference CLAIM                   +0.12 [+0.03, +0.21]: first less second, in the claim's measure
 *     difference TASK FIRST SECOND       the same of final values of two methods
 *     improvement TASK FIRST SECOND      P(first is higher); without TASK over all tasks
 *     ratio FIGURE TASK FIRST SECOND     2.1 [1.5, 3.0]: mean of the first by mean of the second
 *     verdict CLAIM                      confirmed
 *     claims [VERDICT-WITH-HYPHENS]      how many claims there are, or have that verdict
 *     trials, failed, seeds, jobs        numbers of trials that count, of failed ones, of seeds, of trials at a time
 *     wall [TASK METHOD]                 wall time of the study, or of a trial of a cell on average
 *     machine, version NAME              what it ran on and with
 *
 * As tables, on lines of their own:
 *
 *     table all TASK                     every measure, under one choice of conditions
 *     table final|area|samples TASK      one measure, a column for all conditions that are not given
 *     table diagnostic METRIC [TASK]     a metric of training, all steps and last quarter
 *     table pairs TASK                   differences of final values
 *     table improvement                  P(first is higher) over all tasks
 *     table claims [ID …]                claims and verdicts
 *     table setup                        what the study sets
 */
import { overSeedsText } from '../../compare/comparison-lines.js';
import { RunError } from '../../errors.js';
import { formatDuration } from '../../format.js';
import { nearest } from '../../nearest.js';
import { bootstrapInterval } from '../../statistics/bootstrap.js';
import { mean } from '../../statistics/descriptive.js';
import type { OverSeeds } from '../../statistics/over-seeds.js';
import { conditionsKey } from '../analysis/conditions.js';
import type { StudyResults } from '../analysis/results.js';
import { allSeeds } from '../grid.js';
import { claimText, measureText, NONE, samplesText } from '../report/result-text.js';
import { machineText } from '../report/setup.js';
import type { Measure, StudyRecords } from '../types.js';
import { allClaims, cellAt, claimAt, isMeasure, type Query, queryOf } from './query.js';
import { tableOf } from './tables.js';

/** A study with its results, as pages name it. */
export interface NumberedStudy {
  readonly results: StudyResults;
  readonly records: StudyRecords;
}

/**
 * A quantity as text; tables end without a line break.
 *
 * @param expression what stands behind `study:` in a marker
 * @throws RunError when it cannot be computed, saying why
 */
export function numberText(expression: string, study: NumberedStudy): string {
  const query = queryOf(expression, study.results);
  const [kind = '', ...names] = query.words;
  if (kind === 'table') return tableOf({ ...query, words: names }, study.results);
  const text = quantityText(kind, { ...query, words: names }, study);
  if (text !== NONE) return text;
  throw new RunError(`\`${expression}\` has no value: no run that counts has it. Leave it out of the page.`);
}

type Names = readonly string[];

function quantityText(kind: string, query: Query, { results, records }: NumberedStudy): string {
  const { words } = query;
  const { header } = records;
  if (isMeasure(kind)) {
    const cell = cellAt(query, words, results);
    const isBound = kind === 'samples' && (cell.reached ?? cell.runs.length) < cell.runs.length;
    return isBound ? samplesText(cell) : measureText(kind, cell.measures[kind]);
  }
  switch (kind) {
    case 'diagnostic': {
      const [metric = '', ...cell] = words;
      return overSeedsText(overAll(figureValues(metric, query, cell, results), mean));
    }
    case 'reached': {
      const { reached, runs } = cellAt(query, words, results);
      return reached === null ? NONE : `${reached} of ${runs.length}`;
    }
    case 'difference':
      if (words.length === 1) return claimText(claimAt(words[0] as string, results));
      return overSeedsText(pairAt(query, results).difference, true);
    case 'improvement':
      return overSeedsText(
        words.length === 2 ? acrossAt(query, results) : pairAt(query, results).improvement,
      );
    case 'ratio':
      return ratioText(query, results);
    case 'verdict':
      return claimAt(words[0] ?? '', results).verdict;
    case 'claims':
      return String(allClaims(results, words[0]).length);
    case 'trials':
      return String(results.blocks.flatMap(({ cells }) => cells.flatMap(({ runs }) => runs)).length);
    case 'failed':
      return String(results.unused.filter((trial) => trial.kind === 'failed').length);
    case 'seeds':
      return String(allSeeds(results.study).length);
    case 'jobs':
      return String(header.jobs);
    case 'wall': {
      if (words.length === 0) return formatDuration(header.wallSeconds);
      const { runs } = cellAt(query, words, results);
      return runs.length === 0 ? NONE : formatDuration(mean(runs.map(({ wallSeconds }) => wallSeconds)));
    }
    case 'machine':
      return machineText(header);
    case 'version':
      return header.versions[words[0] ?? ''] ?? NONE;
    default:
      throw new RunError(`There is no quantity \`${kind}\`. ${meant(kind)}`);
  }
}

const KINDS = [
  ...['final', 'area', 'samples', 'diagnostic', 'reached', 'difference', 'improvement', 'ratio', 'verdict'],
  ...['claims', 'trials', 'failed', 'seeds', 'jobs', 'wall', 'machine', 'version', 'table'],
];

function meant(kind: string): string {
  const near = nearest(kind, KINDS);
  return near === undefined ? `Known are ${KINDS.join(', ')}.` : `Did you mean \`${near}\`?`;
}

/** The values of a figure of one cell by seed. */
function figureValues(figure: string, query: Query, cell: Names, results: StudyResults): readonly number[] {
  const { runs, diagnostics } = cellAt(query, cell, results);
  if (isMeasure(figure)) return runs.flatMap(({ values }) => values[figure as Measure] ?? []);
  const metric = figure.replace(/^late:/, '');
  const found = Object.hasOwn(diagnostics, metric) ? diagnostics[metric] : undefined;
  if (found !== undefined) return found.values[metric === figure ? 'whole' : 'late'];
  const known = Object.keys(diagnostics);
  throw new RunError(
    `${cell.join(' ')} has no \`${metric}\`. It has ${known.join(', ') || 'no metric of training'}.`,
  );
}

function overAll(values: readonly number[], statistic: (values: ArrayLike<number>) => number): OverSeeds {
  const of = ([group]: readonly ArrayLike<number>[]) => statistic(group as ArrayLike<number>);
  if (values.length === 0) throw new RunError('No run that counts has it. Leave it out of the page.');
  return { mean: of([values]), interval: bootstrapInterval([values], of) };
}

function ratioText(query: Query, results: StudyResults): string {
  const [figure = '', task = '', first = '', second = ''] = query.words;
  const [x, y] = [first, second].map((method) => figureValues(figure, query, [task, method], results));
  if (!x?.length || !y?.length) return NONE;
  const ratio = ([over, under]: readonly ArrayLike<number>[]) =>
    mean(over as ArrayLike<number>) / mean(under as ArrayLike<number>);
  return overSeedsText({ mean: ratio([x, y]), interval: bootstrapInterval([x, y], ratio) });
}

/** Two methods of a task, whichever stands first in the study. */
function pairAt(query: Query, results: StudyResults): { difference: OverSeeds; improvement: OverSeeds } {
  const [task = '', first = '', second = ''] = query.words;
  const [x, y] = [first, second].map((method) => cellAt(query, [task, method], results));
  const pairs = results.blocks.flatMap((block) =>
    block.cells.some((cell) => cell === x) ? block.pairs : [],
  );
  const pair = pairs.find((one) => one.first === x?.method && one.second === y?.method);
  if (pair !== undefined) return pair;
  const turned = pairs.find((one) => one.first === y?.method && one.second === x?.method);
  if (turned === undefined) throw new RunError(`${first} and ${second} do not both have runs in ${task}.`);
  return {
    difference: mirrored(turned.difference, 0),
    improvement: mirrored(turned.improvement, 1),
  };
}

function acrossAt({ words, conditions }: Query, { study, acrossTasks }: StudyResults): OverSeeds {
  const [first = '', second = ''] = words;
  const key = conditionsKey(study, conditions);
  const alike = acrossTasks.filter((one) => conditionsKey(study, one.conditions) === key);
  const found = alike.find((one) => one.first === first && one.second === second);
  if (found !== undefined) return found.improvement;
  const turned = alike.find((one) => one.first === second && one.second === first);
  if (turned !== undefined) return mirrored(turned.improvement, 1);
  throw new RunError(
    `${first} and ${second} do not both have runs in two tasks or more under equal conditions.`,
  );
}

/** `sum - value`, with its interval. */
function mirrored({ mean: value, interval }: OverSeeds, sum: number): OverSeeds {
  return {
    mean: sum - value,
    interval: interval && { low: sum - interval.high, high: sum - interval.low },
  };
}
