/** The tests of a problem, taken from its `check` function line by line (coding spec, 7, 8 and 10). */
import type { SandboxTest } from '@collm/sandbox';
import { isPythonSpace, pythonTrim } from '../text/python-text.js';
import { occurrences, skipSpace, wordEnd } from './python-scan.js';

const HEADER = 'def check(candidate):';

/** How many tests feedback looks at: the first `k`, the last `-k`, or all of them for 0, `all` and null. */
export type SandboxSlice = number | 'all' | null;

/** The lines of `check` up to the next function, or null where the text has no `check`. */
export function checkBody(test: string): string[] | null {
  const header = test.indexOf(HEADER);
  if (header < 0) return null;
  const start = header + HEADER.length;
  const end = test.indexOf('\n\ndef', start);
  return test.slice(start, end < 0 ? test.length : end).split('\n');
}

/** `assert`, white space, and the candidate somewhere after it. */
export function isTestLine(trimmed: string): boolean {
  return (
    trimmed.startsWith('assert') && isPythonSpace(trimmed.charCodeAt(6)) && trimmed.includes('candidate', 7)
  );
}

/**
 * The assert lines of `check` with the candidate named. Asserts over several lines keep their first line only, and then
 * always fail.
 *
 * @param slice the reward uses all tests, feedback a few
 */
export function testLines(test: string, entryPoint: string, slice: SandboxSlice = null): string[] {
  const all = (checkBody(test) ?? []).map(pythonTrim).filter(isTestLine);
  return [...new Set(sliceOf(all, slice))].map((line) => line.split('candidate').join(entryPoint));
}

function sliceOf<T>(all: readonly T[], slice: SandboxSlice): readonly T[] {
  if (slice === null || slice === 'all' || slice === 0) return all;
  return slice > 0 ? all.slice(0, slice) : all.slice(slice);
}

/** A test as the reward runs it: an equality is first evaluated side by side, so its function runs twice. */
export function rewardTest(line: string): SandboxTest {
  const equality = readEquality(line);
  const whole = { mode: 'exec', source: line } as const;
  if (equality === null) return { steps: [whole] };
  return {
    steps: [{ mode: 'eval', source: equality.call }, { mode: 'eval', source: equality.expected }, whole],
  };
}

/** A test as feedback and baselines run it: once. */
export function plainTest(line: string): SandboxTest {
  return { steps: [{ mode: 'exec', source: line }] };
}

/** `assert NAME(ARGS) == EXPR` with no `)` among the arguments: the first place in the line that reads so, or null. */
function readEquality(line: string): { call: string; expected: string } | null {
  let close = -1;
  for (const at of occurrences(line, 'assert')) {
    const name = skipSpace(line, at + 6);
    const open = wordEnd(line, name);
    if (name === at + 6 || open === name || line[open] !== '(') continue;
    if (close <= open) close = line.indexOf(')', open);
    if (close < 0) return null;
    const equals = skipSpace(line, close + 1);
    if (!line.startsWith('==', equals)) continue;
    const expected = line.slice(skipSpace(line, equals + 2));
    if (expected !== '') return { call: line.slice(name, close + 1), expected };
  }
  return null;
}
