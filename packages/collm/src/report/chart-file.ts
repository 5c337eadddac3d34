/** Charts as SVG files of their own, for pages that show pictures: white ground, title and legend included. */
import { columnsOf, cutColumns, wrapText } from '../terminal-text.js';
import { chartParts, chartSize, chartText, legendSample } from './chart-svg.js';
import type { Chart, Curve } from './charts.js';
import { fileStyle } from './curve-style.js';
import { escapeXml } from './escape.js';
import { type RangeChart, rangeParts, rangeSize, rangeText } from './range-svg.js';

const MARGIN = 8;
const TITLE = 26;
const ENTRY = 17;
const NOTE = 14;
/** Characters that fit a line. */
const [TITLE_COLUMNS, NOTE_COLUMNS] = [62, 84];
/** Pixels of a legend's sample, of a character of its text, and between entries. */
const [SAMPLE, LETTER, GAP] = [44, 7.4, 14];

/** A chart of curves. */
export function chartFile(chart: Chart): string {
  const legend = chart.curves.length < 2 ? [] : legendLines(chart.curves);
  return svgFile(chart, { ...chartSize, parts: chartParts(chart), text: chartText(chart), legend });
}

/** A chart of means with intervals. */
export function rangeFile(chart: RangeChart): string {
  return svgFile(chart, {
    ...rangeSize(chart),
    parts: rangeParts(chart),
    text: rangeText(chart),
    legend: [],
  });
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  /** SVG. */
  readonly parts: string;
  /** The same in words. */
  readonly text: string;
  /** SVG of each line. */
  readonly legend: readonly string[];
}

function svgFile(
  { title, note }: { readonly title: string; readonly note: string },
  { width, height, parts, text, legend }: Drawing,
): string {
  const notes = note === '' ? [] : wrapText(note, NOTE_COLUMNS);
  const legendTop = TITLE + height + 4;
  const noteTop = legendTop + ENTRY * legend.length + 10;
  const [fullWidth, fullHeight] = [width + 2 * MARGIN, noteTop + NOTE * notes.length];
  const body = [
    `<rect width="${fullWidth}" height="${fullHeight}" fill="#fff"/>`,
    `<text class="title" x="${MARGIN}" y="18">${escapeXml(cutColumns(title, TITLE_COLUMNS))}</text>`,
    `<g transform="translate(${MARGIN} ${TITLE})">${parts}</g>`,
    ...legend.map(
      (line, index) => `<g transform="translate(${MARGIN} ${legendTop + ENTRY * index})">${line}</g>`,
    ),
    ...notes.map(
      (line, index) =>
        `<text class="note" x="${MARGIN}" y="${noteTop + NOTE * index}">${escapeXml(line)}</text>`,
    ),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeXml(text)}" ` +
    `width="${fullWidth}" height="${fullHeight}" viewBox="0 0 ${fullWidth} ${fullHeight}">` +
    `<style>${fileStyle()}</style>\n${body.join('\n')}\n</svg>\n`
  );
}

/** Entries one after the other, as many to a line as fit. */
function legendLines(curves: readonly Curve[]): string[] {
  const lines: string[][] = [];
  let x = Number.POSITIVE_INFINITY;
  curves.forEach(({ label, style }, index) => {
    const shown = cutColumns(label, 60);
    const width = SAMPLE + LETTER * columnsOf(shown);
    if (x + width > chartSize.width) {
      lines.push([]);
      x = 0;
    }
    lines
      .at(-1)
      ?.push(
        `<g transform="translate(${x.toFixed(1)} 0)">${legendSample(style ?? index)}<text x="${SAMPLE}" y="10">${escapeXml(shown)}</text></g>`,
      );
    x += width + GAP;
  });
  return lines.map((entries) => entries.join(''));
}
