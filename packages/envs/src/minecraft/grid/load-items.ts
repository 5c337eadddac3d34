/** Items of a data source, made one by one from its records. */
import { checkUniqueIds, type DataRecord, type DataSource, recordsOfSplit } from '../../dataset/source.js';
import { selectSplit } from '../../dataset/split.js';
import type { Item, SplitReport } from '../../env.js';
import { EnvError } from '../../env-error.js';
import { pythonTrim } from '../../text/python-text.js';

export interface LoadedSplit<I extends Item> {
  readonly items: readonly I[];
  readonly report: SplitReport;
}

/**
 * The items that an expression selects; none for null. All records of its file are checked.
 *
 * @param read makes an item of a record and its position from 1
 * @throws {EnvError} `bad_dataset` naming file and place of what is wrong
 */
export function loadItems<I extends Item>(
  source: DataSource,
  expression: string | null,
  read: (record: DataRecord, position: number) => I,
): LoadedSplit<I> {
  if (expression === null) return { items: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  const records = recordsOfSplit(source, expression);
  if (records.length === 0) throw new EnvError('bad_dataset', `${source.name} holds no maps.`);
  const all = records.map((record, index) => ({ where: record.where, item: read(record, index + 1) }));
  checkUniqueIds(all.map(({ where, item: { id } }) => ({ id, where })));
  const items = selectSplit(all, expression).map(({ item }) => item);
  return { items, report: { records: items.length, items: items.length, dropped: [], remarks: [] } };
}

/** A source of one split of a task's own records. */
export function ownSource(records: readonly Readonly<Record<string, unknown>>[]): DataSource {
  return {
    name: 'builtin',
    splits: new Map([['', records.map((value, index) => ({ value, where: `builtin:${index + 1}` }))]]),
  };
}

/** `task_id` of a record, or the task's name and the position, zero-padded to 4 digits. */
export function idOf(record: DataRecord, task: string, position: number): string {
  const { task_id: id } = record.value;
  if (id === undefined || id === null) return `${task}_${String(position).padStart(4, '0')}`;
  const text = typeof id === 'number' ? String(id) : typeof id === 'string' ? pythonTrim(id) : '';
  if (text === '') throw badMap(record, '`task_id`', id, 'it must be a text');
  return text;
}

/** What is wrong with a field of a record. */
export function badMap({ where }: DataRecord, field: string, value: unknown, why: string): EnvError {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value));
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return new EnvError('bad_dataset', `${where}: ${field} is ${shown}, but ${why}.`);
}
