/** The tables of a study as text: the first row is the head. Labels are as the study has them; writers escape them. */
import { overSeedsText, percentText, stepsText } from '../../compare/comparison-lines.js';
import { markLabel } from '../../report/axis.js';
import { blockLabel, cellLabel, conditionsLabel, methodLabel, taskLabel } from '../analysis/conditions.js';
import type { Block, StudyResults } from '../analysis/results.js';
import type { Measure, Study } from '../types.js';
import { claimSeeds, claimText, expectationText, measureText, NONE, samplesText } from './result-text.js';

/** Rows of cells; the first row is the head, the first column names the rows. */
export type Rows = readonly (readonly string[])[];

/** Every measure of the methods of a block. */
export function blockTable(study: Study, block: Block): Rows {
  const task = study.tasks.find(({ name }) => name === block.task);
  const { threshold } = block;
  const steps = stepsText(task?.envSteps ?? 0);
  return [
    [
      ...['method', 'seeds', `${task?.metric} at ${steps} env steps`, 'mean height of the curve'],
      ...(threshold === null ? [] : [`env steps to ${markLabel(threshold)}`]),
    ],
    ...block.cells.map((cell) => [
      methodLabel(study, cell.method),
      cell.unused.length === 0
        ? String(cell.runs.length)
        : `${cell.runs.length} of ${cell.runs.length + cell.unused.length}`,
      measureText('final', cell.measures.final),
      measureText('area', cell.measures.area),
      ...(threshold === null ? [] : [samplesText(cell)]),
    ]),
  ];
}

/** One measure of all methods of a task, a column for every block. */
export function measureTable(study: Study, blocks: readonly Block[], measure: Measure): Rows {
  const names = study.methods.map(({ name }) => name);
  const played = names.filter((name) =>
    blocks.some(({ cells }) => cells.some(({ method }) => method === name)),
  );
  return [
    ['method', ...blocks.map(({ conditions }) => conditionsLabel(study, conditions) || measure)],
    ...played.map((name) => [
      methodLabel(study, name),
      ...blocks.map(({ cells }) => {
        const cell = cells.find(({ method }) => method === name);
        if (cell === undefined) return NONE;
        return measure === 'samples' ? samplesText(cell) : measureText(measure, cell.measures[measure]);
      }),
    ]),
  ];
}

/** Every pair of methods of a block. */
export function pairTable(study: Study, { pairs }: Block): Rows {
  return [
    ['first - second', 'difference of final values', 'P(first is higher)', 'shown'],
    ...pairs.map(({ first, second, difference, improvement, verdict }) => [
      `${methodLabel(study, first)} - ${methodLabel(study, second)}`,
      overSeedsText(difference, true),
      overSeedsText(improvement),
      { higher: 'higher', lower: 'lower', open: 'may be chance', fewSeeds: 'too few seeds' }[verdict],
    ]),
  ];
}

/** Improvement over tasks. */
export function improvementTable(study: Study, { acrossTasks }: StudyResults): Rows {
  const conditioned = acrossTasks.some(({ conditions }) => conditionsLabel(study, conditions) !== '');
  return [
    ['first over second', ...(conditioned ? ['conditions'] : []), 'tasks', 'P(first is higher)'],
    ...acrossTasks.map(({ conditions, first, second, tasks, improvement }) => [
      `${methodLabel(study, first)} over ${methodLabel(study, second)}`,
      ...(conditioned ? [conditionsLabel(study, conditions)] : []),
      tasks.map((task) => taskLabel(study, task)).join(', '),
      overSeedsText(improvement),
    ]),
  ];
}

/** Claims with their verdicts. */
export function claimTable(study: Study, { claims, confidence }: StudyResults): Rows {
  return [
    [
      ...['claim', 'compared', 'expected', `difference, ${percentText(confidence)} interval`],
      ...['seeds', 'verdict', 'note'],
    ],
    ...claims.map((result) => {
      const { claim, verdict, reason } = result;
      const sides = [claim.first, claim.second].map((cell) => cellLabel(study, cell));
      return [
        claim.text,
        `${claim.measure}, ${taskLabel(study, claim.task)}: ${sides.join(' - ')}`,
        expectationText(result),
        claimText(result),
        claimSeeds(result),
        ...[verdict, reason],
      ];
    }),
  ];
}

/** Names of all metrics of training that some cell has, in alphabetical order. */
export function diagnosticNames({ blocks }: Pick<StudyResults, 'blocks'>): string[] {
  const names = blocks.flatMap(({ cells }) => cells.flatMap(({ diagnostics }) => Object.keys(diagnostics)));
  return [...new Set(names)].sort();
}

/** One metric of training in every cell that has it. */
export function diagnosticTable(study: Study, blocks: readonly Block[], metric: string): Rows {
  return [
    ['cell', 'seeds', 'all steps', 'last quarter'],
    ...blocks.flatMap((block) =>
      block.cells.flatMap(({ method, diagnostics }) => {
        const found = Object.hasOwn(diagnostics, metric) ? diagnostics[metric] : undefined;
        if (found === undefined) return [];
        const { whole, late, values } = found;
        const name = `${blockLabel(study, block)}: ${methodLabel(study, method)}`;
        return [[name, String(values.whole.length), overSeedsText(whole), late ? overSeedsText(late) : NONE]];
      }),
    ),
  ];
}
