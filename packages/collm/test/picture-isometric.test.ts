import type { Picture, VolumeBlock } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { volumeSvg } from '../src/picture/isometric.js';
import { pictureSvg, svgFile } from '../src/picture/svg.js';
import { type Side, soundBlocks, visibleFaces } from '../src/picture/visible-faces.js';
import { Drawings } from '../src/report/drawings.js';
import { house } from './picture-house.js';

const at = (x: number, y: number, z: number, block = 'stone', agent: number | null = 0): VolumeBlock => ({
  ...{ x, y, z, block, agent },
});
const picture = (blocks: readonly VolumeBlock[], caption = ''): Picture => ({
  caption,
  rows: [],
  volume: { size: [9, 9, 9], blocks },
});
const svgOf = (blocks: readonly VolumeBlock[], colourBy: 'block' | 'agent' = 'block') =>
  volumeSvg(picture(blocks), { colourBy }) as string;

/** A second way to tell what is seen: from every small patch of every face, walk towards the viewer. */
function walkedTriangles(blocks: readonly VolumeBlock[]): Set<string> {
  const solid = new Set(blocks.map(({ x, y, z }) => `${x},${y},${z}`));
  const seen = new Set<string>();
  // The middle of each triangle's third of a face: two triangles a face, parted where its diagonal goes.
  const patches: [Side, number, [number, number, number]][] = [
    ['top', 0, [0.25, 1, 0.75]],
    ['top', 1, [0.75, 1, 0.25]],
    ['front', 0, [0.25, 0.75, 1]],
    ['front', 1, [0.75, 0.25, 1]],
    ['right', 0, [1, 0.75, 0.25]],
    ['right', 1, [1, 0.25, 0.75]],
  ];
  for (const { x, y, z } of blocks) {
    for (const [side, half, [dx, dy, dz]] of patches) {
      let hidden = false;
      for (let way = 0.01; way < 10 && !hidden; way += 0.02) {
        const [px, py, pz] = [x + dx + way, y + dy + way, z + dz + way];
        hidden = solid.has(`${Math.floor(px)},${Math.floor(py)},${Math.floor(pz)}`);
      }
      if (!hidden) seen.add(`${x},${y},${z} ${side} ${half}`);
    }
  }
  return seen;
}

describe('what can be seen of a build', () => {
  it('of one block is three whole faces, of a row of blocks nothing between them', () => {
    expect(visibleFaces([at(2, 3, 4)]).map(({ side, triangles }) => [side, triangles.length])).toEqual([
      ['top', 2],
      ['front', 2],
      ['right', 2],
    ]);
    const pair = visibleFaces([at(1, 0, 0), at(0, 0, 0)]);
    expect(pair.map(({ block, side }) => `${block.x} ${side}`)).toEqual([
      ...['0 top', '0 front'],
      ...['1 top', '1 front', '1 right'],
    ]);
  });

  it('leaves out blocks that others hide without touching them', () => {
    const faces = visibleFaces([at(0, 0, 0), at(5, 5, 5)]);
    expect(new Set(faces.map(({ block }) => block.x))).toEqual(new Set([5]));
  });

  it('agrees with walking from every face to the viewer, on random builds', () => {
    let random = 7;
    const next = (below: number) => {
      random = (Math.imul(random, 1103515245) + 12345) >>> 0;
      return (random >>> 16) % below;
    };
    for (let build = 0; build < 30; build++) {
      const blocks = soundBlocks({
        size: [5, 5, 5],
        blocks: Array.from({ length: 3 + build * 2 }, () => at(next(5), next(5), next(5))),
      });
      const faces = visibleFaces(blocks);
      const walked = walkedTriangles(blocks);
      expect(faces.reduce((sum, { triangles }) => sum + triangles.length, 0)).toBe(walked.size);
      for (const { block, side, triangles } of faces) {
        const place = `${block.x},${block.y},${block.z} ${side}`;
        expect([0, 1].filter((half) => walked.has(`${place} ${half}`))).toHaveLength(triangles.length);
      }
      const depths = faces.map(({ block }) => block.x + block.y + block.z);
      expect(depths).toEqual([...depths].sort((a, b) => a - b));
    }
  });

  it('knows nothing of blocks outside the box or at broken places; the later of two in a cell stands', () => {
    const broken = [at(9, 0, 0), at(-1, 0, 0), at(0.5, 0, 0), at(Number.NaN, 0, 0)];
    const texts = [
      { ...at(0, 0, 0), x: '"/><script>' },
      { ...at(0, 0, 0), block: 5 },
    ] as unknown as VolumeBlock[];
    const blocks = [...broken, ...texts, at(1, 1, 1, 'dirt'), at(1, 1, 1, 'sand')];
    expect(soundBlocks({ size: [9, 9, 9], blocks })).toEqual([at(1, 1, 1, 'sand')]);
    expect(svgOf(blocks)).not.toContain('script');
  });
});

describe('drawings in space', () => {
  it('draw a rhombus per face, a triangle where half a face is hidden, and the ground', () => {
    const svg = svgOf([at(0, 0, 0)]);
    expect(svg).toContain('d="M-7 -4l7-4 7 4-7 4z"');
    expect(svg).toContain('d="M-7 -4l7 4v8l-7-4z"');
    expect(svg).toContain('d="M0 0l7-4v8l-7 4z"');
    // Of the top of the left one, the block on the right and above hides half.
    expect(svgOf([at(0, 0, 0), at(1, 1, 0)])).toContain('d="M-7 -4l7-4v8z');
    expect(svgOf([]).match(/<path /g)).toHaveLength(1);
  });

  it('tell agents apart by colour and, on paper, by marks; a legend names them', () => {
    const svg = svgOf([at(0, 0, 0, 'stone', 0), at(2, 0, 0, 'stone', 1), at(4, 0, 0, 'dirt', null)], 'agent');
    for (const name of ['agent 1', 'agent 2', 'there before']) expect(svg).toContain(`>${name}</text>`);
    for (const colour of ['#0072b2', '#e69f00', '#b4b4b4']) expect(svg).toContain(colour);
    // Six marks on the second agent's block, two in the legend.
    expect(svg.match(/v2/g)).toHaveLength(8);
    const byBlock = svgOf([at(0, 0, 0, 'stone', 0), at(2, 0, 0, 'dirt', 1)]);
    expect(byBlock).toContain('<title>dirt, agent 2</title>');
    expect(byBlock).toContain('>dirt</text>');
    expect(byBlock).not.toContain('v2');
  });

  it('escape names and captions, keep long ones short and legends bounded', () => {
    const names = ['"><script>', '<b onload="x">', '\u0000\ud800', 'x'.repeat(5000)];
    const blocks = Array.from({ length: 60 }, (_, i) =>
      at(i % 9, 0, Math.floor(i / 9), names[i] ?? `block_${i}`),
    );
    const svg = volumeSvg(picture(blocks, '"><script>'), { colourBy: 'block' }) as string;
    expect(svg).not.toMatch(/<script|<b |x{41}/);
    expect(svg).not.toContain('\u0000');
    expect(svg).not.toMatch(/\p{Cs}/u);
    expect(svg.match(/<text /g)).toHaveLength(9);
    expect(svg).toContain('and 52 more');
  });

  it('of a house take a few kilobytes', () => {
    for (const colourBy of ['block', 'agent'] as const) {
      expect(volumeSvg(house(), { colourBy })?.length).toBeLessThan(8000);
    }
    expect(volumeSvg({ caption: '', rows: [] }, { colourBy: 'block' })).toBeUndefined();
  });

  it('become files with a name space and the styles of the page', () => {
    const file = svgFile(volumeSvg(house(), { colourBy: 'block' }) as string);
    expect(file).toMatch(/^<\?xml [^>]*>\n<svg xmlns="http:\/\/www.w3.org\/2000\/svg" role/);
    expect(file.match(/<svg /g)).toHaveLength(1);
    expect(svgFile(pictureSvg(house()))).toMatch(/<style>[^<]*\.missing[^<]*<\/style><path/);
  });
});

describe('drawings of a report', () => {
  it('are made once: the same again refers to the first', () => {
    const drawings = new Drawings();
    const first = drawings.html(house());
    expect(first.match(/<svg /g)).toHaveLength(3);
    expect(first).not.toContain('<use');
    const again = drawings.html(house());
    expect(
      again.match(/<use href="#drawing-[123]" x="\S+" y="\S+" width="\S+" height="\S+"\/>/g),
    ).toHaveLength(3);
    expect(again.length).toBeLessThan(first.length / 8);
    expect(drawings.html({ caption: '', rows: [[]] }).match(/<svg /g)).toHaveLength(1);
  });
});
