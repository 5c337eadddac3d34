import { describe, expect, it } from 'vitest';
import { PythonRandom } from '../src/minecraft/house-build/python-random.js';
import { nothing } from '../src/minecraft/resource-gathering/materials.js';
import { ResourceGathering } from '../src/minecraft/resource-gathering/resource-gathering.js';
import type { ResourceGatheringOptions } from '../src/minecraft/resource-gathering/settings.js';
import type { Gatherer, ResourceGatheringState } from '../src/minecraft/resource-gathering/state.js';
import { stepsToZone } from '../src/minecraft/resource-gathering/turn.js';
import { hostileTexts } from './grid-random.js';

const strip = ['A . . . (2,0,0) .', '. . . B . (0,3,1)'];

function start(grid: readonly unknown[], options: ResourceGatheringOptions = {}) {
  const env = new ResourceGathering(options);
  return { env, state: env.reset(env.readItem({ grid })) };
}

const walk = (...path: number[][]) => JSON.stringify({ path });
const tell = (...facts: unknown[]) => JSON.stringify({ comm: { resource_facts: facts }, path: [] });
const fact = (x: number, z: number, type: string, count = 1) => ({ x, z, type, count });
const texts = (env: ResourceGathering, state: ResourceGatheringState) =>
  env.observe(state).map(({ messages }) => messages.map(({ content }) => content).join('\n'));

describe('the reward', () => {
  it('by hand: two turns to a goal of 2 wood, 3 stone and 1 iron', () => {
    const { env, state } = start(strip, { goal: { wood: 2 } });
    expect(state.agents.map(({ enteredZone }) => enteredZone)).toEqual([false, true]);
    const first = env.step(state, [walk([0, 0], [1, 0]), tell(fact(4, 0, 'wood', 99))]);
    expect(first.components).toEqual({
      progress: 8 * (2 / 3),
      complete: 0,
      approach: 0.05,
      facts: 0.1,
      zone: 0,
    });
    expect(first.reward).toBeCloseTo(16 / 3 + 0.15, 12);
    expect(first).toMatchObject({
      terminated: false,
      metrics: { wood: 0, stone: 3, iron: 1, facts_useful: 1 },
    });
    expect(first.state.agents[0]?.told).toEqual([{ x: 4, z: 0, type: 'wood', count: 2, turn: 1 }]);
    const second = env.step(first.state, [walk([1, 0], [2, 0]), '']);
    expect(second.components).toEqual({
      ...{ progress: 8 * (1 - 2 / 3), complete: 7, approach: 0.05, facts: 0, zone: 0.15 },
    });
    expect(second).toMatchObject({
      terminated: true,
      endedBy: 'last_turn',
      metrics: { completed: 1, goal_share: 1 },
    });
    expect(env.step(second.state, [walk([2, 0], [1, 0]), tell(fact(4, 0, 'wood'))])).toMatchObject({
      ...{ reward: 0, terminated: true },
    });
  });

  it('steps away from the work zone cost what steps towards it earn; the zone is entered once', () => {
    const { env, state } = start(['. . A . . . . (9,0,0)', '. . . . . . . B'], {
      harvestRadius: 1,
      maxSteps: 6,
    });
    const away = env.step(state, [walk([2, 0], [1, 0], [0, 0]), '']);
    expect(away.components).toMatchObject({ approach: 0.05 * -2, zone: 0 });
    const east = [0, 1, 2, 3, 4, 5, 6].map((x) => [x, 0]);
    const there = env.step(away.state, [walk(...east), '']);
    expect(there.components).toMatchObject({ approach: 0.05 * 6, zone: 0.15 });
    // Everything of the material is gathered: there is no zone any more.
    expect(env.step(there.state, [walk([6, 0], [5, 0]), '']).components).toMatchObject({
      approach: 0,
      zone: 0,
    });
  });

  it('counts what is gathered beyond the goal as gathered, but not as progress', () => {
    const { env, state } = start(['A (1,0,0) (4,0,0)', 'B . .'], { goal: { wood: 3 } });
    const { components, metrics } = env.step(state, ['', '']);
    expect(metrics.wood).toBe(5);
    expect(components.progress).toBeCloseTo(8 / 3, 12);
    expect(Object.values(components).some((term) => Object.is(term, -0))).toBe(false);
  });

  it('gathers whole stacks within reach, each agent its own materials', () => {
    const { env, state } = start(['A (1,2,3) . (5,5,5)', 'B . . .']);
    const { state: after, info } = env.step(state, ['', '']);
    expect(after.stacks[1]).toEqual(nothing);
    expect(after.stacks[3]).toEqual({ wood: 5, stone: 5, iron: 5 });
    expect(info.collected).toEqual({ wood: 1, stone: 2, iron: 3 });
  });

  it('steps to the work zone equal a search over the map', () => {
    const random = new PythonRandom(2);
    const cell = () => [0, 1, 2].map(() => Math.max(0, random.randint(-6, 2))).join();
    for (let round = 0; round < 60; round++) {
      const [width, height] = [random.randint(2, 7), random.randint(1, 6)];
      const cells = Array.from({ length: width * height }, () => `(${cell()})`);
      cells[0] = 'A';
      cells[1] = 'B';
      const grid = Array.from({ length: height }, (_, z) => cells.slice(z * width, (z + 1) * width));
      const settings = { goal: { wood: 3, stone: 1, iron: 1 }, harvestRadius: random.randint(0, 3) };
      const { state } = start(grid);
      const collected = { wood: random.randint(0, 3), stone: random.randint(0, 1), iron: 0 };
      for (const agent of [0, 1]) {
        const from = { x: random.randint(0, width - 1), z: random.randint(0, height - 1) };
        const own = agent === 0 ? (['wood'] as const) : (['stone', 'iron'] as const);
        const needed = own.filter((material) => collected[material] < settings.goal[material]);
        const wanted = state.stacks.map((stack) => needed.some((material) => stack[material] > 0));
        const steps = searched(wanted, width, from, settings.harvestRadius);
        expect(stepsToZone({ ...state, collected }, agent, from, settings)).toBe(steps);
      }
    }
  });
});

/** Steps from a cell to the nearest within a radius of a wanted one, by growing circles of cells. */
function searched(wanted: readonly boolean[], width: number, from: { x: number; z: number }, radius: number) {
  const grow = (cells: ReadonlySet<number>) =>
    new Set(
      [...cells].flatMap((cell) => [
        cell,
        ...(cell % width > 0 ? [cell - 1] : []),
        ...(cell % width < width - 1 ? [cell + 1] : []),
        ...[cell - width, cell + width].filter((next) => next >= 0 && next < wanted.length),
      ]),
    );
  let zone: ReadonlySet<number> = new Set(wanted.flatMap((is, cell) => (is ? [cell] : [])));
  for (let step = 0; step < radius; step++) zone = grow(zone);
  let reached: ReadonlySet<number> = new Set([from.z * width + from.x]);
  for (let steps = 0; steps < 20; steps++) {
    if ([...reached].some((cell) => zone.has(cell))) return steps;
    reached = grow(reached);
  }
  return null;
}

describe('facts', () => {
  const map = ['A . . . . . .', '. . . . . . .', '. . . . . (1,1,0) B'];

  it('must be about cells that the sender has seen, once each; the count becomes the true one', () => {
    const { env, state } = start(map);
    const {
      state: next,
      metrics,
      info,
    } = env.step(state, [
      tell(
        fact(5, 2, 'wood'),
        fact(1, 0, 'stone', 5),
        fact(1, 0, 'stone'),
        fact(1, 0, 'gold'),
        fact(0, 9, 'wood'),
        'x',
      ),
      tell(
        fact(5, 2, 'wood', 7),
        fact(5, 2, 'stone', 7),
        { x: '5', z: 2, type: 'wood' },
        { x: 5, type: 'wood' },
      ),
    ]);
    expect(next.agents[1]?.told).toEqual([{ x: 1, z: 0, type: 'stone', count: 0, turn: 1 }]);
    // B took the stone before its message left.
    expect(next.agents[0]?.told).toEqual([
      { x: 5, z: 2, type: 'wood', count: 1, turn: 1 },
      { x: 5, z: 2, type: 'stone', count: 0, turn: 1 },
    ]);
    expect(metrics).toMatchObject({ facts_sent: 3, facts_useful: 1 });
    expect((info.agents as { facts: unknown[] }[])[1]?.facts).toHaveLength(2);
    expect(texts(env, next)[0]).toContain('told you:\n- turn 1: (5, 2) wood 1\n- turn 1: (5, 2) stone 0');
  });

  it('are worth their share of what is still needed, at most 1 per sender, and nothing when known', () => {
    const many = ['A . . . (1,0,0) (1,0,0) (3,0,0) B'];
    const { env, state } = start(many, { view: 3 });
    const one = env.step(state, ['', tell(fact(4, 0, 'wood'))]);
    expect(one.components.facts).toBeCloseTo(0.1 / 3, 12);
    expect(env.step(state, ['', tell(fact(4, 0, 'wood'), fact(5, 0, 'wood'))]).components.facts).toBeCloseTo(
      0.2 / 3,
      12,
    );
    expect(
      env.step(state, ['', tell(...[4, 5, 6].map((x) => fact(x, 0, 'wood')))]).components.facts,
    ).toBeCloseTo(0.1, 12);
    expect(env.step(one.state, ['', tell(fact(4, 0, 'wood'))]).components.facts).toBe(0);
    // What the receiver comes to see in the same turn, it knows.
    const seeing = env.step(state, [walk([0, 0], [1, 0]), tell(fact(4, 0, 'wood'))]);
    expect(seeing.components.facts).toBe(0);
  });

  it('are worth nothing when the receiver needs nothing of the kind', () => {
    const { env, state } = start(['A (3,0,0) . . . . (1,0,0) B']);
    const done = env.step(state, ['', '']);
    expect(done.state.collected.wood).toBe(3);
    expect(env.step(done.state, ['', tell(fact(6, 0, 'wood'))]).metrics).toMatchObject({
      facts_sent: 1,
      facts_useful: 0,
    });
  });
});

describe('paths', () => {
  it.each([
    [
      [
        [0, 0],
        [0, 1],
        [1, 1],
      ],
      1,
      1,
    ],
    [
      [
        [0, 0],
        [1, 0],
        [2, 0],
        [3, 0],
        [4, 0],
        [5, 0],
      ],
      4,
      0,
    ],
    [
      [
        [0, 0],
        [1, 1],
      ],
      0,
      0,
    ],
    [
      [
        [0, 0],
        [0, -1],
      ],
      0,
      0,
    ],
    [[[1, 0]], 0, 0],
    [[], 0, 0],
    [
      [
        [0, 0],
        [0, 0],
        [1, 0],
      ],
      1,
      0,
    ],
    ['north', 0, 0],
  ])('%j leads to %d, %d', (path, x, z) => {
    const { env, state } = start(['A . . . . .', '. . . . . B']);
    expect(env.step(state, [JSON.stringify({ path }), '']).state.agents[0]?.at).toEqual({ x, z });
  });

  it('are read strictly: the first balanced object, as JSON', () => {
    const { env, state } = start(['A . .', '. . B']);
    const at = (text: string) => env.step(state, [text, '']).state.agents[0]?.at.x;
    expect(at('I go: {"path": [[0, 0], [1, 0]]} {"path": []}')).toBe(1);
    expect(at("{'path': [[0, 0], [1, 0]]}")).toBe(0);
    expect(at('{"path": [[0, 0], [1, 0]]')).toBe(0);
  });
});

describe('what an agent is told', () => {
  it.each(['none', 'score'])('does not depend on what it cannot know (%s)', (feedback) => {
    const random = new PythonRandom(4);
    const env = new ResourceGathering({ feedback });
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

  it('does depend on what it sees, gathers and hears; the reward only with score', () => {
    const { env, state } = start(strip);
    const [before] = texts(env, state);
    const stacks = state.stacks.map((stack, cell) => (cell === 1 ? { wood: 1, stone: 1, iron: 1 } : stack));
    expect(texts(env, { ...state, stacks })[0]).not.toBe(before);
    expect(texts(env, { ...state, collected: { ...nothing, wood: 1 } })[0]).not.toBe(before);
    const agents = state.agents.map((agent) => ({
      ...agent,
      told: [{ ...fact(4, 0, 'wood'), type: 'wood' as const, turn: 1 }],
    }));
    expect(texts(env, { ...state, agents })[0]).not.toBe(before);
    expect(texts(env, { ...state, lastReward: 1 / 32 })[0]).toBe(before);
    const telling = new ResourceGathering({ feedback: 'Score-Feedback' });
    expect(texts(telling, { ...state, lastReward: 1 / 32 })[0]).toContain("turn's reward: 0.0312");
    const later = env.step(state, ['I stay', 'me too']).state;
    expect(texts(env, later)[0]).toContain('Your previous answer:\nI stay');
    expect(texts(new ResourceGathering({ previousResponse: false }), later)[0]).not.toContain('I stay');
  });
});

/** The same state with other stacks out of sight, another teammate, and other amounts of what that gathers. */
function disguised(
  state: ResourceGatheringState,
  agent: number,
  random: PythonRandom,
): ResourceGatheringState {
  const { item, collected } = state;
  const own = state.agents[agent] as Gatherer;
  const seen = (cell: number) =>
    own.stoodOn.some(
      ({ x, z }) =>
        Math.max(Math.abs(x - (cell % item.width)), Math.abs(z - Math.floor(cell / item.width))) <= 2,
    );
  const amount = () => random.randint(0, 3);
  const stacks = state.stacks.map((stack, cell) =>
    seen(cell) ? stack : { wood: amount(), stone: amount(), iron: amount() },
  );
  const strange = {
    at: { x: 0, z: 0 },
    stoodOn: [],
    told: [],
    enteredZone: true,
    lastResponse: 'something else',
  };
  const others =
    agent === 0 ? { ...collected, stone: amount(), iron: amount() } : { ...collected, wood: amount() };
  return {
    ...state,
    stacks,
    item: { ...item, stacks, starts: [] },
    collected: others,
    agents: state.agents.map((one, index) => (index === agent ? one : strange)),
  };
}

function randomAction({ item, agents }: ResourceGatheringState, agent: number, random: PythonRandom): string {
  const { at } = agents[agent] as Gatherer;
  const path = [[at.x, at.z]];
  for (let step = 0; step < 4; step++) {
    const [x = 0, z = 0] = path.at(-1) as number[];
    const [dx, dz] = [
      [0, 1],
      [1, 0],
      [0, -1],
      [-1, 0],
    ][random.randint(0, 3)] as [number, number];
    const next: [number, number] = [x + dx, z + dz];
    if (next[0] >= 0 && next[0] < item.width && next[1] >= 0 && next[1] < item.height) path.push(next);
  }
  const about = () =>
    fact(
      random.randint(0, item.width - 1),
      random.randint(0, item.height - 1),
      ['wood', 'stone', 'iron'][random.randint(0, 2)] as string,
    );
  return JSON.stringify({
    comm: { resource_facts: Array.from({ length: 20 }, about) },
    probe: [],
    cmds: [],
    path,
  });
}

describe('episodes', () => {
  it('branch: a step leaves the state it starts from as it is; components add up', () => {
    const random = new PythonRandom(6);
    const env = new ResourceGathering({ numTurns: 6 });
    const [low, high] = env.rewardRange;
    for (const item of env.trainItems) {
      let state = env.reset(item);
      for (let turn = 0; turn < 5; turn++) {
        const copy = structuredClone(state);
        const responses = [randomAction(state, 0, random), randomAction(state, 1, random)];
        const one = env.step(state, responses);
        env.step(state, [randomAction(state, 0, random), '']);
        expect(env.step(state, responses)).toEqual(one);
        expect(state).toEqual(copy);
        expect(Object.values(one.components).reduce((sum, term) => sum + term, 0)).toBe(one.reward);
        expect(one.reward).toBeGreaterThanOrEqual(low);
        expect(one.reward).toBeLessThanOrEqual(high);
        ({ state } = one);
      }
    }
  });

  it('end with the last turn, or by the threshold', () => {
    const { env, state } = start(strip, {
      numTurns: 2,
      rewardScale: 2,
      rewardShift: 1,
      earlyTerminationThreshold: 10,
    });
    const first = env.step(state, ['', '']);
    expect(first.processedReward).toBeCloseTo(2 * (16 / 3) + 1, 12);
    expect(first).toMatchObject({ terminated: true, endedBy: 'threshold' });
    const last = env.step(first.state, ['', '']);
    expect(last).toMatchObject({ terminated: true, endedBy: 'last_turn', metrics: { stone: 3 } });
    expect(env.step(last.state, [walk([0, 0], [1, 0]), ''])).toMatchObject({
      reward: 0,
      endedBy: 'last_turn',
    });
  });

  it('take any text', () => {
    const { env, state } = start(strip);
    for (const text of hostileTexts) {
      const { reward, state: next } = env.step(state, [text, text]);
      expect(Number.isFinite(reward)).toBe(true);
      expect(env.observe(next)).toHaveLength(2);
    }
    expect(() => env.step(state, [])).toThrow(/step got 0 responses/);
  });

  it('have a picture, flat and in space, once something was played', () => {
    const { env, state } = start(strip);
    expect(env.picture(state)).toBeUndefined();
    const picture = env.picture(env.step(state, [walk([0, 0], [1, 0]), '']).state);
    expect(picture?.caption).toBe('resource_gathering_0001, turn 1: gathered stone 3, iron 1');
    expect(picture?.rows.map((row) => row.map(({ block }) => block?.[0] ?? '.').join(''))).toEqual([
      '.b..o.',
      '...o..',
    ]);
    expect(picture?.volume?.blocks).toContainEqual({ x: 4, y: 1, z: 0, block: 'oak_wood', agent: null });
    expect(picture?.volume?.blocks).toContainEqual({ x: 1, y: 1, z: 0, block: 'blue_concrete', agent: 0 });
  });
});
