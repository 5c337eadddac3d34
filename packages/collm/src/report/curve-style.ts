/** How curves are told apart: colours of report.css, and dashes and marks for paper in black and white. */
import { readFileSync } from 'node:fs';

/** Classes `c0` to `c9` of report.css. */
const COLOURS = 10;

const dashes = [
  ...['', '7 4', '2 3', '10 3 2 3', '14 4', '5 2 1 2 1 2'],
  ...['4 2', '12 2 2 2 2 2', '1 2', '9 5 4 5'],
] as const;

/** Marks around a centre, as paths. */
const marks: readonly ((x: string, y: string) => string)[] = [
  (x, y) => `M${x} ${y}m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z`,
  (x, y) => `M${x} ${y}m-3-3h6v6h-6z`,
  (x, y) => `M${x} ${y}m0-4l4 7h-8z`,
  (x, y) => `M${x} ${y}m0-4l4 4-4 4-4-4z`,
  (x, y) => `M${x} ${y}m-3-3l6 6m0-6l-6 6`,
  (x, y) => `M${x} ${y}m-4 0h8m-4-4v8`,
  (x, y) => `M${x} ${y}m0 4l4-7h-8z`,
  (x, y) => `M${x} ${y}m-3-3.5h6l-6 7h6z`,
  (x, y) => `M${x} ${y}m-4.5-1.5h9v3h-9z`,
  (x, y) => `M${x} ${y}m-1.5-4.5h3v9h-3z`,
];

/** Place in dashes and marks: another one in every round of colours, so that no two of a hundred curves look alike. */
const placeOf = (index: number): number => (index + 3 * Math.floor(index / COLOURS)) % COLOURS;

/** Class of a curve's colour. */
export function colourClass(index: number): string {
  return `c${index % COLOURS}`;
}

/** Attribute of a curve's line; empty for a solid one. */
export function dashAttribute(index: number): string {
  const style = dashes[placeOf(index)] as string;
  return style === '' ? '' : ` stroke-dasharray="${style}"`;
}

/** Path of a curve's mark around a centre. */
export function markPath(index: number, x: string, y: string): string {
  return (marks[placeOf(index)] as (x: string, y: string) => string)(x, y);
}

/** The same classes for files that do not have report.css: its colours on white. */
export function fileStyle(): string {
  const sheet = readFileSync(new URL('../../assets/report.css', import.meta.url), 'utf8');
  const colours = [...sheet.matchAll(/\.(c\d+) \{\s*--curve: light-dark\((#[0-9a-f]{6})/g)];
  return [
    'text{font:12px system-ui,sans-serif;fill:#1d2126}',
    '.title{font-weight:600;font-size:14px}.note{font-size:11px;fill:#566069}',
    '.grid,.axis{fill:none;stroke:#d5d9de}.axis{stroke:#566069}',
    '.line{fill:none;stroke-width:2;stroke-linejoin:round}.band{fill-opacity:.13}.seed{fill-opacity:.5}',
    '.points path{fill:none;stroke:none;stroke-width:1.5}.points.shown path{fill:#fff}',
    ...colours.map(
      ([, name, colour]) =>
        `.line.${name},.points.shown.${name} path{stroke:${colour}}.band.${name},.seed.${name}{fill:${colour}}`,
    ),
  ].join('');
}
