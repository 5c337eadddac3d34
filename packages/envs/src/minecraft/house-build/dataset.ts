/** Where HouseBuild's houses come from (minecraft spec, 3.2). */
import {
  checkUniqueIds,
  type DataRecord,
  type DataSource,
  Notes,
  recordsOfSplit,
} from '../../dataset/source.js';
import { selectSplit } from '../../dataset/split.js';
import type { SplitReport } from '../../env.js';
import { EnvError } from '../../env-error.js';
import { generateHouses } from './generate.js';
import { type HouseBuildItem, houseBuildItem } from './item.js';

/** Houses of the builtin data set. Four in five train with the default splits. */
const BUILTIN_HOUSES = 40;
const BUILTIN_SEED = 7;

let builtin: DataSource | undefined;

/** Our own houses, all different: one file of records like those of a user. */
export function builtinHouses(): DataSource {
  builtin ??= {
    name: 'builtin',
    splits: new Map([
      [
        '',
        generateHouses(BUILTIN_HOUSES, BUILTIN_SEED).map((value, index) => ({
          value,
          where: `builtin:${index + 1}`,
        })),
      ],
    ]),
  };
  return builtin;
}

/** A split: its items, and what is to be said about them. */
export interface HouseSplit {
  readonly items: readonly HouseBuildItem[];
  readonly report: SplitReport;
}

/**
 * The houses that an expression selects; none for null. All records of its file are checked.
 *
 * @throws {EnvError} `bad_dataset` naming file and place of what is wrong
 */
export function loadHouses(source: DataSource, expression: string | null): HouseSplit {
  if (expression === null) return { items: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  const records = recordsOfSplit(source, expression);
  if (records.length === 0) throw new EnvError('bad_dataset', `${source.name} holds no houses.`);
  const all = records.map((record, index) => ({ record, item: houseBuildItem(record, index + 1) }));
  checkUniqueIds(all.map(({ record: { where }, item: { id } }) => ({ id, where })));
  const selected = selectSplit(all, expression);
  const remarks = twins(selected);
  return {
    items: selected.map(({ item }) => item),
    report: { records: selected.length, items: selected.length, dropped: [], remarks: remarks.list() },
  };
}

/** Houses that look like an earlier one under another id: they weigh twice. */
function twins(houses: readonly { readonly record: DataRecord; readonly item: HouseBuildItem }[]): Notes {
  const notes = new Notes();
  const seen = new Set<string>();
  for (const { record, item } of houses) {
    const look = JSON.stringify([item.box, item.plan.map((index) => item.blocks[index])]);
    if (seen.has(look)) notes.add('the same blocks as an earlier house', record.where);
    seen.add(look);
  }
  return notes;
}
