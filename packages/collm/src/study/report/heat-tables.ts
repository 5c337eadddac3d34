/** Final values over two axes of conditions as shaded tables. */
import { overSeedsText } from '../../compare/comparison-lines.js';
import { type Cell, tableHtml } from '../../report/page.js';
import {
  conditionsLabel,
  groupedOverAxes,
  methodLabel,
  taskLabel,
  tellingAxes,
} from '../analysis/conditions.js';
import type { Block, CellResult } from '../analysis/results.js';
import type { Study, StudyAxis } from '../types.js';
import { NONE } from './result-text.js';

/** Classes `h0` to `h4` of report.css. */
const SHADES = 5;

/** A table for every pair of axes, task, choice of the other axes' levels, and method. */
export function heatTables(study: Study, blocks: readonly Block[]): string {
  const axes = tellingAxes(study);
  const pairs = axes.flatMap((down, index) => axes.slice(index + 1).map((across) => ({ down, across })));
  const tables = pairs.flatMap(({ down, across }) =>
    groupedOverAxes(study, [down.name, across.name], blocks).flatMap((alike) =>
      tablesOf(study, down, across, alike),
    ),
  );
  return tables.length === 0 ? '' : `<div class="charts">${tables.join('\n')}</div>`;
}

function tablesOf(study: Study, down: StudyAxis, across: StudyAxis, alike: readonly Block[]): string[] {
  const cellAt = (row: string, column: string, method: string): CellResult | undefined =>
    alike
      .find(({ conditions }) => conditions[down.name] === row && conditions[across.name] === column)
      ?.cells.find((cell) => cell.method === method);
  const finals = alike.flatMap(({ cells }) => cells.flatMap(({ measures }) => measures.final?.mean ?? []));
  const [low, high] = [Math.min(...finals), Math.max(...finals)];
  const shade = (value: number) =>
    high > low ? Math.min(SHADES - 1, Math.floor((SHADES * (value - low)) / (high - low))) : 0;
  const { task, conditions } = alike[0] as Block;
  const under = conditionsLabel(study, conditions, [down.name, across.name]);
  return study.methods.flatMap(({ name }) => {
    if (!alike.some(({ cells }) => cells.some(({ method, runs }) => method === name && runs.length > 0))) {
      return [];
    }
    const rows = down.levels.map((row): Cell[] => [
      row.label,
      ...across.levels.map((column): Cell => {
        const final = cellAt(row.name, column.name, name)?.measures.final;
        return final == null ? NONE : { text: overSeedsText(final), className: `h${shade(final.mean)}` };
      }),
    ]);
    const caption = [taskLabel(study, task), under, methodLabel(study, name)].filter((part) => part !== '');
    const head = [`${down.label} \\ ${across.label}`, ...across.levels.map(({ label }) => label)];
    return [tableHtml(`${caption.join(', ')}: final values`, head, rows)];
  });
}
