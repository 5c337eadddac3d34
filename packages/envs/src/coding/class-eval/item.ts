/** A class whose methods a team shares out, and how records become classes (coding spec, 15). */
import { optionalTextField, textField } from '../../dataset/fields.js';
import {
  checkUniqueIds,
  type DataRecord,
  type DataSource,
  Notes,
  selectRecords,
} from '../../dataset/source.js';
import type { Item, SplitReport } from '../../env.js';
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

/**
 * The classes that an expression selects. Those without a method to write are dropped and counted.
 *
 * @throws {EnvError} `bad_dataset` for records that are wrong, an id that occurs twice, or nothing selected
 */
export function loadClasses(
  source: DataSource,
  expression: string | null,
): { items: ClassEvalItem[]; report: SplitReport } {
  if (expression === null) return { items: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  const records = selectRecords(source, expression);
  const dropped = new Notes();
  const remarks = new Notes();
  const kept: { item: ClassEvalItem; id: string; where: string }[] = [];
  for (const record of records) {
    const item = readClassEvalItem(record);
    if (item.methods.length === 0) {
      dropped.add('no method to write', record.where);
      continue;
    }
    if (item.methods.length === 1) remarks.add('a single method, which cannot be shared out', record.where);
    kept.push({ item, id: item.id, where: record.where });
  }
  checkUniqueIds(kept);
  if (kept.length === 0) {
    throw new EnvError(
      'bad_dataset',
      `\`${expression}\` selects no class with methods to write of ${source.name}. Choose another slice.`,
    );
  }
  const report = {
    records: records.length,
    items: kept.length,
    dropped: dropped.list(),
    remarks: remarks.list(),
  };
  return { items: kept.map(({ item }) => item), report };
}
