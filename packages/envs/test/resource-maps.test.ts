import { describe, expect, it } from 'vitest';
import { generateGatherings } from '../src/minecraft/resource-gathering/generate.js';
import { nothing } from '../src/minecraft/resource-gathering/materials.js';
import { fewestTurns } from '../src/minecraft/resource-gathering/plan.js';
import { ResourceGathering } from '../src/minecraft/resource-gathering/resource-gathering.js';
import type { ResourceGatheringOptions } from '../src/minecraft/resource-gathering/settings.js';
import type { Gatherer } from '../src/minecraft/resource-gathering/state.js';

describe('maps', () => {
  it('of our own are different, repeatable, of three sizes, and can be completed in time', () => {
    const env = new ResourceGathering();
    expect([env.trainItems.length, env.evalItems.length]).toEqual([24, 8]);
    const all = [...env.trainItems, ...env.evalItems];
    expect(new Set(all.map(({ stacks, starts }) => JSON.stringify([stacks, starts]))).size).toBe(32);
    expect(new Set(all.map(({ id }) => id)).size).toBe(32);
    expect(new Set(all.map(({ width }) => width))).toEqual(new Set([6, 8, 10]));
    expect(generateGatherings(3, 5)).toEqual(generateGatherings(3, 5));
    expect(generateGatherings(3, 5)).not.toEqual(generateGatherings(3, 6));
    for (const item of all) {
      const plans = [0, 1].map((agent) => fewestTurns(item, agent, env.settings) ?? []);
      const turns = Math.max(...plans.map((plan) => plan.length));
      let state = env.reset(item);
      let completed = 0;
      for (let turn = 0; turn < turns; turn++) {
        const result = env.step(
          state,
          plans.map((plan, agent) => way(state.agents[agent] as Gatherer, plan[turn])),
        );
        completed = result.metrics.completed as number;
        ({ state } = result);
      }
      expect([turns >= 2 && turns <= 4, completed]).toEqual([true, 1]);
    }
  });

  /** The path to a place, along x and then along z. */
  function way({ at }: Gatherer, to: { x: number; z: number } = at): string {
    const line = (a: number, b: number) =>
      Array.from({ length: Math.abs(b - a) }, (_, step) => a + (step + 1) * Math.sign(b - a));
    const path = [
      [at.x, at.z],
      ...line(at.x, to.x).map((x) => [x, at.z]),
      ...line(at.z, to.z).map((z) => [to.x, z]),
    ];
    return JSON.stringify({ path });
  }

  it('may be written as texts or lists', () => {
    const item = new ResourceGathering().readItem({ grid: [['A', [1, 2, 3], '.'], 'B  (4,5,6) .'] });
    expect(item.stacks).toEqual([
      ...[nothing, { wood: 1, stone: 2, iron: 3 }, nothing],
      ...[nothing, { wood: 4, stone: 5, iron: 6 }, nothing],
    ]);
    expect(item.starts).toEqual([
      { x: 0, z: 0 },
      { x: 0, z: 1 },
    ]);
  });

  it.each([
    [{}, /item: `grid` is missing, but it must be a list of rows/],
    [{ grid: [] }, /`grid` is \[\]/],
    [{ grid: ['A B', 5] }, /row 2 of `grid` is 5, but it must be a list of cells/],
    [{ grid: ['A B', 'A'] }, /row 2 of `grid` is "A", but it must have 2 cells/],
    [{ grid: ['A B', '. (1,2)'] }, /cell 2 of row 2 of `grid` is "\(1,2\)"/],
    [{ grid: ['A B', '. (1,2,-3)'] }, /cell 2 of row 2/],
    [{ grid: [['A', 'B', [1, 2, 0.5]]] }, /cell 3 of row 1/],
    [{ grid: ['A B x'] }, /cell 3 of row 1 of `grid` is "x"/],
    [{ grid: ['A . .'] }, /a map with 0 cells B", but it must have one start B/],
    [{ grid: ['A A B'] }, /a map with 2 cells A/],
    [{ grid: [`A B${' .'.repeat(70)}`] }, /a side has at most 64 cells/],
    [{ grid: Array.from({ length: 70 }, () => 'A B') }, /a side has at most 64 cells/],
  ])('%j is an error that names the place', (record, message) => {
    expect(() => new ResourceGathering().readItem(record)).toThrow(message);
  });

  it.each([
    [{ numAgents: 1 }, /numAgents/],
    [{ goal: { wood: 0 } }, /goal\.wood/],
    [{ feedback: 'position' }, /feedback/],
  ])('%j is a wrong option', (options, message) => {
    expect(() => new ResourceGathering(options as ResourceGatheringOptions)).toThrow(message);
  });
});
