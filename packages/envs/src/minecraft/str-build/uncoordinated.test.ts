import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../seeded-random.js';
import { isTarget, type StrBuildItem } from './item.js';
import { StrBuild } from './str-build.js';
import { uncoordinatedResponse } from './uncoordinated.js';

const env = new StrBuild();
const item = env.evalItems[0] as StrBuildItem;

describe('uncoordinated responses', () => {
  it('are accepted to the last line', () => {
    const random = seededRandom(1);
    for (let i = 0; i < 100; i++) {
      const responses = [0, 1].map((agent) => uncoordinatedResponse(item, agent, {}, random));
      const { metrics } = env.step(env.reset(item), responses);
      expect([metrics.agent_1_rejected, metrics.agent_2_rejected]).toEqual([0, 0]);
      expect(metrics.agent_1_accepted).toBe(responses[0]?.split('\n').length);
    }
  });

  it('write letter cells in the order of the prompt, without repeats', () => {
    const random = seededRandom(2);
    for (let i = 0; i < 50; i++) {
      const text = uncoordinatedResponse(item, 0, { strayProbability: 0 }, random);
      const keys = text.split('\n').map((line) => {
        const [x, y, z] = line.split(' ').slice(1, 4).map(Number) as [number, number, number];
        expect(isTarget(item, { x, y, z })).toBe(true);
        return -y * 1000 + x;
      });
      expect(keys).toEqual([...new Set(keys)].sort((a, b) => a - b));
    }
  });

  it('follow their distribution', () => {
    const random = seededRandom(3);
    const counts = { cells: 0, stray: 0, stone: 0, planks: 0, other: 0 };
    const shares: number[] = [];
    for (let i = 0; i < 400; i++) {
      const lines = uncoordinatedResponse(item, 0, {}, random).split('\n');
      let cells = 0;
      for (const line of lines) {
        const [, x, y, z, block] = line.split(' ');
        if (isTarget(item, { x: Number(x), y: Number(y), z: Number(z) })) cells++;
        else counts.stray++;
        counts[block === 'stone' ? 'stone' : block === 'oak_planks' ? 'planks' : 'other']++;
      }
      counts.cells += cells;
      shares.push(cells / 46);
    }
    expect(counts.other).toBe(0);
    expect(counts.stone / (counts.stone + counts.planks)).toBeCloseTo(0.5, 1);
    expect(counts.stray / counts.cells).toBeGreaterThan(0.04);
    expect(counts.stray / counts.cells).toBeLessThan(0.06);
    expect(counts.cells / 400 / 46).toBeCloseTo(0.6, 1);
    expect(Math.min(...shares)).toBeLessThan(0.35);
    expect(Math.max(...shares)).toBeGreaterThan(0.85);
  });

  it('are the same for the same numbers', () => {
    const write = () => uncoordinatedResponse(item, 1, { inclusion: [1, 1] }, seededRandom(4));
    expect(write()).toBe(write());
    expect(write().split('\n').length).toBeGreaterThanOrEqual(46);
  });

  it('are far from good, which leaves something to learn', () => {
    const random = seededRandom(5);
    let total = 0;
    for (let i = 0; i < 200; i++) {
      const responses = [0, 1].map((agent) => uncoordinatedResponse(item, agent, {}, random));
      total += env.step(env.reset(item), responses).reward;
    }
    expect(total / 200).toBeGreaterThan(0.5);
    expect(total / 200).toBeLessThan(1.6);
  });

  it('refuse an agent without a palette', () => {
    expect(() => uncoordinatedResponse(item, 2, { inclusion: [1, 1] }, seededRandom(6))).toThrow(RangeError);
  });
});
