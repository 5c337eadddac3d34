/** Draws pictures as small flat SVG images for reports, and makes files of drawings. */
import type { Picture } from '@collm/envs';
import { escapeXml } from '../report/escape.js';
import { blockColour } from './colours.js';

const CELL = 14;
const SIDE = CELL - 1;

/** An `<svg>` element: filled cells are blocks, rings are missing letter cells, crossed ones are stray. */
export function pictureSvg({ caption, rows }: Picture): string {
  const height = rows.length * CELL;
  const width = Math.max(0, ...rows.map((row) => row.length)) * CELL;
  const squares = new Map<string, { block: string; target: boolean; path: string }>();
  let rings = '';
  let crosses = '';
  rows.forEach((row, y) => {
    row.forEach(({ block, target }, x) => {
      const [left, top] = [x * CELL, y * CELL];
      if (block === null) {
        if (target) rings += `M${left + CELL / 2} ${top + CELL / 2 - 2}a2 2 0 1 0 .01 0z`;
        return;
      }
      const kind = squares.get(`${target} ${block}`) ?? { block, target, path: '' };
      kind.path += `M${left} ${top}h${SIDE}v${SIDE}h${-SIDE}z`;
      squares.set(`${target} ${block}`, kind);
      if (!target) crosses += `M${left} ${top}l${SIDE} ${SIDE}m${-SIDE} 0l${SIDE} ${-SIDE}`;
    });
  });
  const parts = [...squares.values()].map(
    ({ block, target, path }) =>
      `<path fill="${blockColour(block)}" d="${path}"><title>${escapeXml(block)}${target ? '' : ' (stray)'}</title></path>`,
  );
  if (rings !== '') parts.push(`<path class="missing" d="${rings}"/>`);
  if (crosses !== '') parts.push(`<path class="stray" d="${crosses}"/>`);
  return `<svg role="img" aria-label="${escapeXml(caption)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${parts.join('')}</svg>`;
}

/** A drawing as the content of a file of its own; in reports the page's style sheet holds these styles. */
export function svgFile(svg: string): string {
  const style =
    '<style>svg{background:#fff;color:#1d2126}.missing{fill:none;stroke:#5b6570}.stray{fill:none;stroke:#e5484d;stroke-width:2}</style>';
  const [start = '', ...rest] = svg.split('>');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${start.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}>${style}${rest.join('>')}\n`;
}
