/** A class whose methods a team shares out, and how records become classes (coding spec, 15). */
import { optionalTextField, textField } from '../../dataset/fields.js';
import { type Dropped, type LoadedSplit, loadItems } from '../../dataset/load-items.js';
import type { DataRecord, DataSource } from '../../dataset/source.js';
import type { Item } from '../../env.js';
import { EnvError } from '../../env-error.js';
import { readSkeleton } from './skeleton.js';

/** Plain data; carried by identity through an episode. */
export interface ClassEvalItem extends Item {
  /** `task_id` of the record, or its place. */
  readonly id: string;
  /** The class with its stubs. */
  readonly skeleton: string;
  readonly className: string;
  /** The methods to write, in the order of the skeleton. */
  readonly methods: readonly string[];
}

/** @throws {EnvError} `bad_dataset` naming the place of a field that is missing or no text, or a skeleton without a class */
export function readClassEvalItem(record: DataRecord): ClassEvalItem {
  const text = textField(record, 'skeleton');
  const skeleton = readSkeleton(text);
  if (skeleton === null) {
    throw new EnvError('bad_dataset', `${record.where}: the field \`skeleton\` holds no class.`);
  }
  return { id: optionalTextField(record, 'task_id') ?? record.where, skeleton: text, ...skeleton };
}

/** The classes that an expression selects. Those without a method to write are dropped and counted. */
export function loadClasses(source: DataSource, expression: string | null): LoadedSplit<ClassEvalItem> {
  const read = (record: DataRecord): ClassEvalItem | Dropped => {
    const item = readClassEvalItem(record);
    return item.methods.length === 0 ? { dropped: 'no method to write' } : item;
  };
  return loadItems(source, expression, read, ({ methods }) =>
    methods.length === 1 ? ['a single method, which cannot be shared out'] : [],
  );
}
