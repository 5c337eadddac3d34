import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HouseBuild, type HouseBuildItem, type HouseBuildOptions } from '../src/index.js';
import { houseEnv, hut, playHouse } from './houses.js';

/** The hut, built by both agents within their limits: 4 and 2 of stone, a log each. */
const whole = [
  '/fill 0 0 0 1 0 1 stone\n/fill 0 1 0 0 1 0 oak_log',
  '/fill 2 0 0 2 0 1 stone\n/fill 2 1 0 2 1 0 oak_log\n/kill',
];

describe('the reward', () => {
  it('is the share of cells that match, less a penalty for spiders alive', () => {
    const silent = playHouse({}, ['', '']);
    expect(silent.reward).toBe(4 / 12 - 0.1);
    expect(silent.components).toEqual({ match: 4 / 12, spiders: -0.1 });
    expect(silent.processedReward).toBe(silent.reward - 1);
    const built = playHouse({}, whole);
    expect(built).toMatchObject({ reward: 1, components: { match: 1, spiders: 0 }, endedBy: 'threshold' });
    expect(Object.is(built.components.spiders, -0)).toBe(false);
  });

  it('is reported with what else there is to know of the build', () => {
    const { metrics, info } = playHouse({}, ['/fill 0 0 0 0 0 1 oak_log\n/fill 0 1 0 1 1 0 stone', '/kill']);
    expect(metrics).toEqual({
      iou: 1 / 9,
      match: 3 / 12,
      solid_match: 0,
      coverage: 1 / 8,
      redundancy: 1 / 8,
      covered: 1,
      extra: 1,
      hp: 100,
      killed: 1,
      agent_1_accepted: 1,
      agent_1_rejected: 1,
      agent_2_accepted: 1,
      agent_2_rejected: 0,
    });
    expect(info).toEqual({
      agents: [
        {
          accepted: ['/fill 0 1 0 1 1 0 stone'],
          rejected: [
            { line: '/fill 0 0 0 0 0 1 oak_log', reason: 'exceeds resource limit for oak_log: 2>1' },
          ],
        },
        { accepted: ['/kill'], rejected: [] },
      ],
      world: [
        [0, 1, 0, 'stone'],
        [1, 1, 0, 'stone'],
      ],
      box: { from: [0, 0, 0], to: [2, 1, 1] },
    });
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  });

  it('ignores kinds of blocks in iou and coverage, not in the match', () => {
    const { metrics } = playHouse({ limitedResource: false }, [
      '/fill 0 0 0 2 0 1 oak_log\n/fill 0 1 0 0 1 0 stone\n/fill 2 1 0 2 1 0 oak_log',
      '',
    ]);
    expect(metrics).toMatchObject({ iou: 1, coverage: 1, solid_match: 1 / 8, match: 5 / 12 });
  });

  it('takes planned cave air for something else than air', () => {
    const record = {
      inventory: { A: 'air', V: 'cave_air' },
      target_spec: { layers: [{ y: 0, rows: ['AV'] }] },
    };
    expect(playHouse({}, ['', '/kill'], record).metrics).toMatchObject({
      match: 0.5,
      iou: 0,
      solid_match: 0,
    });
    expect(playHouse({}, ['/fill 1 0 0 1 0 0 cave_air', ''], record).metrics.match).toBe(1);
  });

  it('carries out agent 1 before agent 2, in a world that is empty at every turn', () => {
    const { env, item } = houseEnv();
    const first = env.step(env.reset(item), ['/fill 0 0 0 1 0 0 stone', '/fill 1 0 0 1 0 0 oak_log']);
    expect(first.info.world).toEqual([
      [0, 0, 0, 'stone'],
      [1, 0, 0, 'oak_log'],
    ]);
    expect(env.step(first.state, ['', '']).reward).toBe(4 / 12 - 0.1);
  });

  it('of coverage: what is planned and stands, less what stands beside it and the spiders', () => {
    const options: HouseBuildOptions = { reward: 'coverage' };
    const { reward, components } = playHouse(options, ['/fill 0 1 0 1 1 0 stone', '']);
    expect(components).toEqual({ coverage: 2 / 8, redundancy: -1.5 / 8, spiders: -0.2 });
    expect(reward).toBe(2 / 8 - 1.5 / 8 - 0.2);
    expect(playHouse(options, whole).reward).toBe(2);
  });

  it.each<[HouseBuildOptions, number, number]>([
    [{}, -0.1, 1],
    [{ numAgents: 1 }, 0, 1],
    [{ reward: 'coverage' }, -1.5 * 0.5 - 0.2, 2],
    [{ reward: 'coverage', numAgents: 1 }, -0.75, 2],
  ])('%j lies in its range', (options, least, most) => {
    const { env, item } = houseEnv({ ...options, limitedResource: false });
    expect(env.rewardRange).toEqual([least, most]);
    const worst = '/fill 0 1 1 2 1 1 stone\n/fill 1 1 0 1 1 0 stone';
    const wrong = `${worst}\n/fill 0 0 0 2 0 1 oak_log\n/fill 0 1 0 0 1 0 stone\n/fill 2 1 0 2 1 0 stone`;
    const responses = [options.reward === 'coverage' ? worst : wrong, ''].slice(0, env.numAgents);
    expect(env.step(env.reset(item), responses).reward).toBeCloseTo(least, 12);
  });

  it('is scaled, then shifted, and ends the episode above the threshold', () => {
    const outcome = (options: HouseBuildOptions) => playHouse(options, whole);
    expect(outcome({ rewardScale: 2, rewardShift: 1 }).processedReward).toBe(3);
    expect(outcome({ earlyTerminationThreshold: 0 })).toMatchObject({ terminated: false, endedBy: null });
    expect(outcome({ numTurns: 1 })).toMatchObject({ terminated: true, endedBy: 'last_turn' });
  });

  it('wants one response per agent', () => {
    expect(() => playHouse({}, [''])).toThrow(/1 responses, but HouseBuild has 2 agents/);
  });
});

describe('spiders', () => {
  const attacksOf = (spider: HouseBuildOptions['spider'], seed = 0) => {
    const { env, item } = houseEnv({ spider });
    return env.reset(item, seed).attacks;
  };

  it("are Python's draws from the seed, the same in every episode", () => {
    expect([attacksOf({}), attacksOf({}, 5)]).toEqual([
      [3, 1, 1],
      [3, 1, 1],
    ]);
    expect(attacksOf({ num: 10 })).toEqual([3, 1, 1, 3, 2, 1, 1, 1, 3, 1]);
    expect(attacksOf({ seed: 0 })).toEqual([2, 2, 1]);
  });

  it('may be listed, be of one kind, have their range upside down, or be none', () => {
    expect(attacksOf({ attacks: [7], num: 3 })).toEqual([7]);
    expect(attacksOf({ atk: 4 })).toEqual([4, 4, 4]);
    expect(attacksOf({ atkLow: 3, atkHigh: 1 })).toEqual([3, 1, 1]);
    expect([attacksOf({ num: 0 }), attacksOf({ num: -2 }), attacksOf({ attacks: [] })]).toEqual([[], [], []]);
  });

  it('may be drawn anew in every episode', () => {
    const redrawn = Array.from({ length: 30 }, (_, seed) => attacksOf({ redraw: true }, seed).join());
    expect(new Set(redrawn).size).toBeGreaterThan(8);
    expect(attacksOf({ redraw: true }, 3)).toEqual(attacksOf({ redraw: true }, 3));
    expect(attacksOf({ redraw: true, attacks: [2] }, 3)).toEqual([2]);
  });

  it.each([
    [[3, 1, 1], 5, 1, 0],
    [[1, 1, 1], 5, 3 / 5, 40],
    [[3, 3, 3], 5, 1, 0],
    [[3, 1, 1], 20, 0.25, 75],
    [[], 5, 0, 100],
    [[-2], 5, 0, 100],
    [[3], 0, 0, 0],
    [[3], -1, 0, 0],
  ])('attacks %j on %i of health weigh %d and leave %i %', (attacks, hp, threat, left) => {
    const options: HouseBuildOptions = { spider: { attacks }, player: { hp } };
    const alive = playHouse(options, ['', '']);
    expect(alive.components.spiders).toBe(0 - 0.1 * threat);
    expect(alive.metrics.hp).toBe(left);
    const coverage = playHouse({ ...options, reward: 'coverage' }, ['', '']);
    expect(coverage.components.spiders).toBe(0 - 0.2 * threat);
    for (const responses of [
      ['/kill', ''],
      ['', '/kill'],
      ['/kill', '/kill\n/kill'],
    ]) {
      const { components, metrics } = playHouse(options, responses);
      expect([components.spiders, metrics.killed, metrics.hp]).toEqual([0, 1, hp > 0 ? 100 : 0]);
    }
  });

  it('spare a single agent, though not in what it is told', () => {
    const { env, item } = houseEnv({ numAgents: 1 });
    const { reward, components, state, metrics } = env.step(env.reset(item), ['']);
    expect([reward, components.spiders, metrics.killed]).toEqual([4 / 12, 0, 0]);
    expect(env.observe(state)[0]?.messages[1]?.content).toContain('Previous reward: 0.2333');
  });
});

describe('turns', () => {
  it('leave earlier states as they were, so that episodes can branch', () => {
    const { env, item } = houseEnv();
    const state = env.reset(item);
    const seen = env.observe(state);
    env.step(state, whole);
    expect(env.observe(state)).toEqual(seen);
    expect(env.step(state, ['', '']).reward).toBe(4 / 12 - 0.1);
  });

  it('can be drawn, layer by layer and in space', () => {
    const { env, item } = houseEnv();
    const first = env.reset(item);
    expect(env.picture(first)).toBeUndefined();
    const picture = env.picture(
      env.step(first, ['/fill 1 0 0 2 0 0 stone\n/fill 1 1 1 1 1 1 oak_log', '/fill 2 0 0 2 0 0 air']).state,
    );
    expect(picture?.caption).toBe('hut, turn 1: 4 of 12 cells match, 1 stray; layers y=0 to y=1');
    const drawn = picture?.rows.map((row) =>
      row.map(({ block, target }) => block?.[0] ?? (target ? '#' : '.')).join(''),
    );
    expect(drawn).toEqual(['#s#.#.#', '###..o.']);
    // Turned half around: the side of lowest z is in front.
    expect(picture?.volume).toEqual({
      size: [3, 2, 2],
      blocks: [
        { x: 1, y: 0, z: 1, block: 'stone', agent: 0 },
        { x: 1, y: 1, z: 0, block: 'oak_log', agent: 0 },
      ],
    });
  });

  it('are the same for one model: the first blocks, the whole budget, limits for one', () => {
    const { env } = houseEnv({ blocks: [['stone'], ['oak_log']], maxCommands: 3, numTurns: 2 });
    const single = env.singleModel();
    expect([single.numAgents, single.numTurns, single.settings.blocks]).toEqual([1, 2, [['stone']]]);
    expect(single.trainItems).toEqual(env.trainItems);
  });

  it('tell what each agent builds with', () => {
    expect(houseEnv({ blocks: [['stone', 'air'], []] }).env.roles).toEqual([
      'builds with stone, air',
      'builds with all blocks of the house',
    ]);
  });
});

/** The rules once more, as plainly as can be: cells by name, one at a time. */
function plainly(item: HouseBuildItem, responses: readonly string[], hp: number, attacks: readonly number[]) {
  const planned = new Map<string, string>();
  for (const { y, rows } of item.layers) {
    rows.forEach((row, z) => {
      [...row].forEach((key, x) => {
        planned.set(`${x} ${y} ${z}`, item.inventory.find((entry) => entry.key === key)?.block ?? '');
      });
    });
  }
  const built = new Map([...planned.keys()].map((cell) => [cell, 'air']));
  let killed = false;
  for (const response of responses) {
    const left = new Map<string, number>();
    for (const { block } of item.inventory) {
      const count = [...planned.values()].filter((one) => one === block).length;
      left.set(
        block,
        block === 'air' ? Number.POSITIVE_INFINITY : Math.ceil(count / 2) + Math.floor(count / 4),
      );
    }
    for (const line of response.split('\n')) {
      if (/^\/kill( |$)/.test(line)) killed = true;
      const match = /^\/fill (-?\d+) (-?\d+) (-?\d+) (-?\d+) (-?\d+) (-?\d+) (\w+)$/.exec(line);
      if (match === null) continue;
      const [x1, y1, z1, x2, y2, z2] = match.slice(1, 7).map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const block = match[7] as string;
      const cells: string[] = [];
      for (let x = Math.min(x1, x2); x <= Math.max(x1, x2); x++) {
        for (let y = Math.min(y1, y2); y <= Math.max(y1, y2); y++) {
          for (let z = Math.min(z1, z2); z <= Math.max(z1, z2); z++) cells.push(`${x} ${y} ${z}`);
        }
      }
      const rest = (left.get(block) ?? -1) - cells.length;
      if (rest < 0 || cells.some((cell) => !planned.has(cell))) continue;
      left.set(block, rest);
      for (const cell of cells) built.set(cell, block);
    }
  }
  let [same, both, either] = [0, 0, 0];
  for (const [cell, block] of planned) {
    const stands = built.get(cell);
    if (stands === block) same++;
    if (stands !== 'air' && block !== 'air') both++;
    if (stands !== 'air' || block !== 'air') either++;
  }
  const damage = attacks.reduce((sum, attack) => sum + attack, 0);
  const penalty = killed || damage <= 0 ? 0 : 0.1 * Math.min(1, damage / hp);
  return { reward: same / planned.size - penalty, iou: either === 0 ? 0 : both / either };
}

describe('any response', () => {
  const builtin = new HouseBuild().trainItems.slice(0, 6);
  const coordinate = fc.integer({ min: -1, max: 6 });
  const block = fc.constantFrom(
    'white_concrete',
    'obsidian',
    'stone_stairs',
    'stone_bricks',
    'planks',
    'air',
    'dirt',
  );
  const fill = fc
    .tuple(fc.array(coordinate, { minLength: 6, maxLength: 6 }), block)
    .map(([corners, name]) => `/fill ${corners.join(' ')} ${name}`);
  /** Boxes of one layer, which the limits are more often enough for. */
  const flat = fc
    .tuple(fc.nat(3), fc.nat(4), fc.nat(3), fc.nat(3), fc.nat(2), block)
    .map(([x, y, z, dx, dz, name]) => `/fill ${x} ${y} ${z} ${x + dx} ${y} ${z + dz} ${name}`);
  const line = fc.oneof(
    { weight: 12, arbitrary: flat },
    { weight: 4, arbitrary: fill },
    {
      weight: 1,
      arbitrary: fc.constantFrom('/kill', '/kill all', 'hello', '/fill', '/fill 0 0 0 1 0 1 air keep'),
    },
  );
  const response = fc.array(line, { maxLength: 25 }).map((lines) => lines.join('\n'));
  const noise = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(
          '/fill',
          '0',
          '1',
          '-',
          '```',
          '~',
          'air',
          'stone_bricks',
          '\n',
          ' ',
          '/kill',
          '\ud800',
        ),
        {
          maxLength: 60,
        },
      )
      .map((parts) => parts.join(' ')),
  );

  it('earns what a plain second implementation says', () => {
    let better = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...builtin),
        fc.tuple(response, response),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }),
        (item, responses, attacks) => {
          const env = new HouseBuild({ spider: { attacks } });
          const { reward, metrics } = env.step(env.reset(item), responses);
          const expected = plainly(item, responses, 5, attacks);
          expect(reward).toBe(expected.reward);
          expect(metrics.iou).toBe(expected.iou);
          if (Number(metrics.iou) > 0.1) better++;
        },
      ),
      { numRuns: 400 },
    );
    expect(better).toBeGreaterThan(50);
  });

  it('of any bytes is scored, and followed up in every mode', () => {
    const modes = [
      'score',
      'perfect',
      'position',
      'position_modification',
      'rect_modification',
      'resource_schedule',
    ];
    const item = builtin[0] as HouseBuildItem;
    const envs = modes.flatMap((feedback) =>
      (['match', 'coverage'] as const).map((reward) => new HouseBuild({ feedback, reward })),
    );
    fc.assert(
      fc.property(fc.constantFrom(...envs), noise, response, (env, one, two) => {
        const result = env.step(env.reset(item), [one, two]);
        const [least, most] = env.rewardRange;
        expect(result.reward).toBeGreaterThanOrEqual(least);
        expect(result.reward).toBeLessThanOrEqual(most);
        expect(Object.values(result.components).reduce((sum, term) => sum + term, 0)).toBe(result.reward);
        expect(JSON.parse(JSON.stringify(result.info))).toEqual(result.info);
        expect(env.observe(result.state)).toHaveLength(2);
      }),
      { numRuns: 300 },
    );
  });

  it('of a million lines is scored too', () => {
    const lines = ['/fill 0 0 0 0 0 0 air\n'.repeat(300_000), '1'.repeat(1_000_000)];
    const { metrics } = playHouse({}, lines, hut);
    expect(metrics).toMatchObject({ agent_1_accepted: 300, agent_1_rejected: 299_700, agent_2_rejected: 1 });
  });
});
