/** Draws pictures as small flat SVG images for reports, and makes files of drawings. */
import type { Picture } from '@collm/envs';
import { escapeXml } from '../report/escape.js';
import { blockColour } from './colours.js';

const CELL = 14;

/** An `<svg>` element: filled cells are blocks, rings are missing letter cells, crossed ones are stray. */
export function pictureSvg(picture: Picture): string {
  const height = picture.rows.length * CELL;
  const width = Math.max(0, ...picture.rows.map((row) => row.length)) * CELL;
  const cells = picture.rows.flatMap((row, y) =>
    row.map(({ block, target }, x) => {
      const [left, top] = [x * CELL, y * CELL];
      if (block === null) {
        return target ? `<circle cx="${left + CELL / 2}" cy="${top + CELL / 2}" r="2" class="missing"/>` : '';
      }
      const title = `<title>${escapeXml(block)}${target ? '' : ' (stray)'}</title>`;
      const square = `<rect x="${left}" y="${top}" width="${CELL - 1}" height="${CELL - 1}" fill="${blockColour(block)}">${title}</rect>`;
      if (target) return square;
      const end = CELL - 1;
      return `${square}<path d="M${left} ${top}l${end} ${end}M${left + end} ${top}l${-end} ${end}" class="stray"/>`;
    }),
  );
  const label = escapeXml(picture.caption);
  return `<svg role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${cells.join('')}</svg>`;
}

/** A drawing as the content of a file of its own; in reports the page's style sheet holds these styles. */
export function svgFile(svg: string): string {
  const style =
    '<style>svg{background:#fff;color:#1d2126}.missing{fill:none;stroke:#5b6570}.stray{fill:none;stroke:#e5484d;stroke-width:2}</style>';
  const [start = '', ...rest] = svg.split('>');
  return `<?xml version="1.0" encoding="UTF-8"?>\n${start.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}>${style}${rest.join('>')}\n`;
}
