/** Posts and abstracts of data sets as items (writing spec, 2 and 10.9). */
import { optionalTextField, textField } from '../dataset/fields.js';
import {
  checkUniqueIds,
  type DataRecord,
  type DataSource,
  Notes,
  recordsOfSplit,
  splitName,
} from '../dataset/source.js';
import { selectSplit } from '../dataset/split.js';
import type { Item, SplitReport } from '../env.js';
import { EnvError } from '../env-error.js';
import { pythonTrim } from '../text/python-text.js';
import type { WritingTask } from './task.js';

export interface WritingItem extends Item {
  /** The post or abstract. The reward never reads it. */
  readonly source: string;
}

/** The items of a split, where they were found, and what was found on the way. */
export interface LoadedSplit {
  readonly items: readonly WritingItem[];
  readonly places: readonly string[];
  readonly report: SplitReport;
}

/**
 * Reads the records that a split's expression selects. Records whose source text is blank are left out and counted.
 *
 * @param expression null for no items
 * @throws {EnvError} `bad_dataset` for a field of the wrong type, an id that occurs twice, or when no item is left
 */
export function loadItems(task: WritingTask, data: DataSource, expression: string | null): LoadedSplit {
  if (expression === null) {
    return { items: [], places: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  }
  const prefix = [task.name, splitName(expression)].filter((part) => part !== '').join('_');
  const rows = recordsOfSplit(data, expression).map((record, row) => ({
    record,
    id: `${prefix}_${row + 1}`,
  }));
  const selected = selectSplit(rows, expression);
  const dropped = new Notes();
  const found: { item: WritingItem; where: string }[] = [];
  for (const { record, id } of selected) {
    const { where } = record;
    const source = record.value[task.field] === null ? '' : textField(record, task.field);
    if (pythonTrim(source) === '') dropped.add(`\`${task.field}\` is blank`, where);
    else found.push({ item: { id: givenId(record) ?? id, source }, where });
  }
  if (found.length === 0) {
    throw new EnvError(
      'bad_dataset',
      `\`${expression}\` leaves no items: it selects ${selected.length} of ${rows.length} records of ${data.name}, and \`${task.field}\` is blank in all that it selects. Choose another split or slice.`,
    );
  }
  checkUniqueIds(found.map(({ item, where }) => ({ id: item.id, where })));
  return {
    items: found.map(({ item }) => item),
    places: found.map(({ where }) => where),
    report: { records: selected.length, items: found.length, dropped: dropped.list(), remarks: [] },
  };
}

/** The report on the evaluation items, with a remark on those that are trained on: a file without splits has them. */
export function evalReport({ places, report }: LoadedSplit, train: LoadedSplit): SplitReport {
  const trained = new Set(train.places);
  const remarks = new Notes();
  for (const place of places) if (trained.has(place)) remarks.add('also a training item', place);
  return { ...report, remarks: remarks.list() };
}

/** An item of a record from elsewhere, which needs no source text to be scored. */
export function itemOf(task: WritingTask, value: Readonly<Record<string, unknown>>): WritingItem {
  const record = { value, where: 'item' };
  return { id: givenId(record) ?? task.name, source: optionalTextField(record, task.field) ?? '' };
}

/** The id that a record brings, as a text. */
function givenId(record: DataRecord): string | undefined {
  const { id } = record.value;
  return typeof id === 'number' || typeof id === 'bigint' ? String(id) : optionalTextField(record, 'id');
}
