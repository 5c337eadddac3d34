/** The drawings of a report. A drawing that occurs again refers to the first of its kind, so that reports stay small. */
import type { Picture } from '@collm/envs';
import { volumeSvg } from '../picture/isometric.js';
import { pictureSvg } from '../picture/svg.js';

export class Drawings {
  readonly #known = new Map<string, string>();

  /** A picture: flat, and where it has a volume, also in space by block and, beside it, by agent. */
  html(picture: Picture): string {
    const space = (['block', 'agent'] as const).flatMap((colourBy) => volumeSvg(picture, { colourBy }) ?? []);
    return `<div class="views">${[pictureSvg(picture), ...space].map((svg) => this.#once(svg)).join('')}</div>`;
  }

  #once(svg: string): string {
    const known = this.#known.get(svg);
    if (known === undefined) {
      const id = `drawing-${this.#known.size + 1}`;
      this.#known.set(svg, id);
      return svg.replace('<svg ', `<svg id="${id}" `);
    }
    const attributes = /^<svg [^>]*>/.exec(svg)?.[0] ?? '<svg>';
    const [, left = '0', top = '0'] = / viewBox="(\S+) (\S+) /.exec(attributes) ?? [];
    const size = / viewBox="\S+ \S+ (\S+) (\S+)"/.exec(attributes);
    return `${attributes}<use href="#${known}" x="${left}" y="${top}" width="${size?.[1] ?? 0}" height="${size?.[2] ?? 0}"/></svg>`;
  }
}
