/** The methods that a class skeleton leaves open (coding spec, 15). */
import { pythonTrim } from '../../text/python-text.js';
import { readDefLine } from '../extraction.js';
import { closesItself, skipSpace, tripleQuote, wordEnd } from '../python-scan.js';

export interface Skeleton {
  readonly className: string;
  /** Names of the methods without a body, in order, each once. */
  readonly methods: readonly string[];
}

/** Statements that are no body. */
const EMPTY = /^(?:pass|\.\.\.|raise NotImplementedError.*)$/;

/** Reads the first class of a text and all its stubs; null where there is no class. */
export function readSkeleton(text: string): Skeleton | null {
  const lines = withoutDocstrings(text.split('\n'));
  const className = lines.map(classNameOf).find((name) => name !== null);
  if (className === undefined || className === null) return null;
  const starts = lines.flatMap((line, index) => (readDefLine(line) === null ? [] : [index]));
  const methods = starts.flatMap((start, index) => {
    const def = readDefLine(lines[start] as string);
    const body = bodyOf(lines.slice(start, starts[index + 1] ?? lines.length));
    return def !== null && body.every((line) => EMPTY.test(line)) ? [def.name] : [];
  });
  return { className, methods: [...new Set(methods)] };
}

/** The lines but those of texts that a triple quote begins. */
function withoutDocstrings(lines: readonly string[]): string[] {
  let quote: string | null = null;
  return lines.filter((line) => {
    const trimmed = pythonTrim(line);
    if (quote !== null) {
      if (trimmed.includes(quote)) quote = null;
      return false;
    }
    const opened = tripleQuote(trimmed);
    if (opened !== null && !closesItself(trimmed, opened)) quote = opened;
    return opened === null;
  });
}

function classNameOf(line: string): string | null {
  if (!line.startsWith('class')) return null;
  const start = skipSpace(line, 5);
  const end = wordEnd(line, start);
  return start > 5 && end > start ? line.slice(start, end) : null;
}

/** The trimmed statements after a signature, which may go over several lines, without comments and decorators. */
function bodyOf(lines: readonly string[]): string[] {
  const text = lines.join('\n');
  const [inline = '', ...below] = text.slice(signatureEnd(text)).split('\n');
  const end = below.findIndex((line) => line !== '' && skipSpace(line, 0) === 0);
  return [inline, ...(end < 0 ? below : below.slice(0, end))]
    .map(pythonTrim)
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('@'));
}

/** Where the signature at the start of a text is over: after the first colon outside brackets and texts. */
function signatureEnd(text: string): number {
  let depth = 0;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string;
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ':' && depth === 0) return index + 1;
  }
  return text.length;
}
