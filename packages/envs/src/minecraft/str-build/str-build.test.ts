import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setBlockText } from '../commands.js';
import { boxCells, isTarget, type StrBuildItem, targetCells } from './item.js';
import { paperStrBuildBlocks, type StrBuildOptions } from './settings.js';
import { StrBuild } from './str-build.js';

function start(options: StrBuildOptions = {}): { env: StrBuild; item: StrBuildItem } {
  const env = new StrBuild({ words: ['L'], ...options });
  const item = env.trainItems[0];
  if (item === undefined) throw new Error('no item');
  return { env, item };
}

function play(options: StrBuildOptions, responses: string[]) {
  const { env, item } = start(options);
  return env.step(env.reset(item), responses);
}

const example = [
  '/setblock 0 0 0 stone\n/setblock 0 1 0 stone\n/setblock 0 2 0 oak_planks\n/setblock 1 1 0 oak_planks',
  '/setblock 1 0 0 obsidian\n/setblock 2 0 0 obsidian\n/setblock 0 4 0 white_concrete',
];

/** A checkerboard of four textures: the best there is. */
const perfect = [
  '0 4 0 oak_planks|0 2 0 stone|0 0 0 oak_planks|2 0 0 stone|4 0 0 oak_planks',
  '0 3 0 obsidian|0 1 0 white_concrete|1 0 0 obsidian|3 0 0 obsidian',
].map((commands) => commands.replaceAll(/^|\|/g, '\n/setblock '));

describe('step', () => {
  it('scores the worked example', () => {
    const result = play({}, example);
    expect(result.reward).toBe(0.90625);
    expect(result.processedReward).toBe(0.90625 - 2);
    expect(result.components).toEqual({ coverage: 12 / 9, extra: -1.5 / 16, adjacency: -2 / 6, palette: 0 });
    expect(result.metrics).toEqual({
      iou: 0.6,
      coverage: 6 / 9,
      extra_ratio: 1 / 16,
      adj_ratio: 2 / 6,
      missing_palettes: 0,
      covered: 6,
      extra: 1,
      agent_1_accepted: 4,
      agent_1_rejected: 0,
      agent_2_accepted: 3,
      agent_2_rejected: 0,
    });
  });

  it('gives −0.5 for nothing, −3 at worst and 2 at best', () => {
    expect(play({}, ['', '']).reward).toBe(-0.5);
    expect(play({}, perfect).reward).toBe(2);
    const { env, item } = start();
    const background = boxCells(item).filter((cell) => !isTarget(item, cell));
    const worst = background.map((cell) => setBlockText(cell, 'stone')).join('\n');
    expect(env.step(env.reset(item), [worst, '']).reward).toBe(-3);
    expect(env.rewardRange).toEqual([-3, 2]);
  });

  it('carries out agent 1 before agent 2, and air erases', () => {
    const result = play({}, [
      '/setblock 0 0 0 stone\n/setblock 0 1 0 stone',
      '/setblock 0 0 0 air\n/setblock 0 1 0 obsidian',
    ]);
    expect(result.info.world).toEqual([[0, 1, 0, 'obsidian']]);
  });

  it('starts from an empty world at every turn', () => {
    const { env, item } = start();
    const built = env.step(
      env.reset(item),
      perfect.map((text) => text.replace('0 4 0', '0 3 0')),
    ).state;
    expect(env.step(built, ['', '']).reward).toBe(-0.5);
  });

  it('reports accepted and rejected lines as JSON', () => {
    const { info } = play({}, ['1. setblock 0 0 0 minecraft:stone\nhello', '']);
    expect(info).toEqual({
      agents: [
        {
          accepted: ['/setblock 0 0 0 stone'],
          rejected: [{ line: 'hello', reason: 'unsupported command: hello' }],
        },
        { accepted: [], rejected: [] },
      ],
      world: [[0, 0, 0, 'stone']],
      box: { from: [0, 0, 0], to: [4, 4, 0] },
    });
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  });

  it('counts the palette penalty by what stands, whoever placed it', () => {
    const blocks = [
      ['stone', 'dirt'],
      ['dirt', 'stone'],
    ];
    expect(
      play({ blocks }, ['/setblock 0 0 0 stone\n/setblock 2 2 0 dirt', '']).metrics.missing_palettes,
    ).toBe(0);
    expect(play({ blocks }, ['/setblock 0 0 0 stone', '']).components.palette).toBe(-0.5);
  });

  it('compares textures, or colours as at the time of the paper', () => {
    const blocks = paperStrBuildBlocks;
    const pair = ['/setblock 0 0 0 black_concrete', '/setblock 1 0 0 white_concrete'];
    expect(play({ blocks }, pair).metrics.adj_ratio).toBe(1);
    expect(play({ blocks, adjacencyBy: 'colour' }, pair).metrics.adj_ratio).toBe(0);
  });

  it('trains on all ten words in the preset of the paper, whose neighbours differ by colour', () => {
    const env = new StrBuild({ preset: 'paper' });
    expect([env.trainItems.length, env.evalItems.length]).toEqual([10, 0]);
    const item = env.trainItems[3] as StrBuildItem;
    const pair = ['/setblock 0 0 0 black_concrete', '/setblock 1 0 0 white_concrete'];
    expect(env.step(env.reset(item), pair).metrics).toMatchObject({ adj_ratio: 0, missing_palettes: 2 });
  });

  it('plays one agent with the whole budget and its own palette', () => {
    const { env } = start({ numAgents: 1 });
    expect(env.rewardRange).toEqual([-2.75, 2]);
    expect(play({ numAgents: 1, maxCommands: 3 }, [example[0] ?? '']).metrics).toMatchObject({
      agent_1_accepted: 3,
      agent_1_rejected: 1,
      missing_palettes: 0,
    });
  });

  it('handles a word without any letter', () => {
    expect(play({ words: ['7'] }, ['/setblock 0 0 0 stone', '']).metrics).toMatchObject({
      coverage: 0,
      iou: 0,
    });
  });

  it('wants one response per agent', () => {
    expect(() => play({}, [''])).toThrow(/1 responses, but StrBuild has 2 agents/);
  });

  it('applies scale, then shift', () => {
    expect(play({ rewardScale: 2, rewardShift: 1 }, ['', '']).processedReward).toBe(0);
  });
});

describe('turns', () => {
  it('end after the last one', () => {
    const { env, item } = start({ numTurns: 2 });
    const first = env.step(env.reset(item), ['', '']);
    expect([first.terminated, first.endedBy, first.state.turn]).toEqual([false, null, 2]);
    const second = env.step(first.state, ['', '']);
    expect([second.terminated, second.endedBy]).toEqual([true, 'last_turn']);
  });

  it('end early above the threshold, not at it', () => {
    const outcome = (threshold: number | null) => play({ earlyTerminationThreshold: threshold }, perfect);
    expect(outcome(-0.1)).toMatchObject({ processedReward: 0, terminated: true, endedBy: 'threshold' });
    expect(outcome(0)).toMatchObject({ terminated: false, endedBy: null });
    expect(outcome(null).terminated).toBe(false);
    expect(play({}, example).terminated).toBe(false);
  });

  it('leave earlier states as they were, so that episodes can branch', () => {
    const { env, item } = start();
    const state = env.reset(item);
    const seen = env.observe(state);
    env.step(state, example);
    expect(env.observe(state)).toEqual(seen);
    expect(env.step(state, ['', '']).reward).toBe(-0.5);
  });

  it('find the task by identity: words that share a first prompt keep their own targets', () => {
    const env = new StrBuild({ target: 'hidden', words: ['I', 'L'] });
    const [i, l] = env.trainItems.map((item) => env.reset(item));
    if (i === undefined || l === undefined) throw new Error('no items');
    expect(env.observe(i)).toEqual(env.observe(l));
    const letter = targetCells(l.item)
      .map((cell) => setBlockText(cell, 'stone'))
      .join('\n');
    expect(env.step(l, [letter, '']).metrics.iou).toBe(1);
    expect(env.step(i, [letter, '']).metrics.iou).toBeLessThan(1);
  });
});

describe('picture', () => {
  it('draws the last turn with the top row first', () => {
    const { env, item } = start();
    expect(env.picture(env.reset(item))).toBeUndefined();
    const picture = env.picture(env.step(env.reset(item), example).state);
    expect(picture?.caption).toBe('L, turn 1: 6 of 9 cells, 1 stray');
    const drawn = picture?.rows.map((row) =>
      row.map(({ block, target }) => block?.[0] ?? (target ? '#' : '.')).join(''),
    );
    expect(drawn).toEqual(['w....', '#....', 'o....', 'so...', 'soo##']);
  });

  it('has the blocks in space with who placed them; air that erases leaves nobody', () => {
    const { env, item } = start({ localZ: 7 });
    const { state } = env.step(env.reset(item), [
      '/setblock 0 0 7 stone\n/setblock 1 0 7 stone\n/setblock 4 4 7 stone',
      '/setblock 1 0 7 obsidian\n/setblock 4 4 7 air',
    ]);
    expect(env.picture(state)?.volume).toEqual({
      size: [5, 5, 1],
      blocks: [
        { x: 0, y: 0, z: 0, block: 'stone', agent: 0 },
        { x: 1, y: 0, z: 0, block: 'obsidian', agent: 1 },
      ],
    });
  });
});

describe('one model', () => {
  it('has the first palette, the whole budget and the same words', () => {
    const { env, item } = start({ maxCommands: 3, numTurns: 2 });
    const single = env.singleModel();
    expect([single.numAgents, single.numTurns, single.evalItems]).toEqual([1, 2, env.evalItems]);
    const { metrics } = single.step(single.reset(item), [example[0] ?? '']);
    expect(metrics).toMatchObject({ agent_1_accepted: 3, agent_1_rejected: 1 });
    expect(single.observe(single.reset(item))[0]?.messages[1]?.content).not.toContain('team');
  });
});

describe('any response', () => {
  const token = fc.oneof(
    fc.constantFrom(
      '/setblock',
      'setblock',
      '/fill',
      'stone',
      'oak_planks',
      'obsidian',
      'white_concrete',
      'air',
      '```',
      '~',
      '-',
      '1.',
    ),
    fc.integer({ min: -2, max: 13 }).map(String),
    fc.string({ unit: 'binary', maxLength: 4 }),
    fc.integer({ min: 0xd800, max: 0xdfff }).map((code) => String.fromCharCode(code)),
  );
  const command = fc
    .tuple(
      fc.integer({ min: 0, max: 11 }),
      fc.integer({ min: 0, max: 4 }),
      fc.constantFrom('stone', 'oak_planks', 'obsidian', 'air'),
    )
    .map(([x, y, block]) => `/setblock ${x} ${y} 0 ${block}`);
  const line = fc.oneof(
    command,
    fc.array(token, { maxLength: 7 }).map((tokens) => tokens.join(' ')),
  );
  const response = fc.oneof(
    fc.array(line, { maxLength: 60 }).map((lines) => lines.join('\n')),
    fc.string({ unit: 'binary', maxLength: 300 }),
  );

  it('is scored: in range, the components adding up, the counts whole, the follow-up in place', () => {
    const env = new StrBuild({ words: ['LI'] });
    const item = env.trainItems[0] as StrBuildItem;
    fc.assert(
      fc.property(
        response,
        response,
        fc.constantFrom('position', 'perfect', 'score'),
        (one, two, feedback) => {
          const modal = new StrBuild({ words: ['LI'], feedback });
          const result = modal.step(modal.reset(item), [one, two]);
          const [least, most] = env.rewardRange;
          expect(result.reward).toBeGreaterThanOrEqual(least);
          expect(result.reward).toBeLessThanOrEqual(most);
          expect(Object.values(result.components).reduce((sum, term) => sum + term, 0)).toBe(result.reward);
          expect(result.metrics.iou).toBeGreaterThanOrEqual(0);
          expect(result.metrics.iou).toBeLessThanOrEqual(1);
          expect(JSON.parse(JSON.stringify(result.info))).toEqual(result.info);
          expect(modal.observe(result.state)).toHaveLength(2);
          expect(modal.step(modal.reset(item), [one, two]).reward).toBe(result.reward);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of a million lines is scored too', () => {
    const { metrics } = play({}, ['/setblock 0 0 0 stone\n'.repeat(1_000_000), 'x'.repeat(5_000_000)]);
    expect(metrics).toMatchObject({ agent_1_accepted: 150, agent_1_rejected: 999_850, agent_2_rejected: 1 });
  });
});
