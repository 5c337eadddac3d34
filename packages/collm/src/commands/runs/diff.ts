/** `collm runs diff`: what two runs were given that differs, and what came of it. */
import { isDeepStrictEqual } from 'node:util';
import { exitCodes } from '../../errors.js';
import { formatDuration, formatNumber } from '../../format.js';
import type { Io } from '../../io.js';
import { flatKeys } from '../../report/config-section.js';
import { figures } from '../../report/figures.js';
import { resolveRun } from '../../run-store/resolve-run.js';
import type { Score } from '../../run-store/run-facts.js';
import { visibleLine } from '../../terminal-text.js';
import { type Column, columnsText } from './columns.js';
import { type RunDetails, readRunDetails } from './read-run-details.js';
import { figureText, stateText } from './show.js';

export interface DiffArguments {
  readonly runs: readonly [string, string];
  readonly runsDir: string;
  readonly json: boolean;
}

/** A thing that both have, each its own; null where one has none. */
interface Pair {
  readonly name: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Prints the differences; returns the exit code. */
export function diffRuns({ runs, runsDir, json }: DiffArguments, io: Io): number {
  const [left, right] = runs.map((run) => readRunDetails(resolveRun({ run, runsDir }, io.cwd))) as [
    RunDetails,
    RunDetails,
  ];
  const config = pairs(valuesOf(left.config), valuesOf(right.config)).filter(differs);
  const versions = pairs(left.versions, right.versions).filter(differs);
  if (json) {
    const metrics = pairs(finalMetrics(left), finalMetrics(right));
    const names = { left: left.facts.name, right: right.facts.name };
    io.stdout.write(`${JSON.stringify({ ...names, config, versions, metrics }, null, 2)}\n`);
  } else {
    const columns = columnsOf(left, right);
    const width = io.stdout.isTTY ? (io.stdout.columns ?? 80) : null;
    const section = (title: string, some: readonly Pair[], none: string) =>
      some.length === 0
        ? `${title}: ${none}\n`
        : `${title}\n${columnsText(columns, some, width).replace(/^(?=.)/gm, '  ')}`;
    io.stdout.write(
      [
        section('Configuration', config.map(exact), 'the same'),
        section('Versions', versions, 'the same'),
        section(
          'What came of it',
          [...outcomes(left, right), ...pairs(finalFigures(left), finalFigures(right))],
          '',
        ),
      ].join('\n'),
    );
  }
  for (const { facts, problems } of [left, right]) {
    for (const problem of problems) io.stderr.write(`${visibleLine(`${facts.name}: ${problem}`)}\n`);
  }
  return exitCodes.ok;
}

/** Leaves of a configuration, by their dotted keys. */
function valuesOf(config: unknown): Record<string, unknown> {
  return config === null ? {} : Object.fromEntries(flatKeys(config).map(({ key, value }) => [key, value]));
}

/** The figures that reports show, of the last evaluation. */
function finalFigures({ metrics }: RunDetails): Record<string, string> {
  const last = metrics.findLast(({ kind }) => kind === 'eval')?.metrics ?? {};
  return Object.fromEntries(
    figures.flatMap(({ name, label }) => {
      const text = figureText(last, name);
      return text === null ? [] : [[`last ${label}`, text]];
    }),
  );
}

/** All metrics of the last evaluation and of the last training step. */
function finalMetrics({ metrics }: RunDetails): Record<string, number> {
  const last = (kind: string) => metrics.findLast((record) => record.kind === kind)?.metrics ?? {};
  return { ...last('eval'), ...last('train') };
}

function outcomes({ facts: left }: RunDetails, { facts: right }: RunDetails): Pair[] {
  const score = (value: Score | null) =>
    value === null ? null : `${formatNumber(value.return)} (step ${value.step})`;
  return [
    { name: 'state', left: stateText(left), right: stateText(right) },
    { name: 'environment steps', left: left.envSteps, right: right.envSteps },
    { name: 'worked', left: formatDuration(left.seconds), right: formatDuration(right.seconds) },
    { name: 'best return', left: score(left.bestEvaluation), right: score(right.bestEvaluation) },
  ];
}

function pairs(left: Readonly<Record<string, unknown>>, right: Readonly<Record<string, unknown>>): Pair[] {
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Array.from(names, (name) => ({ name, left: left[name] ?? null, right: right[name] ?? null }));
}

/** With all digits. */
function exact({ name, left, right }: Pair): Pair {
  const text = (value: unknown) =>
    value === null || typeof value === 'string' ? value : JSON.stringify(value);
  return { name, left: text(left), right: text(right) };
}

function differs({ left, right }: Pair): boolean {
  return !isDeepStrictEqual(left, right);
}

function columnsOf({ facts: left }: RunDetails, { facts: right }: RunDetails): Column<Pair>[] {
  return [
    { head: '', cell: ({ name }) => visibleLine(name) },
    { head: visibleLine(left.name), cell: (pair) => valueText(pair.left) },
    { head: visibleLine(right.name), cell: (pair) => valueText(pair.right) },
  ];
}

function valueText(value: unknown): string {
  if (value === null) return '-';
  if (typeof value === 'number' && !Number.isInteger(value)) return formatNumber(value);
  return visibleLine(typeof value === 'string' ? value : JSON.stringify(value));
}
