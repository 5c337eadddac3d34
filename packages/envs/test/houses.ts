/** Houses for tests, and records as data files hold them. */
import type { DataSource } from '../src/index.js';
import { HouseBuild, type HouseBuildItem, type HouseBuildOptions } from '../src/index.js';

type Dict = Record<string, unknown>;

/** A source with one split of records. */
export function houseSource(records: readonly Dict[], name = 'houses.json'): DataSource {
  return {
    name,
    splits: new Map([['', records.map((value, index) => ({ value, where: `${name}:${index + 1}` }))]]),
  };
}

/** A box of 3 by 2 by 2: a floor of stone, on it two logs with air in between. */
export const hut: Dict = {
  task_id: 'hut',
  inventory: { S: 'stone', L: 'oak_log', A: 'air' },
  target_spec: {
    layers: [
      { y: 0, rows: ['SSS', 'SSS'] },
      { y: 1, rows: ['LAL', 'AAA'] },
    ],
  },
};

/** A change of the hut's layers. */
export function hutWith(layers: unknown, more: Dict = {}): Dict {
  return { ...hut, target_spec: { layers }, ...more };
}

/** The environment over one record, with the house's own blocks unless others are given. */
export function houseEnv(
  options: HouseBuildOptions = {},
  record: Dict = hut,
): { env: HouseBuild; item: HouseBuildItem } {
  const env = new HouseBuild(
    { trainSplit: '[:]', evalSplit: null, blocks: [], ...options },
    houseSource([record]),
  );
  return { env, item: env.trainItems[0] as HouseBuildItem };
}

/** One turn on one house. */
export function playHouse(options: HouseBuildOptions, responses: readonly string[], record: Dict = hut) {
  const { env, item } = houseEnv(options, record);
  return env.step(env.reset(item), responses);
}
