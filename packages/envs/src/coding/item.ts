/** One programming problem, and how records become problems (coding spec, 2, 3 and 16.9-16.10). */
import { optionalTextField, textField } from '../dataset/fields.js';
import { type Dropped, type LoadedSplit, loadItems } from '../dataset/load-items.js';
import type { DataRecord, DataSource } from '../dataset/source.js';
import type { Item } from '../env.js';
import { pythonTrim } from '../text/python-text.js';
import { importsOf, readDefLine } from './extraction.js';
import { occurrences, skipSpace, wordEnd } from './python-scan.js';
import { checkBody, isTestLine, testLines } from './test-lines.js';

/** A function to write. Plain data; carried by identity through an episode. */
export interface CodingItem extends Item {
  /** `task_id` of the record, or its place. */
  readonly id: string;
  /** Signature and docstring, possibly after imports. */
  readonly prompt: string;
  /** Text with a `check` function. */
  readonly test: string;
  /** Name of the function. */
  readonly entryPoint: string;
  /** As the skeleton in the prompts shows them: `numbers: List[int], k`; '' for none. */
  readonly parameters: string;
  /** Import lines of the prompt; the program starts with them. */
  readonly imports: string;
  /** All tests, the candidate named. */
  readonly tests: readonly string[];
}

/** The fields a record needs. */
export const recordFields = 'records with the fields task_id, prompt, test and entry_point';

/**
 * The problem of a record. `task_id` may be a number; without one the problem is known by its place.
 *
 * @throws {EnvError} `bad_dataset` naming the place of a field that is missing or no text
 */
export function readCodingItem(record: DataRecord): CodingItem {
  const { task_id } = record.value;
  const id = typeof task_id === 'number' ? String(task_id) : optionalTextField(record, 'task_id');
  const prompt = textField(record, 'prompt');
  const test = textField(record, 'test');
  const entryPoint = pythonTrim(textField(record, 'entry_point'));
  return {
    id: id ?? record.where,
    prompt,
    test,
    entryPoint,
    parameters: parametersOf(prompt) ?? '',
    imports: importsOf(prompt),
    tests: testLines(test, entryPoint),
  };
}

/** Why nobody can be asked for the function of a problem, or null (spec 3 and 16.10). */
function unusable({ entryPoint, parameters }: CodingItem): string | null {
  if (entryPoint === '') return 'no entry point';
  return parameters === '' ? 'no parameters in the prompt' : null;
}

/** The problems that an expression selects, with what was dropped and what deserves a remark. */
export function loadSplit(source: DataSource, expression: string | null): LoadedSplit<CodingItem> {
  const read = (record: DataRecord): CodingItem | Dropped => {
    const item = readCodingItem(record);
    const dropped = unusable(item);
    return dropped === null ? item : { dropped };
  };
  return loadItems(source, expression, read, remarksOn);
}

/**
 * What stands between the parentheses of the first `def name(...)` in a text, tidied; null where no function has
 * parameters.
 */
export function parametersOf(text: string): string | null {
  for (const at of occurrences(text, 'def')) {
    const name = skipSpace(text, at + 3);
    if (name === at + 3) continue;
    const end = wordEnd(text, name);
    const open = skipSpace(text, end);
    if (end === name || text[open] !== '(') continue;
    const close = text.indexOf(')', open);
    if (close < 0) return null;
    if (close > open + 1) {
      return text
        .slice(open + 1, close)
        .split(',')
        .map(pythonTrim)
        .join(', ');
    }
  }
  return null;
}

/** Why the best reward of a problem may be out of reach, or its prompt misleading; it is kept all the same (16.9). */
function remarksOn({ prompt, test, entryPoint, tests }: CodingItem): string[] {
  const remarks: string[] = [];
  const first = prompt
    .split('\n')
    .map(readDefLine)
    .find((def) => def !== null);
  if (first?.name !== entryPoint) remarks.push('the prompt defines another function first');
  if (tests.length === 0) remarks.push('no test can be used, so that the reward is 1.5 at most');
  const body = (checkBody(test) ?? []).map((line) => ({
    indent: skipSpace(line, 0),
    line: pythonTrim(line),
  }));
  const lines = body.filter(({ line }) => line !== '');
  const outer = lines[0]?.indent ?? 0;
  const used = lines.filter(({ line }) => isTestLine(line));
  if (used.some(({ indent }) => indent > outer)) remarks.push('a test stands inside a loop or a block');
  if (used.some(({ line }) => goesOn(line)))
    remarks.push('a test goes on in the next line, so that it fails');
  if (lines.some(({ line }) => line.startsWith('assert') && !isTestLine(line))) {
    remarks.push('an assert does not call the candidate and is not used');
  }
  return remarks;
}

/** A line whose brackets stay open, or that ends in a backslash. */
function goesOn(line: string): boolean {
  let depth = 0;
  let quote = '';
  for (let index = 0; index < line.length; index++) {
    const character = line[index] as string;
    if (character === '\\') index++;
    else if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if (character === '#') break;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
  }
  return depth > 0 || line.endsWith('\\');
}
