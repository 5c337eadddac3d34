/**
 * Draws charts as SVG that needs no script: curves differ by dashes and marks as well as by colours, so that they read on
 * paper in black and white; each point says its values when pointed at. Colours are in report.css.
 */
import { counted, formatNumber } from '../format.js';
import { type Axis, axisOver, markLabel } from './axis.js';
import type { Chart, ChartPoint, Curve } from './charts.js';
import { escapeHtml } from './escape.js';

const [WIDTH, HEIGHT] = [480, 250];
const box = { left: 58, right: WIDTH - 12, top: 10, bottom: HEIGHT - 38 };
/** With more points than these, marks would hide the line. */
const MOST_MARKS = 40;

/** Classes of colours in report.css. */
const COLOURS = 6;
const dashes = ['', '7 4', '2 3', '10 3 2 3', '14 4', '5 2 1 2 1 2'] as const;

/** Marks around a centre, as paths. */
const marks: readonly ((x: string, y: string) => string)[] = [
  (x, y) => `M${x} ${y}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z`,
  (x, y) => `M${x} ${y}m-3-3h6v6h-6z`,
  (x, y) => `M${x} ${y}m0-4l4 7h-8z`,
  (x, y) => `M${x} ${y}m0-4l4 4-4 4-4-4z`,
  (x, y) => `M${x} ${y}m-3-3l6 6m0-6l-6 6`,
  (x, y) => `M${x} ${y}m-4 0h8m-4-4v8`,
];

/**
 * A `<figure>` with the title, the chart, a legend where there are several curves, and what it means.
 *
 * @param size `large` for the one that matters most
 */
export function chartFigure(chart: Chart, size: 'small' | 'large' = 'small'): string {
  const legend = chart.curves.length < 2 ? '' : legendList(chart.curves);
  return (
    `<figure class="chart ${size}"><figcaption><strong>${escapeHtml(chart.title)}</strong></figcaption>` +
    `${chartSvg(chart)}${legend}${chart.note === '' ? '' : `<p class="note">${escapeHtml(chart.note)}</p>`}</figure>`
  );
}

/** The chart alone. Its text alternative names every curve with its first and last value. */
export function chartSvg({ title, xLabel, curves }: Chart): string {
  const points = curves.flatMap((curve) => curve.points);
  const across = axisOver(
    points.map(({ x }) => x),
    6,
    { whole: true },
  );
  const up = axisOver(
    points.flatMap(({ y, low = y, high = y }) => [y, low, high]),
    5,
  );
  const place = placer(across, up);
  const parts = [
    ...up.marks.map((value) => markUp(value, place(across.low, value).y)),
    ...across.marks.map((value) => markAcross(value, place(value, up.low).x)),
    `<path class="axis" d="M${box.left} ${box.top}V${box.bottom}H${box.right}"/>`,
    `<text x="${(box.left + box.right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escapeHtml(xLabel)}</text>`,
    ...curves.map((curve, index) => bandOf(curve, index, place)),
    ...curves.map((curve, index) => lineOf(curve, index, place)),
    ...curves.map((curve, index) => pointsOf(curve, index, xLabel, place)),
  ];
  const label = escapeHtml(`${title}. ${curves.map(described).join(' ')}`);
  return `<svg class="plot" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${parts.join('')}</svg>`;
}

type Place = (x: number, y: number) => { readonly x: string; readonly y: string };

function placer(across: Axis, up: Axis): Place {
  const share = (value: number, { low, high }: Axis) => (value - low) / (high - low);
  return (x, y) => ({
    x: (box.left + share(x, across) * (box.right - box.left)).toFixed(1),
    y: (box.bottom - share(y, up) * (box.bottom - box.top)).toFixed(1),
  });
}

function markUp(value: number, y: string): string {
  return (
    `<path class="grid" d="M${box.left} ${y}H${box.right}"/>` +
    `<text x="${box.left - 6}" y="${y}" dy=".35em" text-anchor="end">${markLabel(value)}</text>`
  );
}

function markAcross(value: number, x: string): string {
  return (
    `<path class="axis" d="M${x} ${box.bottom}v4"/>` +
    `<text x="${x}" y="${box.bottom + 16}" text-anchor="middle">${markLabel(value)}</text>`
  );
}

function bandOf({ points }: Curve, index: number, place: Place): string {
  const banded = points.filter((point) => point.low !== undefined && point.high !== undefined);
  if (banded.length < 2) return '';
  const edge = (end: 'low' | 'high') =>
    banded.map((point) => {
      const { x, y } = place(point.x, point[end] as number);
      return `${x} ${y}`;
    });
  return `<path class="band c${index % COLOURS}" d="M${[...edge('high'), ...edge('low').reverse()].join('L')}z"/>`;
}

function lineOf({ points }: Curve, index: number, place: Place): string {
  const path = points.map(({ x, y }) => {
    const at = place(x, y);
    return `${at.x} ${at.y}`;
  });
  return `<path class="line c${index % COLOURS}"${dash(index)} d="M${path.join('L')}"/>`;
}

function pointsOf({ label, points }: Curve, index: number, xLabel: string, place: Place): string {
  const shown = points.length <= MOST_MARKS ? ' shown' : '';
  const drawn = points.map((point) => {
    const { x, y } = place(point.x, point.y);
    const text = `${label}, ${markLabel(point.x)} ${xLabel}: ${pointText(point)}`;
    return `<path d="${markOf(index)(x, y)}"><title>${escapeHtml(text)}</title></path>`;
  });
  return `<g class="points c${index % COLOURS}${shown}">${drawn.join('')}</g>`;
}

function legendList(curves: readonly Curve[]): string {
  const entries = curves.map(
    ({ label }, index) =>
      `<li><svg class="sample" aria-hidden="true" viewBox="0 0 40 12" width="40" height="12">` +
      `<path class="line c${index % COLOURS}"${dash(index)} d="M0 6H40"/>` +
      `<g class="points shown c${index % COLOURS}"><path d="${markOf(index)('20', '6')}"/></g></svg>${escapeHtml(label)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function described({ label, points }: Curve): string {
  const [first, last] = [points[0], points.at(-1)] as [ChartPoint, ChartPoint];
  const many = counted(points.length, 'point');
  return `${label}: ${many}, from ${formatNumber(first.y)} at ${markLabel(first.x)} to ${formatNumber(last.y)} at ${markLabel(last.x)}.`;
}

function pointText({ y, low, high }: ChartPoint): string {
  const band =
    low === undefined || high === undefined ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`;
  return `${formatNumber(y)}${band}`;
}

function dash(index: number): string {
  const style = dashes[index % dashes.length] as string;
  return style === '' ? '' : ` stroke-dasharray="${style}"`;
}

function markOf(index: number) {
  return marks[index % marks.length] as (x: string, y: string) => string;
}
