/** What a study was: its parts, and what it ran on. */
import { counted, formatDuration } from '../../format.js';
import { markLabel } from '../../report/axis.js';
import { flatKeys } from '../../report/config-section.js';
import type { StudyResults } from '../analysis/results.js';
import { allSeeds } from '../grid.js';
import type { CellPattern, ConfigPart, Study, StudyHeader } from '../types.js';
import type { Rows } from './result-tables.js';

/** Facts of the whole as name and value. */
export function studyFacts(study: Study, header: StudyHeader, results: StudyResults): [string, string][] {
  const cells = results.blocks.flatMap((block) => block.cells);
  const ended = cells.reduce((sum, { runs }) => sum + runs.length, 0);
  return [
    ['trials', `${ended} of ${ended + results.unused.length}`],
    ['seeds', allSeeds(study).join(', ')],
    ['wall time', `${formatDuration(header.wallSeconds)}, ${header.jobs} at a time`],
    ['machine', machineText(header)],
    ...Object.entries(header.versions),
  ];
}

/** `Some processor, 2 cores, 8 GB`. */
export function machineText({ hardware: { cpu, cores, memoryGb } }: StudyHeader): string {
  return `${cpu}, ${counted(cores, 'core')}, ${markLabel(Number(memoryGb.toPrecision(3)))} GB`;
}

/** Tasks, methods, axes and models with what each sets. */
export function setupTable(study: Study): Rows {
  return [
    ['part', 'name', 'what it sets'],
    ['all trials', '', configText(study.base)],
    ...[...study.models].map(([name, recipe]) => ['model', name, configText(recipe)]),
    ...study.tasks.map(({ label, config, envSteps, metric, threshold, seeds }) => [
      ...['task', label],
      [
        `${envSteps.toLocaleString('en-US')} env steps, ${metric}`,
        ...(threshold === null ? [] : [`threshold ${markLabel(threshold)}`]),
        ...(seeds === null ? [] : [`seeds ${seeds.join(', ')}`]),
        configText(config),
      ]
        .filter((part) => part !== '')
        .join('; '),
    ]),
    ...study.methods.map(({ label, config, protocol, perTask }) => [
      ...['method', label],
      [
        ...(protocol === null ? [] : [`protocol ${protocol}, not trained`]),
        configText(config),
        ...Object.entries(perTask).map(([task, part]) => `in ${task}: ${configText(part)}`),
      ]
        .filter((part) => part !== '')
        .join('; '),
    ]),
    ...study.axes.flatMap((axis) =>
      axis.levels.map(({ label, config }) => [axis.label, label, configText(config)]),
    ),
    ...study.overrides.map(({ where, config, threshold }) => [
      ...['where', whereText(where)],
      [...(threshold === null ? [] : [`threshold ${markLabel(threshold)}`]), configText(config)]
        .filter((part) => part !== '')
        .join('; '),
    ]),
  ];
}

/** `method magrpo, turns h4 or h8`. */
function whereText(where: CellPattern): string {
  return Object.entries(where)
    .map(([key, values]) => `${key} ${values.join(' or ')}`)
    .join(', ');
}

/** `train.max_steps=2, algorithm.name=magrpo`. */
function configText(config: ConfigPart): string {
  if (Object.keys(config).length === 0) return '';
  return flatKeys(config)
    .map(({ key, value }) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ');
}
