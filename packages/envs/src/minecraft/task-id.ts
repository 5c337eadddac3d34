/** How the items of these tasks are called (minecraft spec, 3.2). */
import { badField } from '../dataset/fields.js';
import type { DataRecord } from '../dataset/source.js';
import { pythonTrim } from '../text/python-text.js';

/** `task_id` of a record, or the task's name and the position from 1, zero-padded to 4 digits. */
export function idOf(record: DataRecord, task: string, position: number): string {
  const { task_id: id } = record.value;
  if (id === undefined || id === null) return `${task}_${String(position).padStart(4, '0')}`;
  const text = typeof id === 'number' ? String(id) : typeof id === 'string' ? pythonTrim(id) : '';
  if (text === '') throw badField(record, '`task_id`', id, 'it must be a text');
  return text;
}
