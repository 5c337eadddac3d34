/** The items of a split, made one by one from its records. */
import type { Item, SplitReport } from '../env.js';
import { EnvError } from '../env-error.js';
import { checkUniqueIds, type DataRecord, type DataSource, Notes, recordsOfSplit } from './source.js';
import { selectSplit } from './split.js';

/** Why a record is left out although it is well formed. */
export interface Dropped {
  readonly dropped: string;
}

/** A split: its items, where each was found, and what is to be said about them. */
export interface LoadedSplit<I extends Item> {
  readonly items: readonly I[];
  readonly places: readonly string[];
  readonly report: SplitReport;
}

/**
 * Reads the records that a split's expression selects.
 *
 * @param expression null for no items
 * @param read makes an item of a record and its position in its split from 1, or says why the record is left out
 * @param remarksOn what deserves to be said about an item that is kept; called once for each, in order
 * @throws {EnvError} `bad_dataset` for what `read` throws, an id that occurs twice, or when no item is left
 */
export function loadItems<I extends Item>(
  source: DataSource,
  expression: string | null,
  read: (record: DataRecord, position: number) => I | Dropped,
  remarksOn: (item: I) => readonly string[] = () => [],
): LoadedSplit<I> {
  const nothing = { items: [], places: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  if (expression === null) return nothing;
  const records = recordsOfSplit(source, expression).map((record, index) => ({ record, index }));
  const selected = selectSplit(records, expression);
  const dropped = new Notes();
  const remarks = new Notes();
  const kept: { item: I; id: string; where: string }[] = [];
  for (const { record, index } of selected) {
    const item = read(record, index + 1);
    if ('dropped' in item) {
      dropped.add(item.dropped, record.where);
      continue;
    }
    kept.push({ item, id: item.id, where: record.where });
    for (const remark of remarksOn(item)) remarks.add(remark, record.where);
  }
  if (kept.length === 0) {
    const reasons = dropped.list().map(({ reason, count }) => `; ${count}: ${reason}`);
    throw new EnvError(
      'bad_dataset',
      `\`${expression}\` leaves no items: it selects ${selected.length} of ${records.length} records of ${source.name}${reasons.join('')}. Choose another split or slice.`,
    );
  }
  checkUniqueIds(kept);
  return {
    items: kept.map(({ item }) => item),
    places: kept.map(({ where }) => where),
    report: {
      records: selected.length,
      items: kept.length,
      dropped: dropped.list(),
      remarks: remarks.list(),
    },
  };
}
