/** What a study would run: its grid with trials and budget. */
import { counted } from '../format.js';
import { terminalTable } from '../tables.js';
import type { CheckedTrial } from './check-trials.js';
import { isMade } from './models.js';
import { currentState } from './run-trial.js';
import type { StudyPaths } from './study-folder.js';
import { modelsIn } from './trials.js';
import type { Study } from './types.js';

/** The grid as a table, a row per cell, and what all of it comes to. */
export function dryRunText(study: Study, trials: readonly CheckedTrial[], paths: StudyPaths): string {
  const cells = new Map<string, CheckedTrial[]>();
  for (const trial of trials) cells.set(trial.cell.id, [...(cells.get(trial.cell.id) ?? []), trial]);
  const isDone = (trial: CheckedTrial) => currentState(trial, { study, paths })?.state === 'finished';
  const rows = [...cells.values()].map((own) => {
    const { cell, protocol } = own[0] as CheckedTrial;
    const budget = protocol === null ? String(cell.task.envSteps) : `${protocol}, no training`;
    return [
      ...[cell.task.name, cell.method.name, ...study.axes.map(({ name }) => cell.conditions[name] as string)],
      ...[`${own.length}`, `${own.filter(isDone).length}`, budget],
    ];
  });
  const head = ['task', 'method', ...study.axes.map(({ name }) => name), 'trials', 'done', 'env steps each'];
  const used = new Set(trials.flatMap(({ config }) => modelsIn(config)));
  const models = [...study.models].filter(([name]) => used.has(name));
  const missing = models.filter(([name, recipe]) => !isMade(paths, name, recipe)).map(([name]) => name);
  const trained = trials.filter(({ protocol }) => protocol === null);
  const budget = trained.reduce((sum, { cell }) => sum + cell.task.envSteps, 0);
  const left = trials.filter((trial) => !isDone(trial)).length;
  return [
    terminalTable([head, ...rows]),
    `${counted(cells.size, 'cell')} with ${counted(trials.length, 'trial')}, ${left} still to run; `,
    `${budget} environment steps of training in all.\n`,
    ...(missing.length === 0
      ? []
      : [`To be made first: ${counted(missing.length, 'model')}, ${missing.join(', ')}.\n`]),
  ].join('');
}
