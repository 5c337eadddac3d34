import type { Picture } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { Drawings } from './drawings.js';

/** A large square whose first cell tells it from others. */
function picture(side: number, first: string): Picture {
  const rows = Array.from({ length: side }, () =>
    Array.from({ length: side }, () => ({ block: 'stone', target: true })),
  );
  const [top] = rows as [{ block: string; target: boolean }[]];
  top[0] = { block: first, target: true };
  return { caption: first, rows };
}

describe('the drawings of a page', () => {
  it('are drawn once and referred to after that', () => {
    const drawings = new Drawings();
    const [first, again] = [drawings.html(picture(3, 'dirt')), drawings.html(picture(3, 'dirt'))];
    expect(first).toContain('<svg id="drawing-1"');
    expect(again).toContain('<use href="#drawing-1" x="0" y="0" width="42" height="42"/>');
    expect(drawings.html(picture(3, 'glass'))).toContain('id="drawing-2"');
  });

  it('end where there is no more room, but for those that are there already', () => {
    const drawings = new Drawings();
    const html = Array.from({ length: 20 }, (_, index) => drawings.html(picture(200, `block-${index}`)));
    const left = html.filter((one) => one.includes('A picture was left out'));
    expect(left.length).toBeGreaterThan(5);
    expect(left.length).toBeLessThan(20);
    expect(html.join('').length).toBeLessThan(6_100_000);
    expect(drawings.html(picture(200, 'block-0'))).toContain('<use href="#drawing-1"');
    // A small one still fits.
    expect(drawings.html(picture(2, 'dirt'))).toContain('<svg id=');
  });
});
