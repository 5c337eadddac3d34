/** Where HouseBuild's houses come from (minecraft spec, 3.2). */
import { type LoadedSplit, loadItems } from '../../dataset/load-items.js';
import { type DataSource, ownSource } from '../../dataset/source.js';
import { generateHouses } from './generate.js';
import { type HouseBuildItem, houseBuildItem } from './item.js';

/** Houses of the builtin data set. Four in five train with the default splits. */
const BUILTIN_HOUSES = 40;
const BUILTIN_SEED = 7;

let builtin: DataSource | undefined;

/** Our own houses, all different: one file of records like those of a user. */
export function builtinHouses(): DataSource {
  builtin ??= ownSource(generateHouses(BUILTIN_HOUSES, BUILTIN_SEED));
  return builtin;
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
