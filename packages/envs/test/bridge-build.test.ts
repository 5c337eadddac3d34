import { describe, expect, it } from 'vitest';
import { BridgeBuild } from '../src/minecraft/bridge-build/bridge-build.js';
import { fewestBlocks, measureBridge } from '../src/minecraft/bridge-build/connections.js';
import type { BridgeBuildOptions } from '../src/minecraft/bridge-build/settings.js';
import type { BridgeBuildState } from '../src/minecraft/bridge-build/state.js';
import { PythonRandom } from '../src/minecraft/house-build/python-random.js';
import { hostileTexts } from './grid-random.js';

const small = ['S...T', '.Y.N.', '.....'];

function start(rows: readonly string[], options: BridgeBuildOptions = {}) {
  const env = new BridgeBuild(options);
  return { env, state: env.reset(env.readItem({ rows })) };
}

const action = (parts: object) => JSON.stringify(parts);
const fills = (...commands: string[]) => action({ cmds: commands });
const texts = (env: BridgeBuild, state: BridgeBuildState) =>
  env.observe(state).map(({ messages }) => messages.map(({ content }) => content).join('\n'));

describe('the reward', () => {
  it('by hand: gap 3, pieces S, T and Y, 11 cells of void', () => {
    const { env, state } = start(small);
    expect(state.item).toMatchObject({ gap: 3, pieces: 3 });
    const first = env.step(state, [fills('/fill 1 0 1 0 oak_planks'), '']);
    expect(first.components).toEqual({
      ...{ gap: 5 / 3, pieces: 1.5, true_pillars: 5, blocks: -5 / 11 },
      ...{ false_pillars: 0, connected: 0 },
    });
    expect(first.reward).toBeCloseTo(5 / 3 + 1.5 + 5 - 5 / 11, 12);
    expect(first).toMatchObject({ terminated: false, endedBy: null, processedReward: first.reward });
    const second = env.step(first.state, ['', fills('fill 3 0 3 0 minecraft:oak_planks')]);
    expect(second.components).toEqual({
      ...{ gap: 5 / 3, pieces: 0, true_pillars: 0, false_pillars: -8, blocks: -5 / 11, connected: 0 },
    });
    const third = env.step(second.state, [fills('/fill 2 0 2 0 oak_planks'), '']);
    expect(third.components).toEqual({
      ...{ gap: 5 / 3, pieces: 1.5, true_pillars: 0, false_pillars: 0, blocks: -5 / 11, connected: 2 },
    });
    expect(third).toMatchObject({ terminated: true, endedBy: 'last_turn', metrics: { bridged: 1, gap: 0 } });
    const after = env.step(third.state, [fills('/fill 0 2 4 2 oak_planks'), '']);
    expect(after).toMatchObject({ reward: 0, terminated: true, metrics: { filled: 3 } });
  });

  it('taking blocks away opens the gap again, and earns nothing otherwise', () => {
    const { env, state } = start(small);
    const built = env.step(state, [fills('/fill 1 0 1 0 oak_planks'), '']).state;
    const { components, metrics } = env.step(built, [fills('/fill 4 2 0 0 air'), '']);
    expect(components).toEqual({
      ...{ gap: -5 / 3, pieces: 0, true_pillars: 0, false_pillars: 0, blocks: 0, connected: 0 },
    });
    expect(Object.values(components).some((term) => Object.is(term, -0))).toBe(false);
    expect(metrics).toMatchObject({ gap: 3, filled: 0 });
  });

  it('agent 2 is carried out after agent 1; land, shores and pillars stay', () => {
    const { env, state } = start(['S#.YT', '.....']);
    const {
      metrics,
      info,
      state: after,
    } = env.step(state, [fills('/fill 0 0 4 1 oak_planks'), fills('/fill 0 1 1 1 air')]);
    expect(metrics.filled).toBe(4);
    expect(after.blocks.get(2)).toEqual({ block: 'oak_planks', agent: 0 });
    expect(info.blocks).toEqual([2, 7, 8, 9].map((cell) => [cell % 5, Math.floor(cell / 5), 'oak_planks']));
  });

  it('counts the map whose S and T nothing can connect as a gap of 1 that stays', () => {
    const { env, state } = start(['S.#T']);
    expect(state.item.gap).toBe(1);
    expect(env.step(state, [fills('/fill 1 0 1 0 oak_planks'), '']).components).toMatchObject({
      gap: 0,
      connected: 0,
    });
  });

  it('pillars carry S to T, false ones too; but a true pillar behind a false one is not joined', () => {
    const item = start(['SNYT.', '.....']).state.item;
    expect(measureBridge(item, new Set(), 1)).toMatchObject({
      connected: true,
      gap: 0,
      pieces: 2,
      truePillars: 1,
    });
    const behind = start(['SNYN.T', '......']).state.item;
    expect(measureBridge(behind, new Set(), 1)).toMatchObject({ gap: 1, pieces: 3, truePillars: 0 });
  });

  it('equals a second, plain reckoning on random maps and blocks', () => {
    const random = new PythonRandom(3);
    for (let round = 0; round < 200; round++) {
      const [width, height] = [random.randint(2, 7), random.randint(1, 6)];
      const cells = Array.from({ length: width * height }, () => '....#YN'[random.randint(0, 6)] as string);
      cells[0] = 'S';
      cells[cells.length - 1] = 'T';
      if (random.randint(0, 3) === 0) cells[random.randint(0, cells.length - 2)] = 'S';
      const rows = Array.from({ length: height }, (_, z) => cells.slice(z * width, (z + 1) * width).join(''));
      const { item } = start(rows).state;
      const filled = new Set(
        [...cells.keys()].filter((cell) => cells[cell] === '.' && random.randint(0, 2) === 0),
      );
      const { gap, connected, pieces, truePillars, falsePillars } = measureBridge(item, filled, 99);
      expect({ gap, pieces, truePillars, falsePillars }).toEqual(plainly(rows, filled));
      expect(connected).toBe(gap === 0);
      const way = fewestBlocks(item, filled);
      if (way !== null) {
        expect(way.every((cell) => cells[cell] === '.' && !filled.has(cell))).toBe(true);
        expect(measureBridge(item, new Set([...filled, ...way]), 99).gap).toBe(0);
      }
    }
  });
});

/** The measures again, by relaxation and by merging labels until nothing changes. */
function plainly(rows: readonly string[], filled: ReadonlySet<number>) {
  const width = rows[0]?.length ?? 0;
  const cells = [...rows.join('')];
  const beside = (a: number, b: number) =>
    Math.abs((a % width) - (b % width)) + Math.abs(Math.floor(a / width) - Math.floor(b / width)) === 1;
  const pairs = cells.flatMap((_, a) => cells.flatMap((_cell, b) => (beside(a, b) ? [[a, b] as const] : [])));
  const price = cells.map((kind, cell) => (kind === '#' ? 1000 : kind === '.' && !filled.has(cell) ? 1 : 0));
  const cost: number[] = cells.map((kind) => (kind === 'S' ? 0 : 1000));
  const label = cells.map((kind, cell) => ('STY'.includes(kind) || filled.has(cell) ? cell : -1));
  for (let round = 0; round < cells.length; round++) {
    for (const [a, b] of pairs) {
      cost[b] = Math.min(cost[b] as number, (cost[a] as number) + (price[b] as number));
      const [one, other] = [label[a] as number, label[b] as number];
      if (one >= 0 && other >= 0) label[b] = Math.min(one, other);
    }
  }
  const gap = Math.min(...cells.flatMap((kind, cell) => (kind === 'T' ? [cost[cell] as number] : [])));
  const shores = new Set(cells.flatMap((kind, cell) => ('ST'.includes(kind) ? [label[cell]] : [])));
  return {
    gap: gap >= 1000 ? 99 : gap,
    pieces: new Set(label.filter((one) => one >= 0)).size,
    truePillars: cells.filter((kind, cell) => kind === 'Y' && shores.has(label[cell])).length,
    falsePillars: cells.filter(
      (kind, cell) => kind === 'N' && [...filled].some((other) => beside(cell, other)),
    ).length,
  };
}

describe('actions', () => {
  it('fills: texts only, allowed blocks, corners on the map, five words, up to the share of the budget', () => {
    const { env, state } = start(small, { maxCommands: 5 });
    const commands = [
      ...['/setblock 1 1 1 stone', '/fill 1 0 1 0', '/fill 1 ~ 1 0 oak_planks', '/fill 1 0 1 0 stone'],
      ...['/fill 1 0 5 0 oak_planks', '/fill 1 0 -1 0 oak_planks', '/fill 1 0 1 0 oak_planks keep'],
    ];
    const good = '/fill 1 0 1 0 oak_planks';
    const long = action({ cmds: [...commands, 7, good, good, good, good] });
    const { info, metrics } = env.step(state, [long, action({ cmds: [good, good, good] })]);
    expect(metrics).toMatchObject({
      ...{ agent_1_accepted: 3, agent_1_rejected: 9, agent_2_accepted: 2, agent_2_rejected: 1 },
    });
    const [first] = info.agents as { rejected: { reason: string }[]; accepted: string[] }[];
    expect(first?.rejected.map(({ reason }) => reason)).toEqual([
      'unsupported command: setblock',
      'fill needs: /fill x1 z1 x2 z2 block',
      'fill coords must be absolute integers (no ~)',
      'block not allowed: stone',
      'fill coord out of map',
      'fill coord out of map',
      'fill modes (replace/keep/...) not allowed',
      'a command must be a text',
      'exceeds max_commands=3',
    ]);
    expect(first?.accepted).toEqual([good, good, good]);
  });

  it('probes: the first cells on the map up to the limit, for the prober alone, kept', () => {
    const { env, state } = start(small);
    const probe = [[9, 9], 'x', [1.5, 0], [1], [1, 1], [3, 1], [2, 1]];
    const next = env.step(state, [action({ probe }), '']).state;
    expect(next.agents[0]?.probes).toEqual([
      { x: 1, z: 1, kind: 'Y' },
      { x: 3, z: 1, kind: 'N' },
    ]);
    expect(next.agents[1]?.probes).toEqual([]);
    const later = env.step(next, [
      action({
        probe: [
          [2, 1],
          [1, 1],
        ],
      }),
      '',
    ]).state;
    const [own = '', other = ''] = texts(env, later);
    expect(own).toContain('- (1, 1): true pillar\n- (3, 1): false pillar\n- (2, 1): no pillar');
    expect(other).toContain('What you have probed:\n- (none)');
    expect(start(small, { maxProbe: 0 }).env.step(state, [action({ probe }), '']).metrics.probed).toBe(0);
  });

  it('messages: objects, to the teammate alone, in order, kept; their words are counted', () => {
    const { env, state } = start(small);
    const first = env.step(state, [action({ comm: { T: [4, 0] } }), action({ comm: 'hello' })]);
    expect(first.metrics.message_tokens).toBe(3);
    const second = env.step(first.state, [action({ comm: {} }), '']).state;
    const [own = '', other = ''] = texts(env, second);
    expect(other).toContain('told you:\n- turn 1: {"T":[4,0]}\n- turn 2: {}');
    expect(own).toContain('told you:\n- (none)');
    expect(first.reward).toBe(0);
  });

  it.each([
    [
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
      { x: 2, z: 2 },
      3,
    ],
    [[[0, 0]], { x: 0, z: 0 }, 1],
    [
      [
        [0, 0],
        [0, 0],
        [1, 0],
      ],
      { x: 1, z: 0 },
      2,
    ],
    [
      [
        [1, 0],
        [2, 0],
      ],
      { x: 0, z: 0 },
      1,
    ],
    [
      [
        [0, 0],
        [2, 0],
      ],
      { x: 0, z: 0 },
      1,
    ],
    [
      [
        [0, 0],
        [0, -1],
      ],
      { x: 0, z: 0 },
      1,
    ],
    [[[0, 0], 'east'], { x: 0, z: 0 }, 1],
    [[], { x: 0, z: 0 }, 1],
    ['[[0, 0], [1, 0]]', { x: 0, z: 0 }, 1],
  ])('the path %j ends at %j, %d cells stood on', (path, at, stood) => {
    const { env, state } = start(small);
    const [agent] = env.step(state, [action({ path }), '']).state.agents;
    expect(agent?.at).toEqual(at);
    expect(agent?.stoodOn).toHaveLength(stood);
  });

  it('what was seen on the way stays seen', () => {
    const { env, state } = start(['S.......T'], { view: 1 });
    const seen = (one: BridgeBuildState) => texts(env, one)[0]?.match(/\n([?.STP#]{9})\n/)?.[1];
    expect(seen(state)).toBe('S.???????');
    const there = env.step(state, [action({ path: [0, 1, 2, 3].map((x) => [x, 0]) }), '']).state;
    expect(seen(there)).toBe('S....????');
    const back = env.step(there, [action({ path: [3, 2, 1].map((x) => [x, 0]) }), '']).state;
    expect(seen(back)).toBe('S....????');
  });
});

describe('feedback', () => {
  const after = (feedback: string, view = 1) => {
    const { env, state } = start(small, { feedback, view });
    const next = env.step(state, [
      '{"cmds": ["/fill 1 0 1 0 oak_planks"]}',
      fills('/fill 3 0 3 0 oak_planks'),
    ]);
    return { first: texts(env, state), later: texts(env, next.state) };
  };

  it('none says nothing more; the own last answer is repeated unless that is off', () => {
    const { later } = after('none');
    expect(later[0]).not.toContain('reward:');
    expect(later[0]).toContain('Your previous answer:\n{"cmds": ["/fill 1 0 1 0 oak_planks"]}');
    expect(later[1]).not.toContain('/fill 1 0 1 0');
    const { env, state } = start(small, { previousResponse: false });
    expect(texts(env, env.step(state, ['said', '']).state)[0]).not.toContain('said');
  });

  it('score tells the last reward, position the blocks on seen cells, perfect what is missing and touched', () => {
    expect(after('score').first[0]).not.toContain('reward:');
    expect(after('Score-Feedback').later[1]).toContain("The previous turn's reward: 0.9242");
    expect(after('position').later[0]).toContain('Blocks on cells that you have seen:\n- (1, 0)\n');
    expect(after('position', 3).later[0]).toContain('seen:\n- (1, 0)\n- (3, 0)\n');
    const perfect = after('perfect').later[0];
    expect(perfect).toMatch(
      /need blocks:\n- \(2, [01]\)\nFalse pillars that stand beside blocks:\n- \(3, 1\)/,
    );
  });
});

describe('what an agent is told', () => {
  it.each(['none', 'score', 'position'])('does not depend on what it cannot know (%s)', (feedback) => {
    const random = new PythonRandom(11);
    const env = new BridgeBuild({ feedback, view: 2, dataset: 'builtin' });
    for (const item of env.trainItems.slice(0, 12)) {
      let state = env.reset(item);
      for (let turn = 0; turn < 3; turn++) {
        for (const agent of [0, 1]) {
          expect(texts(env, disguised(state, agent, random))[agent]).toBe(texts(env, state)[agent]);
        }
        state = env.step(state, [randomAction(state, 0, random), randomAction(state, 1, random)]).state;
      }
    }
  });

  it('does depend on what it sees, probes and hears', () => {
    const { env, state } = start(small, { view: 4 });
    const [before] = texts(env, state);
    const changed = (part: Partial<BridgeBuildState['agents'][number]>, item = state.item) =>
      texts(env, { ...state, item, agents: state.agents.map((agent) => ({ ...agent, ...part })) })[0];
    expect(changed({}, { ...state.item, ground: `${state.item.ground.slice(0, -1)}#` })).not.toBe(before);
    expect(changed({ probes: [{ x: 1, z: 1, kind: 'Y' }] })).not.toBe(before);
    expect(changed({ received: [{ turn: 1, message: {} }] })).not.toBe(before);
  });
});

/** The same state with other land and void out of sight, other kinds of pillars that were not probed, and another teammate. */
function disguised(state: BridgeBuildState, agent: number, random: PythonRandom): BridgeBuildState {
  const { item } = state;
  const own = state.agents[agent] as BridgeBuildState['agents'][number];
  const seen = (cell: number) =>
    own.stoodOn.some(
      ({ x, z }) =>
        Math.max(Math.abs(x - (cell % item.width)), Math.abs(z - Math.floor(cell / item.width))) <= 2,
    );
  const probed = (cell: number) => own.probes.some(({ x, z }) => z * item.width + x === cell);
  const ground = Array.from(item.ground, (kind, cell) => {
    if (probed(cell)) return kind;
    if (seen(cell)) return 'YN'.includes(kind) ? ('YN'[random.randint(0, 1)] as string) : kind;
    return '.#YNST'[random.randint(0, 5)] as string;
  }).join('');
  const blocks = new Map([...state.blocks].filter(([cell]) => seen(cell)));
  const strange = {
    at: { x: 0, z: 0 },
    stoodOn: [],
    probes: [],
    received: [],
    lastResponse: 'something else',
  };
  const agents = state.agents.map((one, index) => (index === agent ? one : strange));
  return { ...state, item: { ...item, ground, gap: 7, pieces: 7 }, blocks, agents };
}

function randomAction({ item, agents }: BridgeBuildState, agent: number, random: PythonRandom): string {
  const cell = () => [random.randint(0, item.width - 1), random.randint(0, item.height - 1)];
  const path = [Object.values(agents[agent]?.at ?? {}) as number[]];
  for (let step = 0; step < 3; step++)
    path.push((path.at(-1) as number[]).map((at) => at + random.randint(-1, 1)));
  const block = random.randint(0, 3) === 0 ? 'air' : 'oak_planks';
  return action({
    comm: { note: random.randint(0, 99) },
    probe: [cell(), cell()],
    cmds: [`/fill ${cell().join(' ')} ${cell().join(' ')} ${block}`],
    path,
  });
}

describe('episodes', () => {
  it('branch: a step leaves the state it starts from as it is', () => {
    const random = new PythonRandom(5);
    const env = new BridgeBuild({ numTurns: 6 });
    for (const item of env.trainItems.slice(0, 6)) {
      let state = env.reset(item);
      for (let turn = 0; turn < 5; turn++) {
        const copy = structuredClone(state);
        const responses = [randomAction(state, 0, random), randomAction(state, 1, random)];
        const one = env.step(state, responses);
        const other = env.step(state, ['{"cmds": ["/fill 0 0 7 7 oak_planks"]}', '']);
        expect(env.step(state, responses)).toEqual(one);
        expect(state).toEqual(copy);
        const { reward, components } = one;
        expect(Object.values(components).reduce((sum, term) => sum + term, 0)).toBe(reward);
        state = random.randint(0, 1) === 0 ? one.state : other.state;
      }
    }
  });

  it('persist and end with the last turn, or by the threshold', () => {
    const { env, state } = start(small, {
      numTurns: 2,
      rewardScale: 2,
      rewardShift: 1,
      earlyTerminationThreshold: 10,
    });
    const first = env.step(state, ['', '']);
    expect(first).toMatchObject({ reward: 0, processedReward: 1, endedBy: null });
    expect(env.step(first.state, ['', ''])).toMatchObject({ terminated: true, endedBy: 'last_turn' });
    const good = env.step(state, [fills('/fill 1 0 1 0 oak_planks'), '']);
    expect(good).toMatchObject({ terminated: true, endedBy: 'threshold' });
    expect(env.step(good.state, ['', '']).metrics.filled).toBe(1);
  });

  it('take any text', () => {
    const { env, state } = start(small);
    for (const text of hostileTexts) {
      const { reward, state: next } = env.step(state, [text, text]);
      expect(Number.isFinite(reward)).toBe(true);
      expect(env.observe(next)).toHaveLength(2);
    }
    expect(() => env.step(state, [''])).toThrow(/step got 1 responses/);
  });

  it('have a picture, flat and in space, once something was played', () => {
    const { env, state } = start(small);
    expect(env.picture(state)).toBeUndefined();
    const next = env.step(state, [
      action({
        path: [
          [0, 0],
          [1, 1],
        ],
        cmds: ['/fill 1 0 1 0 oak_planks'],
      }),
      '',
    ]).state;
    const picture = env.picture(next);
    expect(picture?.caption).toBe('bridge_build_0001, turn 1: gap 2, 1 blocks');
    expect(picture?.rows.map((row) => row.map(({ block }) => block?.[0] ?? '.').join(''))).toEqual([
      ...['go..o', '.b.r.', '.....'],
    ]);
    expect(picture?.volume?.blocks).toContainEqual({ x: 1, y: 0, z: 0, block: 'oak_planks', agent: 0 });
    expect(picture?.volume?.blocks).toContainEqual({ x: 1, y: 1, z: 1, block: 'blue_concrete', agent: 0 });
  });
});
