/** Means with their intervals, a row each, so that many can be compared at a glance; the same look as chart-svg.ts. */
import { formatNumber } from '../format.js';
import { cutColumns } from '../terminal-text.js';
import { axisOver, markLabel } from './axis.js';
import { colourClass, markPath } from './curve-style.js';
import { escapeXml } from './escape.js';

export interface RangeRow {
  readonly label: string;
  readonly mean: number;
  readonly low?: number;
  readonly high?: number;
  /** What the mean is of, such as a value per seed: small dots. */
  readonly values: readonly number[];
  /** Which colour and mark it has, from 0; its place among the rows where none is given. */
  readonly style?: number;
}

export interface RangeChart {
  readonly title: string;
  /** What the rows mean, in a sentence. */
  readonly note: string;
  readonly xLabel: string;
  /** At least one. */
  readonly rows: readonly RangeRow[];
}

const WIDTH = 480;
const ROW = 24;
const box = { left: 156, right: WIDTH - 16, top: 8, below: 38 };
/** Characters of a label that fit beside the plot. */
const LABEL = 21;

/** Size of a chart in its own units. */
export function rangeSize({ rows }: RangeChart): { readonly width: number; readonly height: number } {
  return { width: WIDTH, height: box.top + ROW * rows.length + box.below };
}

/** A `<figure>` with the title, the chart and what it means. */
export function rangeFigure(chart: RangeChart): string {
  return (
    `<figure class="chart small"><figcaption><strong>${escapeXml(chart.title)}</strong></figcaption>` +
    `${rangeSvg(chart)}${chart.note === '' ? '' : `<p class="note">${escapeXml(chart.note)}</p>`}</figure>`
  );
}

/** The chart alone. Its text alternative has every mean with its interval. */
function rangeSvg(chart: RangeChart): string {
  const { width, height } = rangeSize(chart);
  const label = escapeXml(rangeText(chart));
  return `<svg class="plot" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}">${rangeParts(chart)}</svg>`;
}

/** What a chart shows, in words. */
export function rangeText({ title, rows }: RangeChart): string {
  return `${title}. ${rows.map((row) => `${row.label}: ${valueText(row)}.`).join(' ')}`;
}

/** What is inside of the chart's SVG. */
export function rangeParts(chart: RangeChart): string {
  const { rows, xLabel } = chart;
  const bottom = box.top + ROW * rows.length;
  const axis = axisOver(
    rows.flatMap(({ mean, low = mean, high = mean, values }) => [mean, low, high, ...values]),
    5,
  );
  // Room for marks at both ends.
  const [left, right] = [box.left + 6, box.right - 6];
  const x = (value: number) =>
    (left + ((value - axis.low) / (axis.high - axis.low)) * (right - left)).toFixed(1);
  const marks = axis.marks.map(
    (value) =>
      `<path class="grid" d="M${x(value)} ${box.top}V${bottom}"/>` +
      `<text x="${x(value)}" y="${bottom + 16}" text-anchor="middle">${markLabel(value)}</text>`,
  );
  return [
    ...marks,
    `<path class="axis" d="M${box.left} ${box.top}V${bottom}H${box.right}"/>`,
    `<text x="${(box.left + box.right) / 2}" y="${bottom + 34}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    ...rows.map((row, index) => rowParts(row, index, x)),
  ].join('');
}

function rowParts(row: RangeRow, index: number, x: (value: number) => string): string {
  const { label, mean, low, high, values, style = index } = row;
  const y = box.top + ROW * (index + 0.5);
  const colour = colourClass(style);
  const shown = cutColumns(label, LABEL);
  const dots = values.map((value) => `<circle cx="${x(value)}" cy="${y + 7}" r="1.6"/>`);
  const range =
    low === undefined || high === undefined
      ? ''
      : `<path class="line ${colour}" d="M${x(low)} ${y}H${x(high)}m0-4v8M${x(low)} ${y}m0-4v8"/>`;
  return (
    `<text x="${box.left - 8}" y="${y}" dy=".35em" text-anchor="end">${escapeXml(shown)}</text>` +
    `<g class="seed ${colour}">${dots.join('')}</g>${range}` +
    `<g class="points ${colour} shown"><path d="${markPath(style, x(mean), String(y))}">` +
    `<title>${escapeXml(`${label}: ${valueText(row)}`)}</title></path></g>`
  );
}

function valueText({ mean, low, high }: RangeRow): string {
  const range =
    low === undefined || high === undefined ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`;
  return `${formatNumber(mean)}${range}`;
}
