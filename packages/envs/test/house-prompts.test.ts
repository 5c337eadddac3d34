import { describe, expect, it } from 'vitest';
import { EnvError, type HouseBuildOptions, type HouseBuildState } from '../src/index.js';
import { layerLines, rectanglesOf } from '../src/minecraft/house-build/rectangles.js';
import { schedule } from '../src/minecraft/house-build/schedule.js';
import { resolveHouseBuildSettings } from '../src/minecraft/house-build/settings.js';
import { houseEnv, hut } from './houses.js';

type Dict = Record<string, unknown>;

/** What both agents see at turn 1 and, after the given responses, at turn 2. */
function prompts(options: HouseBuildOptions = {}, responses = ['', ''], record: Dict = hut) {
  const { env, item } = houseEnv(options, record);
  const state = env.reset(item);
  const next = env.step(state, responses.slice(0, env.numAgents)).state;
  const user = (of: HouseBuildState) => env.observe(of).map(({ messages }) => messages.at(-1)?.content ?? '');
  return { env, item, state, next, first: user(state), second: user(next) };
}

const LIMITS = 'Resource limits per agent and turn (air is unlimited):\n- stone: 4\n- oak_log: 1';

/** Floor of four layers' rows in which letters, blocks and runs differ. */
const patchwork: Dict = {
  inventory: { a: 'stone', b: 'minecraft:stone', c: 'stone', A: 'air', D: 'dirt' },
  target_spec: { layers: [{ y: 3, rows: ['aacA', 'aaaA', 'bbDA', 'aaDA'] }] },
};

describe('rectangles of a layer', () => {
  it('split rows at letters, merge rows by block, and come out when a row does not go on with them', () => {
    const { item } = houseEnv({}, patchwork);
    const [layer] = item.layers;
    if (layer === undefined) throw new Error('no layer');
    const found = rectanglesOf(item, layer).map(
      ({ x1, z1, x2, z2, block }) => `${x1}${z1}${x2}${z2} ${block}`,
    );
    expect(found).toEqual([
      '0010 stone',
      '2020 stone',
      '0121 stone',
      '0212 minecraft:stone',
      '0313 stone',
      '2223 dirt',
      '3033 air',
    ]);
    const same = {
      ...patchwork,
      inventory: { a: 'stone', c: 'stone' },
      target_spec: { layers: [{ y: 0, rows: ['ac', 'ca'] }] },
    };
    const merged = houseEnv({}, same).item;
    expect(layerLines(merged, false)).toEqual(['y=0: {(0, 0, 0, 0, 0, 1 stone), (1, 0, 0, 1, 0, 1 stone)}']);
  });

  it('are written with the block after a blank, air only on demand', () => {
    const { item } = houseEnv();
    expect(layerLines(item, false)).toEqual([
      'y=0: {(0, 0, 0, 2, 0, 1 stone)}',
      'y=1: {(0, 1, 0, 0, 1, 0 oak_log), (2, 1, 0, 2, 1, 0 oak_log)}',
    ]);
    expect(layerLines(item, true)[1]).toBe(
      'y=1: {(0, 1, 0, 0, 1, 0 oak_log), (1, 1, 0, 1, 1, 0 air), (2, 1, 0, 2, 1, 0 oak_log), (0, 1, 1, 2, 1, 1 air)}',
    );
    const empty = { inventory: { A: 'air' }, target_spec: { layers: [{ y: 0, rows: ['AA'] }] } };
    expect(layerLines(houseEnv({}, empty).item, false)).toEqual(['y=0: {}']);
  });
});

describe('the first prompt', () => {
  it('is a system message that demands commands only, and a user message', () => {
    const { env, state } = prompts();
    for (const { messages, startsAfresh, format } of env.observe(state)) {
      expect([startsAfresh, format]).toEqual([true, undefined]);
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
      expect(messages[0]?.content).toMatch(/commands.*no markdown, no code fences/);
    }
  });

  it('holds role, blocks, layers, box, spiders, constraints, format and limits', () => {
    const [one, two] = prompts({ blocks: [[], ['stone', 'air']] }).first as [string, string];
    expect(one).toContain('agent 1 of a team of 2. You will place some of the blocks');
    expect(two).toContain('agent 2 of a team of 2');
    expect(one).toContain('(use no others):\n- stone\n- oak_log\n- air\n\n');
    expect(two).toContain('(use no others):\n- stone\n- air\n\n');
    for (const prompt of [one, two]) {
      const parts = [
        'y=0: {(0, 0, 0, 2, 0, 1 stone)}\ny=1: {(0, 1, 0, 0, 1, 0 oak_log), (2, 1, 0, 2, 1, 0 oak_log)}\n',
        '- from: [0,0,0]\n- to: [2,1,1]\n',
        '- Spiders: 3\n- Health of the player: 5\n- Attack of each spider: [3, 1, 1]\n- Total damage: 5.0\n',
        'exactly: /kill\n',
        'Only /fill and /kill are allowed',
        'no ~',
        'inside the bounding box',
        'Format: /fill <x1> <y1> <z1> <x2> <y2> <z2> <block>',
        LIMITS,
      ];
      const places = parts.map((part) => prompt.indexOf(part));
      expect(
        places.every((place) => place >= 0),
        `${places}`,
      ).toBe(true);
      expect([...places].sort((a, b) => a - b)).toEqual(places);
    }
    expect(one.endsWith(`\n\n${LIMITS}`)).toBe(true);
    expect(one.replace('agent 1', 'agent 2').replace('- oak_log\n- air', '- air')).toBe(two);
  });

  it('says so when there are no spiders, no limits, and rectangles of air', () => {
    const [one] = prompts({ spider: { num: 0 }, limitedResource: false, includeAirRects: true }).first;
    expect(one).toContain(
      '- Spiders: 0\n- Health of the player: 5\n- Attack of each spider: []\n- Total damage: 0.0',
    );
    expect(one).not.toContain('Resource limits');
    expect(one).toContain('(0, 1, 1, 2, 1, 1 air)');
  });

  it('for one agent has no team, and limits for one', () => {
    const { first } = prompts({ numAgents: 1 });
    expect(first).toHaveLength(1);
    expect(first[0]).not.toContain('team of');
    expect(first[0]).toContain('- stone: 9\n- oak_log: 3');
  });
});

/** One log where stone should be, one where air should be; the rest of the floor is missing. */
const build = ['/fill 0 0 0 1 0 0 stone\nnonsense', '/fill 2 0 0 2 0 0 oak_log\n/fill 0 0 0 0 0 0 stone'];

describe('follow-ups', () => {
  const modes = [
    'score',
    'perfect',
    'position',
    'position_modification',
    'rect_modification',
    'resource_schedule',
  ] as const;

  it.each(modes)('%s: stand alone, demand commands and say that the world is empty again', (feedback) => {
    const { env, next, second } = prompts({ feedback }, build);
    expect(env.observe(next).map(({ startsAfresh }) => startsAfresh)).toEqual([true, true]);
    for (const prompt of second) {
      expect(prompt).toContain('builds from an empty world');
      expect(prompt).toMatch(/nothing else|no markdown/);
    }
  });

  it.each(modes)('%s: feedback and first prompt in the order of the mode, own response last', (feedback) => {
    const { first, second } = prompts({ feedback }, build);
    const baseFirst = /modification|schedule/.test(feedback);
    const heading = /rect|schedule/.test(feedback) ? 'Your previous raw output:' : 'Your previous commands:';
    second.forEach((prompt, agent) => {
      const [before, after] = prompt.split(first[agent] as string) as [string, string];
      expect(before === '').toBe(baseFirst);
      expect(baseFirst ? after : before).toContain('Feedback: ');
      expect(prompt.endsWith(`\n\n${heading}\n${build[agent]}`)).toBe(true);
      expect(prompt).not.toContain((build[1 - agent] as string).split('\n').at(-1));
    });
  });

  it.each(modes)('%s: without first prompt and response; limits where the mode needs them', (feedback) => {
    const bare = prompts({ feedback, originalPrompt: false, previousResponse: false }, build).second[0] ?? '';
    expect(bare).not.toMatch(/a team of|Your previous/);
    const needs = feedback !== 'score' && feedback !== 'position';
    expect(bare.startsWith(`${LIMITS}\n\nFeedback: `)).toBe(needs);
    if (feedback !== 'resource_schedule') {
      const unlimited = prompts({ feedback, originalPrompt: false, limitedResource: false }, build).second[0];
      expect(unlimited).not.toContain('Resource limits');
    }
  });

  it('leave a blank response out', () => {
    expect(prompts({}, ['\u001f \n', 'x']).second[0]).not.toContain('Your previous commands');
  });

  it('raw: one plain text with the system text in front, as the reference gives it', () => {
    const { env, state, next } = prompts({ followup: 'raw', feedback: 'rect_modification' }, build);
    const templated = prompts({ feedback: 'rect_modification' }, build);
    expect(env.observe(state)).toEqual(templated.env.observe(templated.state));
    env.observe(next).forEach(({ messages, startsAfresh, format }, agent) => {
      expect([format, startsAfresh, messages.map(({ role }) => role)]).toEqual(['text', true, ['user']]);
      expect(messages[0]?.content).toMatch(/^You are a building agent/);
      expect(messages[0]?.content.endsWith(`\n\n${templated.second[agent]}`)).toBe(true);
    });
  });

  it('score: turn and raw reward, with four decimals', () => {
    const { second } = prompts({ feedback: 'score' }, build);
    // Two of stone and four of air are as planned, of twelve cells, less 0.1 for the spiders.
    expect(second[0]).toContain('- Turn: 2\n- Previous reward: 0.4000\n');
    expect(second[1]).toContain('- Previous reward: 0.4000\n');
  });

  it('perfect: own share of wrong cells with the planned block, by palette or else in turns', () => {
    const options = { feedback: 'perfect', originalPrompt: false, limitedResource: false };
    const shared = prompts(options, build).second;
    // Wrong, from the top: the logs at (0, 1, 0), (2, 1, 0); of the floor (0, 0, 1), (1, 0, 1), (2, 0, 0), (2, 0, 1).
    expect(shared[0]).toContain(
      'Set these blocks:\n- (0, 1, 0) = oak_log\n- (0, 0, 1) = stone\n- (2, 0, 0) = stone\n\nYour',
    );
    expect(shared[1]).toContain(
      'Set these blocks:\n- (2, 1, 0) = oak_log\n- (1, 0, 1) = stone\n- (2, 0, 1) = stone\n\nRemove extra blocks at:\n- (none)',
    );
    const own = prompts({ ...options, blocks: [['minecraft:oak_log'], ['stone', 'oak_planks']] }, [
      '',
      build[1] ?? '',
    ]).second;
    expect(own[0]).toContain('Set these blocks:\n- (0, 1, 0) = oak_log\n- (2, 1, 0) = oak_log');
    expect(own[1]).toContain(
      'Set these blocks:\n- (0, 0, 1) = stone\n- (1, 0, 0) = stone\n- (1, 0, 1) = stone\n- (2, 0, 0) = stone\n- (2, 0, 1) = stone',
    );
    expect(own[0]).not.toContain('= stone');
  });

  it('perfect: air where a block is in the way', () => {
    const options = { feedback: 'perfect', originalPrompt: false };
    const [one, two] = prompts(options, ['/fill 1 1 0 1 1 0 stone', '']).second;
    // Numbers 0 to 2 of the wrong cells are (0, 1, 0), (1, 1, 0) and (2, 1, 0).
    expect(two).toContain('- (1, 1, 0) = air\n');
    expect(one).not.toContain('= air');
  });

  it('position: all blocks of the house, half of them to choose, budget, own blocks', () => {
    const options = { feedback: 'position', originalPrompt: false, maxCommands: 5 };
    const [one, two] = prompts({ ...options, blocks: [[], ['stone']] }, build).second;
    const cells = ['0, 1, 0) = oak_log', '2, 1, 0) = oak_log', '0, 0, 0) = stone', '0, 0, 1) = stone'];
    for (const prompt of [one, two]) {
      expect(prompt).toContain('half of the cells: 4 of them');
      expect(prompt).toContain(`All blocks of the house:\n${cells.map((cell) => `- (${cell}`).join('\n')}\n`);
      expect(prompt).not.toMatch(/share a side/);
    }
    expect(one).toContain('up to 3 commands');
    expect(two).toContain('up to 2 commands');
    expect(two).toContain('(use no others):\n- stone\n\nFormat: /fill');
    const empty = { inventory: { A: 'air' }, target_spec: { layers: [{ y: 0, rows: ['AA'] }] } };
    expect(prompts(options, ['', ''], empty).second[0]).toMatch(/: 0 of them[\s\S]*house:\n- \(none\)/);
  });

  it('position_modification: wrong cells from the bottom up, the same for both, the first few', () => {
    const lines = [
      '0 0 1 stone',
      '1 0 1 stone',
      '2 0 0 stone',
      '2 0 1 stone',
      '0 1 0 oak_log',
      '2 1 0 oak_log',
    ];
    const expected = (count: number) =>
      `Modification suggestions:\n${lines
        .slice(0, count)
        .map((line) => `(${line})`)
        .join('\n')}\n\nYour`;
    for (const [lim, count] of [
      [20, 6],
      [3, 3],
      [0, 6],
      [-1, 6],
      [null, 6],
    ] as const) {
      const { second } = prompts({ feedback: 'position_modification', lim }, build);
      for (const prompt of second) expect(prompt).toContain(expected(count));
    }
    const perfect = [
      '/fill 0 0 0 1 0 1 stone\n/fill 0 1 0 0 1 0 oak_log',
      '/fill 2 0 0 2 0 1 stone\n/fill 2 1 0 2 1 0 oak_log',
    ];
    for (const feedback of ['position_modification', 'rect_modification']) {
      expect(prompts({ feedback, lim: 1 }, perfect).second[0]).toMatch(
        /Modification suggestions:\n\(none\)\n|rectangles:\n\(none\)\n/,
      );
    }
  });

  it('rect_modification: accepted commands, then the rectangles that hold a wrong cell, split by y', () => {
    const feedback = 'rect_modification';
    const rows = ['S'];
    const tower = {
      inventory: { S: 'stone', A: 'air' },
      target_spec: { layers: [0, 1, 2, 3].map((y) => ({ y, rows: y === 1 ? ['A'] : rows })) },
    };
    const told = (options: HouseBuildOptions) =>
      prompts(
        { feedback, originalPrompt: false, ...options },
        ['/fill 0 1 0 0 1 0 stone', ''],
        tower,
      ).second.map((prompt) => prompt.split('Suggested rectangles:\n')[1]?.split('\n\n')[0]);
    const line = (y: number) => `y=${y}: (0, 0, 0, 0 ${y === 1 ? 'air' : 'stone'})`;
    const lines = (...ys: number[]) => ys.map(line).join('\n');
    expect(told({})).toEqual([lines(0, 1, 2), lines(2, 3)]);
    expect(told({ rectSplitY: 0 })).toEqual([lines(0), lines(0, 1, 2, 3)]);
    expect(told({ lim: 1 })).toEqual([lines(0), lines(2)]);
    expect(told({ numAgents: 1 })).toEqual([lines(0, 1, 2, 3)]);
    const [one, two] = prompts({ feedback }, build).second;
    expect(one).toContain(
      'in the previous turn:\n- /fill 0 0 0 1 0 0 stone\n\nSuggested rectangles:\ny=0: (0, 0, 2, 1 stone)\ny=1: (0, 0, 0, 0 oak_log)\ny=1: (2, 0, 2, 0 oak_log)\n\nYour previous raw output:',
    );
    expect(two).toContain('- /fill 2 0 0 2 0 0 oak_log\n- /fill 0 0 0 0 0 0 stone\n');
    expect(prompts({ feedback }, ['', '/kill now']).second[0]).toContain('in the previous turn:\n- (none)\n');
    expect(prompts({ feedback }, ['', '/kill now']).second[1]).toContain(
      'in the previous turn:\n- /kill now\n',
    );
  });

  it('resource_schedule: what is left after the commands and the suggestions, built or not', () => {
    const feedback = 'resource_schedule';
    // Agent 1 has used 2 of its 4 stones and none of its log; of the floor (six) a part of two fits.
    const [one, two] = prompts({ feedback }, build).second;
    expect(one).toContain(
      'fit whole:\n- stone: 2\n- oak_log: 0\n\nSuggested rectangles:\ny=1: (0, 0, 0, 0 oak_log)\ny=0: (0, 0, 1, 0 stone)\n\nYour',
    );
    // Agent 2 has used its log and one stone.
    expect(two).toContain(
      'fit whole:\n- stone: 3\n- oak_log: 0\n\nSuggested rectangles:\ny=0: (0, 0, 2, 0 stone)\n\nYour',
    );
    const none = prompts({ feedback, blocks: [['dirt'], []] }, build).second[0];
    expect(none).toContain('Suggested rectangles:\n(none)\n');
  });
});

describe('the schedule', () => {
  const item = houseEnv(
    {},
    {
      inventory: { S: 'stone', L: 'oak_log', A: 'air' },
      target_spec: {
        layers: [
          { y: 0, rows: ['SSSSA', 'SSSSA', 'SSSSA', 'LLLLL'] },
          { y: 1, rows: ['SSAAA', 'SSAAA', 'AASSA', 'AASSA'] },
          { y: 2, rows: ['SSSSS', 'AAAAA', 'AAAAA', 'ALLLA'] },
        ],
      },
    },
  ).item;
  const of = (stone: number, log: number, palette = ['stone', 'oak_log']) => {
    const { suggested, left } = schedule(
      item,
      palette,
      new Map([
        ['stone', stone],
        ['oak_log', log],
      ]),
    );
    return [
      suggested.map(({ y, x1, z1, x2, z2, block }) => `y${y} ${x1},${z1}-${x2},${z2} ${block}`),
      [...left.values()],
    ];
  };
  const wall = 'y0 0,0-3,2 stone';

  it('takes the largest rectangles first, by place where equal, then the largest part of another', () => {
    expect(of(25, 8)).toEqual([
      [
        wall,
        'y0 0,3-4,3 oak_log',
        'y2 0,0-4,0 stone',
        'y1 0,0-1,1 stone',
        'y1 2,2-3,3 stone',
        'y2 1,3-3,3 oak_log',
      ],
      [0, 0],
    ]);
    // 12 of stone go into the wall, 5 into the ridge; of 3 left none is enough for four, but a part of one is.
    expect(of(20, 0)).toEqual([
      [wall, 'y2 0,0-4,0 stone', 'y1 0,0-1,0 stone'],
      [3, 0],
    ]);
    expect(of(0, 0)).toEqual([[], [0, 0]]);
  });

  it('takes the widest of equally large parts, the first of equally large candidates', () => {
    // Of eleven, after the ridge (5) and a square (4), two are left: a row of two of the wall.
    expect(of(11, 0)).toEqual([
      ['y2 0,0-4,0 stone', 'y1 0,0-1,1 stone', 'y0 0,0-1,0 stone'],
      [2, 0],
    ]);
    // Of four: the first square fits whole, nothing is left.
    expect(of(4, 0)).toEqual([['y1 0,0-1,1 stone'], [0, 0]]);
    // Of three: 3 by 1 of the wall before the ridge.
    expect(of(3, 0)).toEqual([['y0 0,0-2,0 stone'], [3, 0]]);
    // Logs: of four, three fit whole; one is left for a part of the five.
    expect(of(0, 4)).toEqual([
      ['y2 1,3-3,3 oak_log', 'y0 0,3-0,3 oak_log'],
      [0, 1],
    ]);
  });

  it('leaves out blocks that the agent has not got', () => {
    expect(of(5, 5, ['oak_log'])).toEqual([['y0 0,3-4,3 oak_log'], [5, 0]]);
  });
});

describe('settings', () => {
  it('default to the shipped ones', () => {
    const blocks = ['white_concrete', 'obsidian', 'stone_stairs', 'stone_bricks', 'planks', 'air'];
    expect(resolveHouseBuildSettings({})).toEqual({
      preset: 'code',
      promptStyle: 'full',
      numAgents: 2,
      numTurns: 4,
      dataset: 'builtin',
      trainSplit: '[:80%]',
      evalSplit: '[80%:]',
      rewardScale: 1,
      rewardShift: -1,
      earlyTerminationThreshold: -0.1,
      reward: 'match',
      blocks: [blocks, blocks],
      maxCommands: 600,
      limitedResource: true,
      includeAirRects: false,
      spider: { num: 3, atkLow: 1, atkHigh: 3, atk: null, attacks: null, seed: 42, redraw: false },
      player: { hp: 5 },
      feedback: 'score',
      lim: 20,
      rectSplitY: 2,
      originalPrompt: true,
      previousResponse: true,
      followup: 'templated',
    });
  });

  it('have other defaults in the preset of the paper, which options that are given override', () => {
    expect(resolveHouseBuildSettings({ preset: 'paper', rewardShift: -1 })).toMatchObject({
      reward: 'coverage',
      blocks: [[], []],
      trainSplit: '[:]',
      evalSplit: null,
      rewardShift: -1,
      earlyTerminationThreshold: null,
    });
  });

  it('resolve to themselves, whatever the preset: a saved run has them all', () => {
    for (const options of [
      {},
      { preset: 'paper' as const },
      { preset: 'paper' as const, reward: 'match' as const },
    ]) {
      const settings = resolveHouseBuildSettings(options);
      expect(resolveHouseBuildSettings(settings)).toEqual(settings);
    }
  });

  it.each<[HouseBuildOptions, RegExp]>([
    [{ numAgents: 3 }, /`numAgents` is 3/],
    [{ numTurns: 0 }, /numTurns/],
    [{ maxCommands: 0 }, /maxCommands/],
    [{ lim: 1.5 }, /lim/],
    [{ reward: 'iou' as 'match' }, /`reward` is "iou": .*"match"\|"coverage"/],
    [{ feedback: 'guess' }, /`feedback` is "guess": .*"rect_modification"/],
    [{ followup: 'shouted' as 'raw' }, /followup/],
    [{ preset: 'fork' as 'code' }, /preset/],
    [{ player: { hp: Number.NaN } }, /player\.hp/],
    [{ spider: { attacks: [1.5] } }, /`spider\.attacks\.0` is 1\.5/],
    [{ spider: { num: 1e9 } }, /spider\.num/],
    [{ spider: { count: 3 } as object }, /count/],
    [{ feedback: 'resource_schedule', limitedResource: false }, /`limitedResource` is false/],
  ])('%j is refused', (options, message) => {
    expect(() => resolveHouseBuildSettings(options)).toThrow(message);
    expect(() => resolveHouseBuildSettings(options)).toThrow(EnvError);
  });

  it.each([
    ['Score-Feedback', 'score'],
    ['feedback', 'perfect'],
    ['perfect_feedback', 'perfect'],
    ['POSITION-FEEDBACK', 'position'],
    ['position-modification', 'position_modification'],
    ['rect_modification', 'rect_modification'],
    ['resource-schedule', 'resource_schedule'],
  ])('feedback %j is %s', (spelling, mode) => {
    expect(resolveHouseBuildSettings({ feedback: spelling }).feedback).toBe(mode);
  });
});
