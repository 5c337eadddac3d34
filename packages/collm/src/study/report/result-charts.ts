/** The charts of a study, as data, with the stable names of their files. */
import type { Chart, ChartPoint } from '../../report/charts.js';
import type { RangeChart } from '../../report/range-svg.js';
import {
  blockLabel,
  conditionsLabel,
  groupedOverAxes,
  methodLabel,
  taskLabel,
  tellingAxes,
} from '../analysis/conditions.js';
import type { Block, CellResult, StudyResults } from '../analysis/results.js';
import type { Conditions, Study, StudyAxis, StudyTask } from '../types.js';

/** A chart and the name of its file, without ending. */
export type ResultChart = { readonly name: string } & (
  | { readonly kind: 'curves'; readonly chart: Chart }
  | { readonly kind: 'ranges'; readonly chart: RangeChart }
);

/** Curves and final values of every block that has any, then final values over the levels of every axis. */
export function resultCharts(study: Study, { blocks }: StudyResults): ResultChart[] {
  const played = blocks.filter(({ cells }) => cells.some(({ runs }) => runs.length > 0));
  return [
    ...played.flatMap((block) => curveChart(study, block) ?? []),
    ...played.map((block) => finalChart(study, block)),
    ...tellingAxes(study).flatMap((axis) => axisCharts(study, axis, played)),
  ];
}

function taskOf(study: Study, { task }: Block): StudyTask {
  return study.tasks.find(({ name }) => name === task) as StudyTask;
}

/** `curves-writing-h4`: the names of what tells the block apart. */
function fileName(
  study: Study,
  kind: readonly string[],
  { task, conditions }: Block,
  without: readonly string[] = [],
): string {
  const levels = tellingAxes(study)
    .filter(({ name }) => !without.includes(name))
    .map(({ name }) => conditions[name] ?? '');
  return [...kind, task, ...levels].map((part) => part.replace(/[^\w.]+/g, '_')).join('-');
}

/** A method looks alike in all charts. */
function named(study: Study, method: string): { readonly label: string; readonly style: number } {
  return {
    label: methodLabel(study, method),
    style: study.methods.findIndex(({ name }) => name === method),
  };
}

/** Mean curves; protocols are level lines, as they do not learn. */
function curveChart(study: Study, block: Block): ResultChart | null {
  const { envSteps, metric } = taskOf(study, block);
  const curves = block.cells.flatMap((cell) => {
    const points = cell.protocol ? levelLine(cell, envSteps) : bandPoints(cell);
    return points.length === 0 ? [] : { ...named(study, cell.method), points };
  });
  if (!block.cells.some(({ curve }) => curve.length > 0)) return null;
  const chart = {
    ...{ title: `${blockLabel(study, block)}: ${metric}`, xLabel: 'environment steps', curves },
    note: 'Means over seeds with 95 % bootstrap intervals, up to the common budget.',
  };
  return { name: fileName(study, ['curves'], block), kind: 'curves', chart };
}

function bandPoints({ curve }: CellResult): ChartPoint[] {
  return curve.map(({ envSteps, mean, interval }) => ({ x: envSteps, y: mean, ...interval }));
}

function levelLine({ measures: { final } }: CellResult, envSteps: number): ChartPoint[] {
  return final === null ? [] : [0, envSteps].map((x) => ({ x, y: final.mean }));
}

function finalChart(study: Study, block: Block): ResultChart {
  const { envSteps, metric } = taskOf(study, block);
  const rows = block.cells.flatMap(({ method, measures: { final }, runs }) =>
    final === null
      ? []
      : {
          ...named(study, method),
          ...{ mean: final.mean, ...final.interval },
          values: runs.flatMap(({ values }) => values.final ?? []),
        },
  );
  const chart = {
    ...{ title: `${blockLabel(study, block)}: final values`, xLabel: metric, rows },
    note: `After ${envSteps.toLocaleString('en-US')} environment steps: means over seeds with 95 % bootstrap intervals; a dot is a seed.`,
  };
  return { name: fileName(study, ['final'], block), kind: 'ranges', chart };
}

/** A chart for every task and every choice of the other axes' levels in which two levels of the axis or more were played. */
function axisCharts(study: Study, axis: StudyAxis, blocks: readonly Block[]): ResultChart[] {
  return groupedOverAxes(study, [axis.name], blocks).flatMap((alike) => {
    const [first] = alike;
    if (first === undefined || alike.length < 2) return [];
    return axisChart(study, axis, first, alike);
  });
}

function axisChart(study: Study, axis: StudyAxis, first: Block, alike: readonly Block[]): ResultChart {
  const placeOf = ({ conditions }: { conditions: Conditions }) =>
    axis.levels.findIndex(({ name }) => name === conditions[axis.name]);
  const curves = study.methods.flatMap(({ name }) => {
    const points = alike.flatMap((block): ChartPoint[] => {
      const final = block.cells.find(({ method }) => method === name)?.measures.final;
      return final == null ? [] : [{ x: placeOf(block), y: final.mean, ...final.interval }];
    });
    return points.length === 0 ? [] : { ...named(study, name), points };
  });
  const under = conditionsLabel(study, first.conditions, [axis.name]);
  const { metric } = taskOf(study, first);
  const title = [taskLabel(study, first.task), under, `${metric} by ${axis.label}`];
  const chart = {
    title: title.filter((part) => part !== '').join(', '),
    note: 'Final values: means over seeds with 95 % bootstrap intervals.',
    ...{ xLabel: axis.label, curves },
    places: alike.map((block) => {
      const at = placeOf(block);
      return { at, label: axis.levels[at]?.label ?? '' };
    }),
  };
  return { name: fileName(study, ['axis', axis.name], first, [axis.name]), kind: 'curves', chart };
}
