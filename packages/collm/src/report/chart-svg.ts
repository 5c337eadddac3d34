/**
 * Draws charts as SVG that needs no script: curves differ by dashes and marks as well as by colours, so that they read on
 * paper in black and white; each point says its values when pointed at. Colours are in report.css.
 */
import { counted, formatNumber } from '../format.js';
import { type Axis, axisOver, markLabel } from './axis.js';
import type { Chart, ChartPoint, Curve } from './charts.js';
import { colourClass, dashAttribute, markPath } from './curve-style.js';
import { escapeXml } from './escape.js';

/** Size of a chart in its own units. */
export const chartSize = { width: 480, height: 250 } as const;
const { width: WIDTH, height: HEIGHT } = chartSize;
const box = { left: 58, right: WIDTH - 12, top: 10, bottom: HEIGHT - 38 };
/** With more points than these, marks would hide the line. */
const MOST_MARKS = 40;

/**
 * A `<figure>` with the title, the chart, a legend where there are several curves, and what it means.
 *
 * @param size `large` for the one that matters most
 */
export function chartFigure(chart: Chart, size: 'small' | 'large' = 'small'): string {
  const legend = chart.curves.length < 2 ? '' : legendList(chart.curves);
  return (
    `<figure class="chart ${size}"><figcaption><strong>${escapeXml(chart.title)}</strong></figcaption>` +
    `${chartSvg(chart)}${legend}${chart.note === '' ? '' : `<p class="note">${escapeXml(chart.note)}</p>`}</figure>`
  );
}

/** The chart alone. Its text alternative names every curve with its first and last value. */
export function chartSvg(chart: Chart): string {
  const label = escapeXml(chartText(chart));
  return `<svg class="plot" role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}">${chartParts(chart)}</svg>`;
}

/** What a chart shows, in words. */
export function chartText({ title, curves, places }: Chart): string {
  return `${title}. ${curves.map((curve) => described(curve, places)).join(' ')}`;
}

/** What is inside of the chart's SVG. */
export function chartParts(chart: Chart): string {
  const { xLabel, curves, places } = chart;
  const points = curves.flatMap((curve) => curve.points);
  const across = axisOver([...points.map(({ x }) => x), ...(places ?? []).map(({ at }) => at)], 6, {
    whole: true,
  });
  const up = axisOver(
    points.flatMap(({ y, low = y, high = y }) => [y, low, high]),
    5,
  );
  const place = placer(across, up);
  const parts = [
    ...up.marks.map((value) => markUp(value, place(across.low, value).y)),
    ...(places ?? across.marks.map((at) => ({ at, label: markLabel(at) }))).map(({ at, label }, index, all) =>
      markAcross(label, place(at, up.low).x, places === undefined ? 'middle' : anchorOf(index, all.length)),
    ),
    `<path class="axis" d="M${box.left} ${box.top}V${box.bottom}H${box.right}"/>`,
    `<text x="${(box.left + box.right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escapeXml(xLabel)}</text>`,
    ...curves.map((curve, index) => bandOf(curve, curve.style ?? index, place)),
    ...curves.map((curve, index) => lineOf(curve, curve.style ?? index, place)),
    ...curves.map((curve, index) => pointsOf(curve, curve.style ?? index, chart, place)),
  ];
  return parts.join('');
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

/** Names are longer than numbers; those at the ends stay within the chart. */
function anchorOf(index: number, count: number): string {
  if (count === 1) return 'middle';
  return index === 0 ? 'start' : index === count - 1 ? 'end' : 'middle';
}

function markAcross(label: string, x: string, anchor: string): string {
  return (
    `<path class="axis" d="M${x} ${box.bottom}v4"/>` +
    `<text x="${x}" y="${box.bottom + 16}" text-anchor="${anchor}">${escapeXml(label)}</text>`
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
  return `<path class="band ${colourClass(index)}" d="M${[...edge('high'), ...edge('low').reverse()].join('L')}z"/>`;
}

function lineOf({ points }: Curve, index: number, place: Place): string {
  const path = points.map(({ x, y }) => {
    const at = place(x, y);
    return `${at.x} ${at.y}`;
  });
  return `<path class="line ${colourClass(index)}"${dashAttribute(index)} d="M${path.join('L')}"/>`;
}

function pointsOf({ label, points }: Curve, index: number, { xLabel, places }: Chart, place: Place): string {
  const shown = points.length <= MOST_MARKS ? ' shown' : '';
  const drawn = points.map((point) => {
    const { x, y } = place(point.x, point.y);
    const where = places === undefined ? `${markLabel(point.x)} ${xLabel}` : placeName(point.x, places);
    const text = `${label}, ${where}: ${pointText(point)}`;
    return `<path d="${markPath(index, x, y)}"><title>${escapeXml(text)}</title></path>`;
  });
  return `<g class="points ${colourClass(index)}${shown}">${drawn.join('')}</g>`;
}

/** A short piece of a curve's line with its mark, 40 wide and 12 high. */
export function legendSample(index: number): string {
  return (
    `<path class="line ${colourClass(index)}"${dashAttribute(index)} d="M0 6H40"/>` +
    `<g class="points shown ${colourClass(index)}"><path d="${markPath(index, '20', '6')}"/></g>`
  );
}

function legendList(curves: readonly Curve[]): string {
  const entries = curves.map(
    ({ label, style }, index) =>
      `<li><svg class="sample" aria-hidden="true" viewBox="0 0 40 12" width="40" height="12">` +
      `${legendSample(style ?? index)}</svg>${escapeXml(label)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function described({ label, points }: Curve, places: Chart['places']): string {
  const [first, last] = [points[0], points.at(-1)] as [ChartPoint, ChartPoint];
  const many = counted(points.length, 'point');
  return `${label}: ${many}, from ${formatNumber(first.y)} at ${placeName(first.x, places)} to ${formatNumber(last.y)} at ${placeName(last.x, places)}.`;
}

function placeName(x: number, places: Chart['places']): string {
  return places?.find(({ at }) => at === x)?.label ?? markLabel(x);
}

function pointText({ y, low, high }: ChartPoint): string {
  const band =
    low === undefined || high === undefined ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`;
  return `${formatNumber(y)}${band}`;
}
