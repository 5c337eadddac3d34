/** The words and numbers of a comparison of runs, for terminals, markdown and pages alike. */
import { counted, formatNumber } from '../format.js';
import { markLabel } from '../report/axis.js';
import type { SeedDifference } from '../statistics/over-seeds.js';
import { type OverSeeds, seedsNeeded } from '../statistics/over-seeds.js';
import type { ComparedGroups, GroupFigures } from './compare-runs.js';

/** A table as text: a heading line, then rows whose first cell names them. */
export interface TextTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A row per group. */
export function groupTable({ metric, groups, to, target }: ComparedGroups): TextTable {
  return {
    head: [
      ...['', 'seeds', `${metric} at ${stepsText(to)} env steps`, 'area under curve'],
      ...(target === null ? [] : [`env steps to ${markLabel(target)}`]),
    ],
    rows: groups.map((group) => [
      group.name,
      String(group.runs.length),
      overSeedsText(group.last),
      overSeedsText(group.height),
      ...(group.target === null ? [] : [targetText(group)]),
    ]),
  };
}

/** A row per pair of groups. */
export function differenceTable({ differences, confidence }: ComparedGroups): TextTable {
  return {
    head: ['', 'difference', 'P(higher)', 'shown'],
    rows: differences.map((difference) => [
      `${difference.first} - ${difference.second}`,
      overSeedsText(difference.difference, true),
      overSeedsText(difference.improvement),
      verdictText(difference, confidence),
    ]),
  };
}

/** The outcome in sentences, one per pair. */
export function verdictSentences({ differences, confidence, metric, to }: ComparedGroups): string[] {
  const at = `at ${stepsText(to)} environment steps`;
  const texts: Readonly<Record<SeedDifference['verdict'], (first: string, second: string) => string>> = {
    higher: (first, second) => `${first} has a higher ${metric} than ${second} ${at}.`,
    lower: (first, second) => `${first} has a lower ${metric} than ${second} ${at}.`,
    open: (first, second) => `No difference is shown between ${first} and ${second} ${at}: it may be chance.`,
    fewSeeds: (first, second) =>
      `There are too few seeds to say anything about ${first} and ${second}: it takes ${seedsNeeded(confidence)} of each.`,
  };
  return differences.map(({ first, second, verdict }) => texts[verdict](first, second));
}

/** What the figures mean, and what to be careful about. */
export function notesOf({ groups, differences, confidence, from, to }: ComparedGroups): string[] {
  const percent = percentText(confidence);
  const single = groups.filter(({ runs }) => runs.length === 1).map(({ name }) => name);
  const fewest = Math.min(...groups.map(({ runs }) => runs.length).filter((seeds) => seeds > 1));
  return [
    `Mean over seeds [${percent} interval by bootstrap]; all runs are taken at the same ${stepsText(to)} environment steps.`,
    `Area under curve: mean height from ${stepsText(from)} to ${stepsText(to)} environment steps.`,
    ...(differences.length === 0
      ? []
      : ['P(higher): how often a run of the first is higher than one of the second, ties counting half.']),
    ...(single.length === 0
      ? []
      : [`One seed says nothing of other seeds, so there is no interval: ${single.join(', ')}.`]),
    ...(fewest < 10
      ? [`Intervals of ${counted(fewest, 'seed')} are too narrow: docs/reports.md has how much.`]
      : []),
    ...(differences.length > 1
      ? [
          `Of ${differences.length} comparisons without any real difference, about ${formatNumber(differences.length * (1 - confidence))} would look like one.`,
        ]
      : []),
  ];
}

/** `0.512 [0.490, 0.534]`; `+0.512 [+0.490, +0.534]` where signed. */
export function overSeedsText({ mean, interval }: OverSeeds, signed = false): string {
  const text = (value: number) => `${signed && value >= 0 ? '+' : ''}${formatNumber(value)}`;
  return interval === null ? text(mean) : `${text(mean)} [${text(interval.low)}, ${text(interval.high)}]`;
}

/** In a word or two. */
export function verdictText({ verdict }: Pick<SeedDifference, 'verdict'>, confidence: number): string {
  if (verdict === 'fewSeeds') return `too few seeds (${seedsNeeded(confidence)} each)`;
  return verdict === 'open' ? 'no: may be chance' : verdict;
}

export function stepsText(envSteps: number): string {
  return envSteps.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

export function percentText(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}

function targetText({ target, runs }: GroupFigures): string {
  if (target === null || target.reached === 0) return 'not reached';
  const median = Number.isFinite(target.median) ? stepsText(target.median) : 'more than it had';
  return runs.length === 1 ? median : `${median} (${target.reached} of ${runs.length} reached it)`;
}
