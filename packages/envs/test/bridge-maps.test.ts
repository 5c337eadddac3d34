import { describe, expect, it } from 'vitest';
import { BridgeBuild } from '../src/minecraft/bridge-build/bridge-build.js';
import { generateBridges } from '../src/minecraft/bridge-build/generate.js';
import type { BridgeBuildItem } from '../src/minecraft/bridge-build/item.js';
import type { BridgeBuildOptions } from '../src/minecraft/bridge-build/settings.js';

describe('maps', () => {
  it('of our own are different, repeatable, of three sizes, and can be bridged at full marks', () => {
    const env = new BridgeBuild();
    expect([env.trainItems.length, env.evalItems.length]).toEqual([24, 8]);
    const all = [...env.trainItems, ...env.evalItems];
    expect(new Set(all.map(({ ground }) => ground)).size).toBe(32);
    expect(new Set(all.map(({ id }) => id)).size).toBe(32);
    expect(new Set(all.map(({ width, height }) => `${width}x${height}`))).toEqual(
      new Set(['8x8', '10x10', '13x11']),
    );
    expect(generateBridges(3, 5)).toEqual(generateBridges(3, 5));
    expect(generateBridges(3, 5)).not.toEqual(generateBridges(3, 6));
    for (const item of all) {
      expect(item.gap).toBeGreaterThanOrEqual(3);
      expect(solved(item)).toMatchObject({
        bridged: 1,
        touched_pillars: 0,
        joined_pillars: item.ground.split('Y').length - 1,
      });
    }
  });

  /** The metrics after filling every cell of void that is beside no false pillar. */
  function solved(item: BridgeBuildItem) {
    const env = new BridgeBuild({ maxCommands: 400 });
    const cells = [...item.ground].flatMap((kind, cell) => {
      const [x, z] = [cell % item.width, Math.floor(cell / item.width)];
      const near = [
        [0, 1],
        [1, 0],
        [0, -1],
        [-1, 0],
      ].some(([dx = 0, dz = 0]) => {
        const [column, row] = [x + dx, z + dz];
        return column >= 0 && column < item.width && item.ground[row * item.width + column] === 'N';
      });
      return kind === '.' && !near ? [`/fill ${x} ${z} ${x} ${z} oak_planks`] : [];
    });
    return env.step(env.reset(item), [JSON.stringify({ cmds: cells }), '']).metrics;
  }

  it.each([
    [{}, /item: `rows` is missing, but it must be a list of texts/],
    [{ rows: [] }, /`rows` is \[\]/],
    [{ rows: ['ST', 'S'] }, /row 2 of `rows` is "S", but it must have 2 characters/],
    [{ rows: ['ST', 5] }, /row 2 of `rows` is 5, but it must be a text/],
    [{ rows: ['S.T', '.x.'] }, /character 2 of row 2 of `rows` is "x"/],
    [{ rows: ['S..'] }, /it must hold the shore T/],
    [{ rows: ['..T'] }, /it must hold the shore S/],
    [{ rows: [`S${'.'.repeat(70)}T`] }, /a side has at most 64 cells/],
    [{ rows: ['ST'], task_id: [] }, /`task_id` is \[\], but it must be a text/],
  ])('%j is an error that names the place', (record, message) => {
    expect(() => new BridgeBuild().readItem(record)).toThrow(message);
  });

  it('come from files, with ids, splits and places in errors', () => {
    const source = (records: object[]) => ({
      name: 'maps.jsonl',
      splits: new Map([
        [
          '',
          records.map((value, i) => ({
            value: value as Record<string, unknown>,
            where: `maps.jsonl:${i + 1}`,
          })),
        ],
      ]),
    });
    const rows = ['S.T'];
    const env = new BridgeBuild(
      { trainSplit: '[:1]', evalSplit: null },
      source([{ rows, task_id: ' a ' }, { rows }]),
    );
    expect(env.trainItems.map(({ id }) => id)).toEqual(['a']);
    expect(env.dataReport).toMatchObject({ source: 'maps.jsonl', train: { items: 1 }, eval: { items: 0 } });
    expect(
      () =>
        new BridgeBuild(
          { trainSplit: '[:]' },
          source([
            { rows, task_id: 1 },
            { rows, task_id: '1' },
          ]),
        ),
    ).toThrow(/maps.jsonl:2: the id "1" stands at maps.jsonl:1/);
    expect(() => new BridgeBuild({}, source([{ rows }, { rows: 'S.T' }]))).toThrow(/^maps.jsonl:2: `rows`/);
    expect(() => new BridgeBuild({}, source([]))).toThrow(/leaves no items: it selects 0 of 0 records/);
  });

  it.each([
    [{ numAgents: 1 }, /numAgents/],
    [{ maxProbe: 4 }, /maxProbe/],
    [{ feedback: 'all' }, /feedback/],
    [{ blocks: ['air'] }, /needs at least one block that is not air/],
  ])('%j is a wrong option', (options, message) => {
    expect(() => new BridgeBuild(options as BridgeBuildOptions)).toThrow(message);
  });
});
