/**
 * Finding the action in a response: one JSON object, among whatever else a model writes (minecraft spec, 9 and 10).
 * Any text at all is legal; work is linear in its length.
 */
import { isJsonObject, type JsonObject, readLiteral } from './literal-reader.js';
import { pythonTrim } from './python-text.js';

/** Objects within more objects than this are not looked at one by one, which bounds the work. */
const MAX_NESTING = 16;

const closers: Readonly<Record<string, string>> = { '{': '}', '[': ']', '(': ')' };

/**
 * The action of a response in the tolerant reading: the text, the text from its first `{` on, that up to the last `}`, and
 * every balanced object, each as it stands and with its brackets repaired, are read as JSON, then as a Python literal. The
 * object with most of the keys wins, a later one among equals; null where there is no object.
 */
export function tolerantAction(response: string, keys: readonly string[]): JsonObject | null {
  let best: JsonObject | null = null;
  let bestCount = 0;
  const tried = new Set<string>();
  for (const candidate of candidatesOf(pythonTrim(response))) {
    for (const text of [candidate, repairBrackets(candidate)]) {
      if (tried.has(text)) continue;
      tried.add(text);
      const value = readLiteral(text, 'json') ?? readLiteral(text, 'python');
      if (!isJsonObject(value)) continue;
      const count = keys.filter((key) => Object.hasOwn(value, key)).length;
      if (count < bestCount) continue;
      best = value;
      bestCount = count;
    }
  }
  return best;
}

/** The action of a response in the strict reading: its first balanced object, which must be JSON; else null. */
export function strictAction(response: string): JsonObject | null {
  const [first] = balancedObjects(response);
  const value = first === undefined ? undefined : readLiteral(response.slice(...first), 'json');
  return isJsonObject(value) ? value : null;
}

function candidatesOf(text: string): string[] {
  const first = text.indexOf('{');
  if (first < 0) return [];
  const last = text.lastIndexOf('}');
  return [
    text,
    text.slice(first),
    ...(last > first ? [text.slice(first, last + 1)] : []),
    ...balancedObjects(text).map(([start, end]) => text.slice(start, end)),
  ];
}

/**
 * Where the balanced `{...}` of a text start and end (exclusive), by start. Braces in strings do not count; a string ends
 * at the end of its line at the latest, so that an apostrophe swallows no more than that.
 */
export function balancedObjects(text: string): [start: number, end: number][] {
  const open: number[] = [];
  const pairs: [number, number][] = [];
  for (const { at, bracket } of brackets(text, () => open.length > 0)) {
    if (bracket === '{') open.push(at);
    else if (bracket === '}') {
      const start = open.pop();
      if (start !== undefined) pairs.push([start, at + 1]);
    }
  }
  pairs.sort(([a], [b]) => a - b);
  const around: number[] = [];
  return pairs.filter(([start, end]) => {
    while ((around.at(-1) ?? Number.POSITIVE_INFINITY) <= start) around.pop();
    around.push(end);
    return around.length <= MAX_NESTING;
  });
}

/**
 * The text with brackets that match: a closing one that fits no open one is left out, one that fits an outer one closes
 * those inside first, and what is open at the end is closed.
 */
export function repairBrackets(text: string): string {
  const parts: string[] = [];
  const open: string[] = [];
  const openOf: Record<string, number> = { '}': 0, ']': 0, ')': 0 };
  let start = 0;
  const close = () => {
    const closer = open.pop() as string;
    openOf[closer] = (openOf[closer] as number) - 1;
    return closer;
  };
  for (const { at, bracket } of brackets(text, () => open.length > 0)) {
    const closer = closers[bracket];
    if (closer !== undefined) {
      open.push(closer);
      openOf[closer] = (openOf[closer] as number) + 1;
      continue;
    }
    parts.push(text.slice(start, at));
    start = at + 1;
    if (openOf[bracket] === 0) continue;
    let closed: string;
    do {
      closed = close();
      parts.push(closed);
    } while (closed !== bracket);
  }
  parts.push(text.slice(start));
  while (open.length > 0) parts.push(close());
  return parts.join('');
}

/**
 * The brackets of a text that stand outside of strings.
 *
 * @param inside whether something is open at the time of asking: quotes outside of everything are prose
 */
function* brackets(text: string, inside: () => boolean): Generator<{ at: number; bracket: string }> {
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] as string;
    if (quote !== '') {
      if (character === '\\') at++;
      else if (character === quote || character === '\n') quote = '';
    } else if (character === '"' || character === "'") {
      if (inside()) quote = character;
    } else if ('{}[]()'.includes(character)) yield { at, bracket: character };
  }
}
