import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { houseEnv, hut } from '../../../test/houses.js';
import { World } from '../world.js';
import type { HouseBuild } from './house-build.js';
import { type HouseBuildItem, plannedCells } from './item.js';
import { allRectangles, boxesOfCells, boxText } from './rectangles.js';
import type { HouseBuildOptions } from './settings.js';
import { resolveHouseBuildSettings } from './settings.js';

const compact = (options: HouseBuildOptions = {}, record = hut) =>
  houseEnv({ promptStyle: 'compact', ...options }, record);

/** The messages to both agents at turn 1 and after the given responses. */
function shown(options: HouseBuildOptions, turns: readonly string[][] = [], record = hut): string[][] {
  const { env, item } = compact(options, record);
  let state = env.reset(item);
  const messages = [texts(env, state)];
  for (const responses of turns) {
    state = env.step(state, responses).state;
    messages.push(texts(env, state));
  }
  return messages;
}

function texts(env: HouseBuild, state: ReturnType<HouseBuild['reset']>): string[] {
  return env.observe(state).map(({ messages, startsAfresh, format }) => {
    expect(messages.map(({ role }) => role)).toEqual(['user']);
    const alone = state.turn === 1 || env.settings.promptStyle === 'restated';
    expect([startsAfresh, format]).toEqual([alone, undefined]);
    return messages[0]?.content ?? '';
  });
}

const later = (feedback: string, responses: string[], options: HouseBuildOptions = {}) =>
  shown({ feedback, ...options }, [responses])[1] as string[];

describe('the first compact prompt', () => {
  it('holds turn, boxes, limits and spiders, and nothing else where nothing else matters', () => {
    const [first] = shown({});
    expect(first?.[0]).toBe(
      [
        'agent 1 of 2',
        'turn 1 of 4',
        '0 0 0 2 0 1 stone',
        '0 1 0 0 1 0 oak_log',
        '2 1 0 2 1 0 oak_log',
        'limit stone 4',
        'limit oak_log 1',
        'spiders 3 damage 5 health 5',
      ].join('\n'),
    );
    expect(first?.[1]).toBe(first?.[0]?.replace('agent 1', 'agent 2'));
  });

  it('names the blocks of an agent that has not all of the plan’s', () => {
    const [[one = '', two = ''] = []] = shown({
      blocks: [
        ['stone', 'dirt', 'air'],
        ['oak_log', 'minecraft:stone'],
      ],
    });
    expect(one).toContain('turn 1 of 4\nblocks stone dirt\n');
    expect(two).not.toContain('blocks');
  });

  it('names the box where the boxes of the plan do not reach its sides, unless air is listed', () => {
    const wide = { ...hut, target_spec: { layers: [{ y: 0, rows: ['SSA', 'SSA'] }] } };
    const first = (options: HouseBuildOptions) => shown(options, [], wide)[0]?.[0];
    expect(first({})).toContain('turn 1 of 4\nbox 0 0 0 2 0 1\n0 0 0 1 0 1 stone\nlimit');
    expect(first({ includeAirRects: true })).toContain(
      'turn 1 of 4\n0 0 0 1 0 1 stone\n2 0 0 2 0 1 air\nlimit',
    );
  });

  it('leaves out limits and spiders that do not count', () => {
    for (const harmless of [{ spider: { num: 0 } }, { spider: { atk: 0 } }, { player: { hp: 0 } }]) {
      const [[one = ''] = []] = shown({ limitedResource: false, ...harmless });
      expect(one.split('\n').at(-1)).toBe('2 1 0 2 1 0 oak_log');
    }
  });
});

describe('later compact prompts', () => {
  const responses = ['/fill 0 0 0 1 0 1 stone\n/kill\n/fill 0 1 1 0 1 1 dirt', '/fill 0 1 1 0 1 1 oak_log'];

  it('tell the turn and the reward, and continue the conversation', () => {
    const turns = shown({ feedback: 'score', numTurns: 8 }, Array(7).fill(responses));
    // Of 12 cells the floor's four and the air's four less one match.
    expect(turns[1]).toEqual(Array(2).fill('turn 2 of 8\nworld empty\nreward 0.5833'));
    expect(turns[7]?.[1]).toBe('turn 8 of 8\nworld empty\nreward 0.5833');
  });

  it.each<[string, string, string]>([
    ['position', '', ''],
    [
      'perfect',
      '\nwrong\n2 0 1 2 0 1 stone\n0 1 0 0 1 0 oak_log\n2 1 0 2 1 0 oak_log',
      '\nwrong\n2 0 0 2 0 0 stone\n0 1 1 0 1 1 air',
    ],
    [
      'position_modification',
      '\nwrong\n2 0 0 2 0 1 stone\n0 1 0 0 1 0 oak_log\n2 1 0 2 1 0 oak_log\n0 1 1 0 1 1 air',
      '\nwrong\n2 0 0 2 0 1 stone\n0 1 0 0 1 0 oak_log\n2 1 0 2 1 0 oak_log\n0 1 1 0 1 1 air',
    ],
    [
      'rect_modification',
      '\ndone\n0 0 0 1 0 1 stone\nkill\nwrong\n0 0 0 2 0 1 stone\n0 1 0 0 1 0 oak_log\n0 1 1 2 1 1 air\n2 1 0 2 1 0 oak_log',
      '\ndone\n0 1 1 0 1 1 oak_log\nwrong\n0 1 0 0 1 0 oak_log\n0 1 1 2 1 1 air\n2 1 0 2 1 0 oak_log',
    ],
    [
      'resource_schedule',
      '\ndone\n0 0 0 1 0 1 stone\nkill\nenough for\n0 1 0 0 1 0 oak_log',
      '\ndone\n0 1 1 0 1 1 oak_log\nleft stone 4\nenough for\n0 0 0 1 0 1 stone',
    ],
  ])('of %s tell what the full ones tell, as boxes', (feedback, one, two) => {
    const start = 'turn 2 of 4\nworld empty';
    expect(later(feedback, responses, { rectSplitY: 1 })).toEqual([start + one, start + two]);
  });

  it('restate the task and stand alone where they are asked to', () => {
    const { env, item } = compact({ promptStyle: 'restated', feedback: 'score' });
    const first = env.reset(item);
    const { state } = env.step(first, ['', '']);
    const later = texts(env, state);
    expect(later).toEqual(
      texts(env, first).map((text) => `${text.replace('turn 1', 'turn 2')}\nworld empty\nreward 0.2333`),
    );
    expect(env.observe(state).every(({ startsAfresh }) => startsAfresh)).toBe(true);
  });

  it('keep to the limit of suggestions, counted as in the full style', () => {
    const told = later('position_modification', ['', ''], { lim: 2 });
    expect(told[0]).toBe('turn 2 of 4\nworld empty\nwrong\n0 0 0 0 0 1 stone');
  });

  it('tell a single agent the reward with the spiders, as the full style does', () => {
    const { env, item } = compact({ numAgents: 1 });
    const { state } = env.step(env.reset(item), ['']);
    expect(texts(env, state)).toEqual(['turn 2 of 4\nworld empty\nreward 0.2333']);
  });
});

describe('boxes', () => {
  /** Records of one to three layers of up to 4 by 4 cells. */
  const record = fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
    .chain(([width, depth, height]) =>
      fc.array(
        fc.array(fc.string({ unit: fc.constantFrom('S', 'L', 'A'), minLength: width, maxLength: width }), {
          minLength: depth,
          maxLength: depth,
        }),
        { minLength: height, maxLength: height },
      ),
    )
    .map((layers) => ({
      inventory: { S: 'stone', L: 'oak_log', A: 'air' },
      target_spec: { layers: layers.map((rows, y) => ({ y: y - 1, rows })) },
    }));

  it('of a plan build it when they are given as commands', () => {
    fc.assert(
      fc.property(record, (given) => {
        const { env, item } = compact({ limitedResource: false, spider: { num: 0 } }, given);
        const [[one = ''] = []] = [texts(env, env.reset(item))];
        const fills = one.split('\n').filter((line) => /^-?\d/.test(line));
        const { metrics } = env.step(env.reset(item), [fills.map((line) => `/fill ${line}`).join('\n'), '']);
        expect([metrics.match, metrics.agent_1_rejected]).toEqual([1, 0]);
      }),
    );
  });

  it('of cells cover these and no others, and are those of the plan for all of it', () => {
    fc.assert(
      fc.property(record, fc.infiniteStream(fc.boolean()), (given, chosen) => {
        const { item } = compact({}, given);
        const cells = plannedCells(item).filter(() => chosen.next().value);
        expect(filled(item, cells)).toEqual(filledSingly(item, cells));
        const all = boxesOfCells(plannedCells(item)).map(boxText).sort();
        expect(all).toEqual(allRectangles(item).map(boxText).sort());
      }),
    );
  });
});

/** The blocks of a world with the boxes of cells in it; air counts as a block. */
function filled(item: HouseBuildItem, cells: Parameters<typeof boxesOfCells>[0]): string[] {
  const world = new World(item.box);
  for (const { y, x1, z1, x2, z2, block } of boxesOfCells(cells)) {
    world.fill({ from: { x: x1, y, z: z1 }, to: { x: x2, y, z: z2 } }, block === 'air' ? 'glass' : block);
  }
  return [...world.scan()].map(({ block }) => block);
}

function filledSingly(item: HouseBuildItem, cells: Parameters<typeof boxesOfCells>[0]): string[] {
  const world = new World(item.box);
  for (const cell of cells) world.set(cell, cell.block === 'air' ? 'glass' : cell.block);
  return [...world.scan()].map(({ block }) => block);
}

it('a style there is not is refused', () => {
  expect(() => resolveHouseBuildSettings({ promptStyle: 'tiny' as 'full' })).toThrow(/promptStyle/);
});
