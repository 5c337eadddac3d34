/**
 * The small scans that the coding rules are made of. They stand for Python's regular expressions `\s`, `\w` and `\b`, which
 * JavaScript reads differently, and look at each character once or twice: what they read is untrusted.
 */
import { isPythonSpace, isPythonWord } from '../text/python-text.js';

/** The first index from `from` on that holds no white space. */
export function skipSpace(text: string, from: number): number {
  let index = from;
  while (index < text.length && isPythonSpace(text.charCodeAt(index))) index++;
  return index;
}

/** The start of the white space that ends before `end`. */
export function skipSpaceBack(text: string, end: number): number {
  let index = end;
  while (index > 0 && isPythonSpace(text.charCodeAt(index - 1))) index--;
  return index;
}

/** The end of the word that starts at `from`; `from` itself where there is none. */
export function wordEnd(text: string, from: number): number {
  let index = from;
  while (index < text.length) {
    const codePoint = text.codePointAt(index) as number;
    if (!isPythonWord(codePoint)) break;
    index += codePoint > 0xffff ? 2 : 1;
  }
  return index;
}

/** The start of the word that ends before `end`; `end` itself where there is none. */
export function wordStart(text: string, end: number): number {
  let index = end;
  for (let size = wordSizeBefore(text, index); size > 0; size = wordSizeBefore(text, index)) index -= size;
  return index;
}

/** UTF-16 length of the word character that ends before `end`, or 0. */
function wordSizeBefore(text: string, end: number): number {
  if (end === 0) return 0;
  const low = text.charCodeAt(end - 1);
  const paired = low >= 0xdc00 && low <= 0xdfff && end > 1;
  const codePoint = paired ? (text.codePointAt(end - 2) as number) : low;
  if (codePoint > 0xffff) return isPythonWord(codePoint) ? 2 : 0;
  return isPythonWord(low) ? 1 : 0;
}

/** True if the text has one of the two triple quotes at its start; which one. */
export function tripleQuote(text: string): '"""' | "'''" | null {
  if (text.startsWith('"""')) return '"""';
  return text.startsWith("'''") ? "'''" : null;
}

/** A docstring's first line, trimmed, closes it too. (Four quotes in a row count as closed.) */
export function closesItself(trimmed: string, quote: string): boolean {
  return trimmed.endsWith(quote) && trimmed.length > 3;
}

/** The indices at which `part` occurs, without overlaps. */
export function* occurrences(text: string, part: string): Generator<number> {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) yield at;
}
