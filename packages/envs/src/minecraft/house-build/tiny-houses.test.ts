import { describe, expect, it } from 'vitest';
import { HouseBuild } from './house-build.js';
import type { HouseBuildItem } from './item.js';
import { allRectangles, boxText, isAirName } from './rectangles.js';
import type { HouseBuildOptions } from './settings.js';
import { tinyHouses } from './tiny-houses.js';

const options: HouseBuildOptions = { dataset: 'tiny', trainSplit: '[:16]', evalSplit: '[16:]' };
const env = new HouseBuild(options);
const houses: readonly HouseBuildItem[] = [...env.trainItems, ...env.evalItems];
const named = houses.map((house) => [house.id, house] as const);

const fillsOf = (house: HouseBuildItem) =>
  allRectangles(house)
    .filter(({ block }) => !isAirName(block))
    .map((rectangle) => `/fill ${boxText(rectangle)}`);

/** Best reward of all ways to hand out the rectangles as they are. */
function bestShared(house: HouseBuildItem, team: HouseBuild): number {
  const fills = fillsOf(house);
  const rewards = Array.from({ length: team.numAgents ** fills.length }, (_, choice) => {
    const responses = Array.from({ length: team.numAgents }, (_, agent) => {
      const own = fills.filter(
        (_, index) => Math.floor(choice / team.numAgents ** index) % team.numAgents === agent,
      );
      return ['/kill', ...own].join('\n');
    });
    return team.step(team.reset(house), responses).reward;
  });
  return Math.max(...rewards);
}

describe('tiny houses', () => {
  it('are 16 to train on and 8 to evaluate on, all different, the same every time', () => {
    expect([env.trainItems.length, env.evalItems.length]).toEqual([16, 8]);
    const looks = houses.map(({ box, plan, blocks }) =>
      JSON.stringify([box, plan.map((one) => blocks[one])]),
    );
    expect(new Set(looks).size).toBe(24);
    expect(env.dataReport.source).toBe('tiny');
    expect(tinyHouses(24, 3)).toEqual(tinyHouses(24, 3));
    expect(tinyHouses(24, 4)).not.toEqual(tinyHouses(24, 3));
    expect(() => tinyHouses(3000, 3)).toThrow(RangeError);
    expect(houses[0]?.layers.map(({ rows }) => rows)).toEqual([
      ['OO', 'OO'],
      ['AA', 'OO'],
    ]);
  });

  it('have two to four rectangles in turns, in both splits, and at most 3 by 2 by 2 cells', () => {
    const sizes = houses.map((house) => fillsOf(house).length);
    expect(sizes).toEqual(Array.from({ length: 24 }, (_, index) => 2 + (index % 3)));
    for (const { box, blocks } of houses) {
      expect(box.from).toEqual({ x: 0, y: 0, z: 0 });
      expect(box.to).toEqual({ x: expect.toSatisfy((x) => x === 1 || x === 2), y: 1, z: 1 });
      for (const block of blocks) expect(env.settings.blocks[0]).toContain(block);
    }
  });

  it.each(named)('%s is perfect once two agents share out its rectangles', (_, house) => {
    expect(bestShared(house, env)).toBe(1);
  });

  it.each(named)('%s is too much for one of two agents', (_, house) => {
    const solid = house.plan.filter((index) => house.blocks[index] !== 'air').length;
    // Cell by cell, which gets the most out of the limits.
    const cells = fillsOf(house).flatMap((fill) => {
      const [x1, y, z1, x2, , z2] = fill.split(' ').slice(1, 7).map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
      ];
      const block = fill.split(' ').at(-1);
      const lines: string[] = [];
      for (let x = x1; x <= x2; x++)
        for (let z = z1; z <= z2; z++) lines.push(`/fill ${x} ${y} ${z} ${x} ${y} ${z} ${block}`);
      return lines;
    });
    expect(cells).toHaveLength(solid);
    const { metrics, reward } = env.step(env.reset(house), ['/kill', cells.join('\n')]);
    expect(metrics.agent_2_accepted).toBeLessThan(solid);
    expect(reward).toBeLessThan(1);
  });

  it('are no more than one model can build, and free of limits where there are none', () => {
    const single = env.singleModel();
    const free = new HouseBuild({ ...options, limitedResource: false });
    for (const house of houses) {
      expect(bestShared(house, single)).toBe(1);
      expect(free.step(free.reset(house), [['/kill', ...fillsOf(house)].join('\n'), '']).reward).toBe(1);
    }
  });
});
