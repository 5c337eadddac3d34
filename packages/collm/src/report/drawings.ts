/** The drawings of a report. A drawing that occurs again refers to the first of its kind, so that reports stay small. */
import type { Picture } from '@collm/envs';
import { volumeSvg } from '../picture/isometric.js';
import { pictureSvg } from '../picture/svg.js';

/** Characters of all drawings of a page. */
const MOST_CHARACTERS = 6_000_000;

export class Drawings {
  readonly #known = new Map<string, string>();
  #characters = 0;

  /** A picture: flat, and where it has a volume, also in space by block and, beside it, by agent. */
  html(picture: Picture): string {
    const space = (['block', 'agent'] as const).flatMap((colourBy) => volumeSvg(picture, { colourBy }) ?? []);
    const drawn = [pictureSvg(picture), ...space];
    const fresh = drawn.filter((svg) => !this.#known.has(svg)).reduce((sum, svg) => sum + svg.length, 0);
    if (this.#characters + fresh > MOST_CHARACTERS) {
      return '<p class="note">A picture was left out to keep this file small.</p>';
    }
    this.#characters += fresh;
    return `<div class="views">${drawn.map((svg) => this.#once(svg)).join('')}</div>`;
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
