/** Where HouseBuild's houses come from (minecraft spec, 3.2). */
import { type LoadedSplit, loadItems } from '../../dataset/load-items.js';
import { type DataSource, ownSource } from '../../dataset/source.js';
import { generateHouses } from './generate.js';
import { type HouseBuildItem, houseBuildItem } from './item.js';
import { tinyHouses } from './tiny-houses.js';

/** Houses of the builtin data set. Four in five train with the default splits. */
const BUILTIN_HOUSES = 40;
const BUILTIN_SEED = 7;

/** Houses of the data set `tiny`: `[:16]` to train on and `[16:]` to evaluate on. */
const TINY_HOUSES = 24;
const TINY_SEED = 3;

let builtin: DataSource | undefined;
let tiny: DataSource | undefined;

/**
 * Our own houses, all different: one file of records like those of a user.
 *
 * @param dataset `tiny` for the tiny ones; anything else stands for the builtin ones
 */
export function ownHouses(dataset: string): DataSource {
  builtin ??= ownSource(generateHouses(BUILTIN_HOUSES, BUILTIN_SEED));
  if (dataset !== 'tiny') return builtin;
  tiny ??= ownSource(tinyHouses(TINY_HOUSES, TINY_SEED), 'tiny');
  return tiny;
}

/**
 * The houses that an expression selects; none for null. A house that looks like an earlier one under another id weighs
 * twice, which the report remarks.
 *
 * @throws {EnvError} `bad_dataset` naming file and place of what is wrong
 */
export function loadHouses(source: DataSource, expression: string | null): LoadedSplit<HouseBuildItem> {
  const seen = new Set<string>();
  return loadItems(source, expression, houseBuildItem, ({ box, plan, blocks }) => {
    const look = JSON.stringify([box, plan.map((index) => blocks[index])]);
    if (seen.has(look)) return ['the same blocks as an earlier house'];
    seen.add(look);
    return [];
  });
}
