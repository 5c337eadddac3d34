/** Posts and abstracts of data sets as items (writing spec, 2 and 10.9). */
import { optionalTextField, textField } from '../dataset/fields.js';
import { type Dropped, type LoadedSplit, loadItems } from '../dataset/load-items.js';
import { type DataRecord, type DataSource, Notes, splitName } from '../dataset/source.js';
import type { Item, SplitReport } from '../env.js';
import { pythonTrim } from '../text/python-text.js';
import type { WritingTask } from './task.js';

export interface WritingItem extends Item {
  /** The post or abstract. The reward never reads it. */
  readonly source: string;
}

/** The items that a split's expression selects. Records whose source text is blank are left out and counted. */
export function loadSplit(
  task: WritingTask,
  data: DataSource,
  expression: string | null,
): LoadedSplit<WritingItem> {
  const prefix = [task.name, splitName(expression ?? '')].filter((part) => part !== '').join('_');
  return loadItems(data, expression, (record, position): WritingItem | Dropped => {
    const source = record.value[task.field] === null ? '' : textField(record, task.field);
    if (pythonTrim(source) === '') return { dropped: `\`${task.field}\` is blank` };
    return { id: givenId(record) ?? `${prefix}_${position}`, source };
  });
}

/** The report on the evaluation items, with a remark on those that are trained on: a file without splits has them. */
export function evalReport(
  { places, report }: LoadedSplit<WritingItem>,
  train: LoadedSplit<WritingItem>,
): SplitReport {
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
