/** Draws builds in space as SVG: an isometric view from the upper front right, coloured by block or by agent. */
import type { Picture, Volume, VolumeBlock } from '@collm/envs';
import { escapeXml } from '../report/escape.js';
import { blockColour, brightness, shaded } from './colours.js';
import { type Side, soundBlocks, type Triangle, type VisibleFace, visibleFaces } from './visible-faces.js';

/** What the colours stand for. */
export type ColourBy = 'block' | 'agent';

export interface VolumeSvgOptions {
  readonly colourBy: ColourBy;
}

/** Screen units per column and per row of the grid of triangles: 7 to 4 is within 1.1 % of the true isometric angle. */
const [COLUMN, ROW] = [7, 4];
const MARGIN = 4;
/** Lines of the legend in its own units, and how many pixels such a unit has. */
const LEGEND_LINE = 10;
const LEGEND_SCALE = 1.6;
const LEGEND_ENTRIES = 8;
const LONGEST_NAME = 40;

/** Okabe and Ito's colours, which people who confuse colours can tell apart; the first two differ in brightness too. */
const agentColours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442'] as const;
const nobodysColour = '#b4b4b4';
const light: Readonly<Record<Side, number>> = { top: 0.3, front: 0, right: -0.3 };

/**
 * An `<svg>` element of the picture's volume; undefined where it has none. Coloured by agent, faces also bear a mark
 * of the agent's (none, upright lines, dots, level lines), so that the drawing reads without colours.
 */
export function volumeSvg({ caption, volume }: Picture, { colourBy }: VolumeSvgOptions): string | undefined {
  if (volume === undefined) return undefined;
  const [sizeX, sizeY, sizeZ] = volume.size;
  const blocks = soundBlocks(volume);
  const kinds = kindsOf(visibleFaces(blocks));
  const legend = legendOf(blocks, colourBy);
  const left = -sizeZ * COLUMN - MARGIN;
  const top = -2 * sizeY * ROW - MARGIN;
  const drawn = (sizeX + sizeZ) * COLUMN + 2 * MARGIN;
  const bottom = (sizeX + sizeZ) * ROW + MARGIN;
  const scale = Math.min(2.5, Math.max(1, 260 / drawn));
  const legendScale = LEGEND_SCALE / scale;
  const width = Math.max(drawn, legendScale * legendWidth(legend));
  const height = bottom - top + legendScale * LEGEND_LINE * legend.length;
  const entries = legend.map((entry, line) => drawLegend(entry, line * LEGEND_LINE)).join('');
  const parts = [
    floor(volume),
    ...kinds.map((kind) => drawKind(kind, colourBy)),
    `<g transform="translate(${left + MARGIN} ${bottom}) scale(${rounded(legendScale)})">${entries}</g>`,
  ];
  return (
    `<svg role="img" aria-label="${escapeXml(caption)}, by ${colourBy}" viewBox="${left} ${top} ${rounded(width)} ${rounded(height)}" ` +
    `width="${Math.round(width * scale)}" height="${Math.round(height * scale)}" stroke-linejoin="round">${parts.join('')}</svg>`
  );
}

/** What is seen of the blocks of one name that one agent placed. */
interface Kind {
  readonly block: string;
  readonly agent: number | null;
  readonly faces: VisibleFace[];
}

function kindsOf(faces: readonly VisibleFace[]): Kind[] {
  const kinds = new Map<string, Kind>();
  for (const face of faces) {
    const { block } = face.block;
    const agent = agentOf(face.block);
    const key = `${agent} ${block}`;
    const kind = kinds.get(key) ?? { block, agent, faces: [] };
    kind.faces.push(face);
    kinds.set(key, kind);
  }
  return [...kinds.values()];
}

function drawKind({ block, agent, faces }: Kind, colourBy: ColourBy): string {
  const colour = colourBy === 'block' ? blockColour(block) : agentColour(agent);
  const edge = edgeOn(colour);
  const sides = (['top', 'front', 'right'] as const).map((side) => {
    const outlines = faces.filter((face) => face.side === side).map(outline);
    return outlines.length === 0
      ? ''
      : `<path fill="${shaded(colour, light[side])}" d="${outlines.join('')}"/>`;
  });
  const marks = colourBy === 'agent' ? marksOf(agent, faces) : '';
  const title = `<title>${escapeXml(`${shortened(block)}, ${agentName(agent)}`)}</title>`;
  return `<g stroke="${edge}" stroke-width=".5">${title}${sides.join('')}${marks}</g>`;
}

/** The path around what is seen of a face. */
function outline({ side, triangles }: VisibleFace): string {
  const [first, second] = triangles;
  if (first === undefined) return '';
  if (second === undefined) {
    const { column, middle } = first;
    return pointsLeft(first) ? `M${point(column, middle)}l7-4v8z` : `M${point(column + 1, middle)}l-7-4v8z`;
  }
  // Of the two triangles of a face, the first is the left or the upper one.
  if (side === 'top') return `M${point(first.column, first.middle)}l7-4 7 4-7 4z`;
  if (side === 'front') return `M${point(first.column, first.middle - 1)}l7 4v8l-7-4z`;
  return `M${point(first.column, first.middle)}l7-4v8l-7 4z`;
}

/** Marks that tell agents apart without colours, one in every triangle. */
function marksOf(agent: number | null, faces: readonly VisibleFace[]): string {
  const mark = agent === null ? undefined : agentMarks[agent % agentMarks.length];
  if (mark === undefined) return '';
  const path = faces.flatMap(({ triangles }) => triangles.map(mark)).join('');
  return markPath(path);
}

function markPath(path: string): string {
  return `<path fill="none" stroke="#000" stroke-width="1.2" stroke-linecap="round" d="${path}"/>`;
}

const agentMarks: readonly (((triangle: Triangle) => string) | undefined)[] = [
  undefined,
  ({ column, middle }) => `M${point(column + 0.5, middle - 0.25)}v2`,
  ({ column, middle }) => `M${point(column + 0.5, middle)}h0`,
  ({ column, middle }) => `M${point(column + 0.3, middle)}h3`,
];

/** The edges of the ground, so that it shows where a build stands, and that nothing was built. */
function floor({ size: [x, , z] }: Volume): string {
  const [along, across] = [`${COLUMN * x} ${ROW * x}`, `${-COLUMN * z} ${ROW * z}`];
  return `<path fill="none" stroke="currentColor" stroke-opacity=".35" stroke-width=".5" d="M0 0l${along}l${across}l${-COLUMN * x} ${-ROW * x}z"/>`;
}

interface LegendEntry {
  readonly name: string;
  readonly colour: string | null;
  readonly agent: number | null;
}

function legendOf(blocks: readonly VolumeBlock[], colourBy: ColourBy): LegendEntry[] {
  const entries = new Map<string, LegendEntry>();
  for (const one of blocks) {
    const agent = agentOf(one);
    const name = colourBy === 'block' ? shortened(one.block) : agentName(agent);
    const colour = colourBy === 'block' ? blockColour(one.block) : agentColour(agent);
    entries.set(name, { name, colour, agent: colourBy === 'block' ? null : agent });
  }
  const sorted = [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (sorted.length <= LEGEND_ENTRIES) return sorted;
  const more = { name: `and ${sorted.length - LEGEND_ENTRIES} more`, colour: null, agent: null };
  return [...sorted.slice(0, LEGEND_ENTRIES), more];
}

function drawLegend({ name, colour, agent }: LegendEntry, top: number): string {
  const text = `<text x="18" y="${top + 6.5}" font-family="sans-serif" font-size="7" fill="currentColor">${escapeXml(name)}</text>`;
  if (colour === null) return text;
  const mark = agent === null ? undefined : agentMarks[agent % agentMarks.length];
  const marks = [0, 1].map((column) => mark?.({ column, middle: (top + 4) / ROW }) ?? '').join('');
  const drawn = marks === '' ? '' : markPath(marks);
  return `<rect y="${top}" width="14" height="8" fill="${colour}" stroke="${edgeOn(colour)}" stroke-width=".5"/>${drawn}${text}`;
}

function legendWidth(legend: readonly LegendEntry[]): number {
  return Math.max(0, ...legend.map(({ name }) => 18 + 4.2 * name.length)) + 2 * MARGIN;
}

function pointsLeft({ column, middle }: Triangle): boolean {
  return (column + middle) % 2 === 0;
}

function point(column: number, row: number): string {
  return `${COLUMN * column} ${ROW * row}`;
}

function rounded(value: number): number {
  return Number(value.toFixed(2));
}

/** Edges must show on dark blocks as well as on light ones. */
function edgeOn(colour: string): string {
  return brightness(colour) < 0.3 ? shaded(colour, 0.45) : shaded(colour, -0.6);
}

function agentOf({ agent }: VolumeBlock): number | null {
  return Number.isSafeInteger(agent) && (agent as number) >= 0 ? agent : null;
}

function agentColour(agent: number | null): string {
  return agent === null ? nobodysColour : (agentColours[agent % agentColours.length] as string);
}

function agentName(agent: number | null): string {
  return agent === null ? 'there before' : `agent ${agent + 1}`;
}

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}
