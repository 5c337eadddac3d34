/** Slice expressions that pick the items of a split (minecraft spec, 2.2). */
import { parsePythonInt, pythonTrim } from '../text/python-text.js';

const SLICE = /\[([^:\]]*):([^\]]*)\]/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The items that a slice expression selects, in order. Expressions are Python slices in brackets with an
 * optional prefix (`train[:5]`, `[8:]`) or a bare `a:b`. Ends are integers (negative ones count from the end),
 * percentages (`[:50%]`) or decimals from 0 to 1 (a share of all items); shares are truncated. An end that does
 * not parse is no bound, and an expression without a colon selects everything.
 *
 * @example selectSplit(words, '[:8]')
 */
export function selectSplit<T>(items: readonly T[], expression: string): T[] {
  const colon = expression.indexOf(':');
  if (colon < 0) return [...items];
  const [, start, end] = SLICE.exec(expression) ?? [
    expression,
    expression.slice(0, colon),
    expression.slice(colon + 1),
  ];
  return items.slice(bound(start ?? '', items.length), bound(end ?? '', items.length));
}

/**
 * How many records from the first on are enough for all expressions: their largest end where every one counts from the
 * front in whole numbers, else Infinity.
 *
 * @example recordsNeeded(['train[:1000]', 'train[1000:1100]']) // 1100
 */
export function recordsNeeded(expressions: readonly string[]): number {
  const ends = expressions.map((expression) => {
    const [, start = '', end = ''] = SLICE.exec(expression) ?? [];
    const last = parsePythonInt(pythonTrim(end));
    const first = pythonTrim(start) === '' ? 0 : parsePythonInt(pythonTrim(start));
    return first === null || first < 0 || last === null || last < 0 ? Number.POSITIVE_INFINITY : last;
  });
  return Math.max(1, ...ends);
}

/** The index an end of a slice stands for, or undefined for no bound. */
function bound(text: string, total: number): number | undefined {
  const end = pythonTrim(text);
  if (end.endsWith('%')) {
    const percentage = decimal(end.slice(0, -1).trim());
    return percentage === undefined ? undefined : Math.trunc((total * percentage) / 100);
  }
  const integer = parsePythonInt(end);
  if (integer !== null) return integer;
  const share = decimal(end);
  return share !== undefined && share >= 0 && share <= 1 ? Math.trunc(total * share) : undefined;
}

function decimal(text: string): number | undefined {
  return DECIMAL.test(text) ? Number(text) : undefined;
}
