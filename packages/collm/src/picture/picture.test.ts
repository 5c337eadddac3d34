import { stripVTControlCharacters } from 'node:util';
import type { Picture } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { blockColour } from './colours.js';
import { pictureSvg } from './svg.js';
import { drawLegend, drawPicture, drawSideBySide } from './terminal.js';

const picture: Picture = {
  caption: 'T, turn 1: 2 of 3 cells, 1 stray',
  rows: [
    [
      { block: 'oak_planks', target: true },
      { block: 'obsidian', target: true },
      { block: null, target: true },
    ],
    [
      { block: null, target: false },
      { block: 'stone', target: false },
      { block: null, target: false },
    ],
  ],
};
const empty: Picture = { caption: 'empty', rows: [[{ block: null, target: true }]] };

describe('pictures in the terminal', () => {
  it('are in colour where there is colour: full blocks, dim dots, shaded strays', () => {
    const lines = drawPicture(picture, { level: 3, columns: 80 });
    expect(lines.map(stripVTControlCharacters)).toEqual([picture.caption, '████··', '  ▒▒  ']);
    expect(lines[1]).toContain('\u001b[38;2;169;132;78m██');
    expect(lines[1]).toContain('\u001b[2m··');
  });

  it('are letters elsewhere, with different ones for every block', () => {
    expect(drawPicture(picture, { level: 0, columns: 80 })).toEqual([picture.caption, 'opob··', '  st  ']);
    expect(drawLegend([picture], { level: 0, columns: 80 })).toBe(
      'op oak_planks  ob obsidian  st stone  ·· missing',
    );
    const names = ['stone', 'stone_stairs', 'stonecutter', 'stick'];
    const rows = [names.map((block) => ({ block, target: true }))];
    const [, drawn = ''] = drawPicture({ caption: '', rows }, { level: 0, columns: 80 });
    expect(new Set(drawn.match(/../g)).size).toBe(names.length);
  });

  it('stand side by side if there is room, else below each other', () => {
    const pair = (columns: number) =>
      drawSideBySide({ title: 'before', picture: empty }, { title: 'after', picture }, { level: 0, columns });
    expect(pair(80)).toEqual([
      'before    after',
      `empty     ${picture.caption}`,
      '··        opob··',
      '            st',
    ]);
    expect(pair(20)).toEqual(['before', 'empty', '··', '', 'after', picture.caption, 'opob··', '  st  ']);
  });
});

describe('pictures in reports', () => {
  it('have a square per block, a ring per missing cell and a cross on strays', () => {
    const svg = pictureSvg(picture);
    const pathOf = (what: string) => new RegExp(`<path ${what}[^>]* d="([^"]*)"`).exec(svg)?.[1];
    expect(pathOf('fill="#a9844e"')).toBe('M0 0h13v13h-13z');
    expect(svg.match(/<title>/g)).toHaveLength(3);
    expect(pathOf('class="missing"')?.match(/a2 2/g)).toHaveLength(1);
    expect(pathOf('class="stray"')).toBe('M14 14l13 13m-13 0l13 -13');
    expect(pictureSvg(empty)).not.toContain('stray');
  });

  it('escape names and captions', () => {
    const svg = pictureSvg({ caption: '"><script>', rows: [[{ block: '<b onload="x">', target: true }]] });
    expect(svg).not.toMatch(/<script|<b /);
    expect(svg).toContain('&lt;b onload=&quot;x&quot;&gt;');
  });
});

describe('colours', () => {
  it('know the blocks of the environment, states and dyes, and invent the rest', () => {
    expect(blockColour('stone')).toBe('#8a8a8a');
    expect(blockColour('stone[axis=y]')).toBe('#8a8a8a');
    expect(blockColour('light_blue_wool')).toBe(blockColour('light_blue_concrete'));
    expect(blockColour('light_blue_wool')).not.toBe(blockColour('blue_wool'));
    for (const name of ['mystery"><', 'constructor', '__proto__']) {
      expect(blockColour(name)).toMatch(/^#[0-9a-f]{6}$/);
    }
    expect(blockColour('mystery')).toBe(blockColour('mystery'));
  });
});
