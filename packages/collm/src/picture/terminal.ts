/** Draws pictures in the terminal: blocks in colour, missing letter cells as dim dots. */
import { stripVTControlCharacters } from 'node:util';
import type { Picture, PictureCell } from '@collm/envs';
import { Chalk, type ColorSupportLevel } from 'chalk';
import { blockColour } from './colours.js';

/** Colours that a stream can show: the environment's wish first, then what the terminal can do. */
export interface DrawOptions {
  /** chalk's colour level; 0 draws letters instead of colours. */
  readonly level: ColorSupportLevel;
  /** Columns of the terminal. */
  readonly columns: number;
}

const GAP = '    ';

/** One picture as lines, its caption first. */
export function drawPicture(picture: Picture, options: DrawOptions): string[] {
  const marks = letterMarks([picture]);
  return [
    picture.caption,
    ...picture.rows.map((row) => row.map((cell) => drawCell(cell, marks, options)).join('')),
  ];
}

/** Two pictures, side by side where the terminal is wide enough, else one above the other. */
export function drawSideBySide(
  left: { title: string; picture: Picture },
  right: { title: string; picture: Picture },
  options: DrawOptions,
): string[] {
  const blocks = [left, right].map(({ title, picture }) => [title, ...drawPicture(picture, options)]);
  const [first = [], second = []] = blocks;
  const width = Math.max(...first.map((line) => widthOf(line)));
  if (width + GAP.length + Math.max(...second.map((line) => widthOf(line))) > options.columns) {
    return [...first, '', ...second];
  }
  return Array.from({ length: Math.max(first.length, second.length) }, (_, index) => {
    const line = first[index] ?? '';
    return `${line}${' '.repeat(width - widthOf(line))}${GAP}${second[index] ?? ''}`.trimEnd();
  });
}

/** Which block is which, on one line. */
export function drawLegend(pictures: readonly Picture[], options: DrawOptions): string {
  const marks = letterMarks(pictures);
  const entries = [...marks.keys()].map(
    (block) => `${drawCell({ block, target: true }, marks, options)} ${block}`,
  );
  return [...entries, `${drawCell({ block: null, target: true }, marks, options)} missing`].join('  ');
}

function drawCell(
  { block, target }: PictureCell,
  marks: ReadonlyMap<string, string>,
  { level }: DrawOptions,
): string {
  const chalk = new Chalk({ level });
  if (block === null) return target ? chalk.dim('··') : '  ';
  if (level === 0) return marks.get(block) ?? '??';
  return chalk.hex(blockColour(block))(target ? '██' : '▒▒');
}

/** Two letters per block for terminals without colour: the initials of its name, made different. */
function letterMarks(pictures: readonly Picture[]): Map<string, string> {
  const blocks = new Set(pictures.flatMap(({ rows }) => rows.flat().flatMap(({ block }) => block ?? [])));
  const marks = new Map<string, string>();
  for (const block of [...blocks].sort()) {
    const [first = '?', second = ''] = block.split('_');
    const candidates = [
      `${first[0]}${second[0] ?? first[1] ?? first[0]}`,
      ...Array.from(block, (letter) => `${first[0]}${letter}`),
    ];
    const taken = new Set(marks.values());
    marks.set(block, candidates.find((mark) => !taken.has(mark)) ?? '##');
  }
  return marks;
}

function widthOf(line: string): number {
  return stripVTControlCharacters(line).length;
}
