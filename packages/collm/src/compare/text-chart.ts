/** Mean curves of a comparison as a small chart of letters for terminals. */
import { markLabel } from '../report/axis.js';
import type { ComparedGroups, GroupFigures } from './compare-runs.js';
import { stepsText } from './comparison-lines.js';

const ROWS = 10;
const MOST_COLUMNS = 64;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** @param columns width of the terminal */
export function textChart({ metric, groups }: ComparedGroups, columns: number): string {
  const points = groups.flatMap(({ curve }) => curve);
  const [left, right] = ends(points.map(({ envSteps }) => envSteps));
  const [bottom, top] = ends(points.map(({ mean }) => mean));
  const labels = [top, (top + bottom) / 2, bottom].map((value) => markLabel(Number(value.toPrecision(3))));
  const margin = Math.max(...labels.map((label) => label.length));
  const width = Math.max(10, Math.min(MOST_COLUMNS, columns - margin - 3));
  const cells = Array.from({ length: ROWS }, () => new Array<string>(width).fill(' '));
  groups.forEach((group, index) => {
    for (let column = 0; column < width; column++) {
      const value = meanAt(group, left + ((right - left) * column) / (width - 1));
      if (value === null) continue;
      const share = top === bottom ? 0.5 : (top - value) / (top - bottom);
      const row = cells[Math.round(share * (ROWS - 1))] as string[];
      // Where two curves meet, neither hides the other.
      row[column] = row[column] === ' ' ? letter(index) : '*';
    }
  });
  const labelOf = new Map([0, (ROWS - 1) >> 1, ROWS - 1].map((row, index) => [row, labels[index] as string]));
  const body = cells.map(
    (row, index) => `${(labelOf.get(index) ?? '').padStart(margin)} │${row.join('').trimEnd()}`,
  );
  const [first, last] = [stepsText(left), `${stepsText(right)} environment steps`];
  const axis = `${' '.repeat(margin)} └${'─'.repeat(width)}`;
  const scale = `${' '.repeat(margin + 2)}${first}${last.padStart(Math.max(width - first.length, last.length + 1))}`;
  const legend = groups.map(({ name }, index) => `  ${letter(index)}  ${name}`);
  return `${[metric, ...body, axis, scale, ...legend].join('\n')}\n`;
}

/** Linear between the points of the mean curve. */
function meanAt({ curve }: GroupFigures, envSteps: number): number | null {
  const next = curve.findIndex((point) => point.envSteps >= envSteps - 1e-9);
  const above = curve[next];
  if (above === undefined) return null;
  const below = curve[next - 1];
  if (below === undefined) return above.envSteps <= envSteps + 1e-9 ? above.mean : null;
  const share = (envSteps - below.envSteps) / (above.envSteps - below.envSteps);
  return below.mean + share * (above.mean - below.mean);
}

function ends(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

function letter(index: number): string {
  return LETTERS[index % LETTERS.length] as string;
}
