/** `collm runs show`: all that is known of a run, and what can be done with it. */

import type { Metrics } from '@collm/marl';
import { exitCodes } from '../../errors.js';
import { counted, formatBytes, formatDuration, formatNumber } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { type ChangedKey, changedKeys } from '../../report/config-section.js';
import { figures } from '../../report/figures.js';
import type { MetricsRecord } from '../../run-store/records.js';
import { type RunName, resolveRun } from '../../run-store/resolve-run.js';
import type { RunFacts } from '../../run-store/run-facts.js';
import type { SavedCheckpoint } from '../../run-store/saved-checkpoints.js';
import { columnsOf, padColumns, visibleLine } from '../../terminal-text.js';
import { type Column, columnsText } from './columns.js';
import { type RunDetails, readRunDetails } from './read-run-details.js';
import { localTime } from './times.js';

export interface ShowArguments extends RunName {
  readonly json: boolean;
}

/** Prints what is known; returns the exit code. */
export function showRun(given: ShowArguments, io: Io): number {
  const details = readRunDetails(resolveRun(given, io.cwd));
  if (given.json) {
    const { config, problems, ...rest } = details;
    io.stdout.write(`${JSON.stringify({ ...rest, changed: changesOf(config), problems }, null, 2)}\n`);
    return exitCodes.ok;
  }
  const width = io.stdout.isTTY ? (io.stdout.columns ?? 80) : null;
  io.stdout.write(detailsText(details, width, io));
  for (const problem of details.problems) io.stderr.write(`${visibleLine(problem)}\n`);
  return exitCodes.ok;
}

function detailsText(details: RunDetails, width: number | null, io: Io): string {
  const { facts, config, metrics, checkpoints } = details;
  const evaluations = metrics.filter(({ kind }) => kind === 'eval');
  const trained = metrics.findLast(({ kind }) => kind === 'train');
  const parts = [
    `${visibleLine(facts.name)}: ${stateText(facts)}\n\n${factsText(details, io)}`,
    titled(
      'Configuration that differs from the defaults',
      columnsText(changedColumns, changesOf(config), width),
    ),
    evaluations.length === 0
      ? ''
      : titled('Evaluations', columnsText(evaluationColumns(evaluations), evaluations, width)),
    trained === undefined ? '' : titled(`Metrics of step ${trained.step}`, metricsText(trained)),
    checkpoints.length === 0 ? '' : titled('Checkpoints', columnsText(checkpointColumns, checkpoints, width)),
    titled('Next', nextText(facts, checkpoints, shownPath(details.dir, io))),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function changesOf(config: unknown): ChangedKey[] {
  return config === null ? [] : changedKeys(config);
}

function titled(title: string, text: string): string {
  return `${title}\n${text.replace(/^(?=.)/gm, '  ')}`;
}

/** Such as `running (process 12 on host), step 3 of 10`. */
export function stateText({ state, process, step, totalSteps, error }: RunFacts): string {
  const who = process === null ? '' : ` (process ${process.pid} on ${visibleLine(process.host)})`;
  const total = totalSteps === null ? '' : ` of ${totalSteps}`;
  const why = error === null ? '' : `: ${visibleLine(error)}`;
  return `${state}${who}, step ${step}${total}${why}`;
}

function factsText({ facts, bytes, versions, dir }: RunDetails, io: Io): string {
  const rows: Readonly<Record<string, string>> = {
    algorithm: facts.algorithm ?? '?',
    environment: facts.environment ?? '?',
    seed: String(facts.seed ?? '?'),
    started: localTime(facts.created),
    'last record': localTime(facts.updated),
    worked: `${formatDuration(facts.seconds)} in ${counted(facts.attempts, 'attempt')}`,
    'environment steps': String(facts.envSteps),
    folder: `${shownPath(dir, io)} (${formatBytes(bytes)})`,
    versions: Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  };
  const width = Math.max(...Object.keys(rows).map(({ length }) => length));
  return Object.entries(rows)
    .map(([name, value]) => `  ${name.padEnd(width)}  ${visibleLine(value)}\n`)
    .join('');
}

const changedColumns: readonly Column<ChangedKey>[] = [
  { head: 'key', cell: ({ key }) => visibleLine(key) },
  { head: 'value', cell: ({ value }) => visibleLine(value) },
  { head: 'default', cell: ({ usual }) => visibleLine(usual), spare: 1 },
];

/** The figures that reports show, of those that the run has. */
function evaluationColumns(evaluations: readonly MetricsRecord[]): Column<MetricsRecord>[] {
  const own = figures.filter(({ name }) => evaluations.some(({ metrics }) => `eval/${name}` in metrics));
  return [
    { head: 'step', align: 'right', cell: ({ step }) => String(step) },
    { head: 'env steps', align: 'right', cell: ({ env_steps }) => String(env_steps), spare: own.length },
    ...own.map(
      ({ name, label }, place): Column<MetricsRecord> => ({
        head: label,
        align: 'right',
        cell: ({ metrics }) => figureText(metrics, name) ?? '-',
        ...(place === 0 ? {} : { spare: place }),
      }),
    ),
  ];
}

/** The mean of a figure with its standard error; null where an evaluation does not have it. */
export function figureText(metrics: Metrics, name: string): string | null {
  const { [`eval/${name}`]: mean, [`eval/${name}_se`]: error } = metrics;
  if (mean === undefined) return null;
  return error === undefined ? formatNumber(mean) : `${formatNumber(mean)} ± ${formatNumber(error)}`;
}

/** Those of all turns together, in two columns. */
function metricsText({ metrics }: MetricsRecord): string {
  const names = Object.keys(metrics).filter((name) => !/(^|\/)turn_\d/.test(name));
  const cells = names.map((name) => [visibleLine(name), formatNumber(metrics[name] as number)] as const);
  const width = Math.max(0, ...cells.map(([name]) => columnsOf(name)));
  const texts = cells.map(([name, value]) => `${padColumns(name, width)}  ${value.padStart(9)}`);
  const half = Math.ceil(texts.length / 2);
  const rows = texts.slice(0, half).map((left, row) => `${left}    ${texts[half + row] ?? ''}`.trimEnd());
  return `${rows.join('\n')}\n`;
}

const checkpointColumns: readonly Column<SavedCheckpoint>[] = [
  { head: 'checkpoint', cell: ({ name }) => visibleLine(name) },
  { head: 'size', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
  { head: 'saved', cell: ({ saved }) => localTime(saved), spare: 1 },
  { head: '', cell: ({ marks }) => marks.join(', ') },
];

function nextText({ state }: RunFacts, checkpoints: readonly SavedCheckpoint[], run: string): string {
  const live = state === 'running' || state === 'paused';
  const commands: string[] = [];
  if (live)
    commands.push(
      `collm runs ${state === 'paused' ? 'resume' : 'pause'} ${run}`,
      `collm runs save ${run}`,
      `collm runs stop ${run}`,
    );
  else if (state !== 'finished') commands.push(`collm train --resume ${run}`);
  commands.push(`collm samples ${run} --best`);
  if (checkpoints.some(({ marks }) => marks.includes('last'))) {
    commands.push(
      `collm eval ${run}`,
      `collm serve ${run}`,
      `collm export ${run} --agent 0 --to hf --out <folder>`,
    );
  }
  return commands.map((command) => `${command}\n`).join('');
}
