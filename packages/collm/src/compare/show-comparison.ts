/** A comparison of runs for terminals, for documents and for programs. */
import Table from 'cli-table3';
import type { ComparedGroups } from './compare-runs.js';
import {
  differenceTable,
  groupTable,
  notesOf,
  type TextTable,
  verdictSentences,
} from './comparison-lines.js';
import { type Grouping, valueText } from './group-runs.js';
import { textChart } from './text-chart.js';

export interface Shown {
  readonly compared: ComparedGroups;
  readonly grouping: Grouping;
  /** What speaks against the comparison. */
  readonly warnings: readonly string[];
}

export function comparisonText({ compared, warnings }: Shown, columns: number): string {
  const parts = [
    textChart(compared, columns),
    terminalTable(groupTable(compared)),
    ...(compared.differences.length === 0
      ? []
      : [terminalTable(differenceTable(compared)), lines(verdictSentences(compared))]),
    lines([...notesOf(compared), ...warnings.map((warning) => `Note: ${warning}`)]),
  ];
  return parts.join('\n');
}

export function comparisonMarkdown({ compared, warnings }: Shown): string {
  const parts = [
    markdownTable(groupTable(compared)),
    ...(compared.differences.length === 0 ? [] : [markdownTable(differenceTable(compared))]),
    lines(
      [...verdictSentences(compared), ...notesOf(compared), ...warnings].map(
        (note) => `- ${escapePipes(note)}`,
      ),
    ),
  ];
  return parts.join('\n');
}

/** Every figure, for programs. Environment steps to a target that was not reached are null. */
export function comparisonJson({ compared, grouping, warnings }: Shown): object {
  const { metric, confidence, target, from, to, groups, differences } = compared;
  return {
    ...{ metric, confidence, target, from_env_steps: from, at_env_steps: to },
    groups: groups.map((group) => ({
      name: group.name,
      seeds: group.runs.length,
      runs: group.runs.map(({ run, last, height, toTarget }) => ({
        ...{ name: run.name, seed: run.seed, value: last, area: height * (to - from), mean_height: height },
        env_steps_to_target: toTarget,
      })),
      value: group.last,
      mean_height: group.height,
      ...(group.target === null
        ? {}
        : {
            target: {
              reached: group.target.reached,
              median_env_steps: Number.isFinite(group.target.median) ? group.target.median : null,
            },
          }),
      curve: group.curve.map(({ envSteps, mean, interval }) => ({ env_steps: envSteps, mean, interval })),
    })),
    differences: differences.map(({ improvement, ...rest }) => ({
      ...rest,
      probability_of_improvement: improvement,
    })),
    configurations: Object.fromEntries(grouping.differences),
    warnings,
  };
}

/** Keys that differ, one row each, one column per group. */
export function configurationTable({ groups, differences }: Grouping): TextTable {
  return {
    head: ['key', ...groups.map(({ name }) => name)],
    rows: [...differences].map(([key, values]) => [key, ...values.map(valueText)]),
  };
}

function terminalTable({ head, rows }: TextTable): string {
  const colAligns = head.map((_, index) => (index === 0 ? 'left' : 'right'));
  const table = new Table({
    head: [...head],
    colAligns: colAligns as ('left' | 'right')[],
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}

function markdownTable({ head, rows }: TextTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escapePipes).join(' | ')} |\n`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map(line).join('');
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function escapePipes(text: string): string {
  return text.replaceAll('|', '\\|');
}
