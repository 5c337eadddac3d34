/** Checks of the extracted functions that look at their text alone (coding spec, 6). They are the reference's, literally. */
import { isPythonSpace, pythonTrim } from '../text/python-text.js';
import {
  closesItself,
  occurrences,
  skipSpace,
  skipSpaceBack,
  tripleQuote,
  wordStart,
} from './python-scan.js';

/** A function with `return` and white space after it, anywhere: comments and docstrings count. */
export function isDefined(code: string): boolean {
  for (const at of occurrences(code, 'return')) {
    if (at + 6 < code.length && isPythonSpace(code.charCodeAt(at + 6))) return true;
  }
  return false;
}

/** A call of `aux`, a word of its own before a parenthesis, anywhere (`\baux\s*\(`): comments and strings count. */
export function usesAux(main: string): boolean {
  for (const at of occurrences(main, 'aux')) {
    if (wordStart(main, at) === at && main[skipSpace(main, at + 3)] === '(') return true;
  }
  return false;
}

/** True where nothing but the call of `aux` is left of the main function. An empty one is no wrapper. */
export function isWrapper(main: string): boolean {
  if (main === '') return false;
  const [first, second, ...more] = statementLines(main);
  if (first === undefined) return true;
  if (second === undefined) return first.startsWith('return ') && first.includes('aux');
  if (more.length > 0) return false;
  const name = assignedFromAux(first);
  return name !== null && second === `return ${name}`;
}

/** The trimmed lines without blank lines, comments, docstrings and lines that start with `def `. */
function statementLines(code: string): string[] {
  const kept: string[] = [];
  let inDocstring = false;
  for (const line of code.split('\n')) {
    const trimmed = pythonTrim(line);
    if (inDocstring) {
      inDocstring = !(line.includes('"""') || line.includes("'''"));
      continue;
    }
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('def ')) continue;
    const quote = tripleQuote(trimmed);
    if (quote !== null) inDocstring = !closesItself(trimmed, quote);
    else kept.push(trimmed);
  }
  return kept;
}

/** The first name in a line that is followed by `= aux(`, or null. */
function assignedFromAux(line: string): string | null {
  for (const at of occurrences(line, 'aux')) {
    if (line[skipSpace(line, at + 3)] !== '(') continue;
    const equals = skipSpaceBack(line, at) - 1;
    if (line[equals] !== '=') continue;
    const end = skipSpaceBack(line, equals);
    const start = wordStart(line, end);
    if (start < end) return line.slice(start, end);
  }
  return null;
}

/**
 * A line that is exactly `aux`, one white-space character and one character in parentheses. The reference's pattern
 * meant calls whose value is dropped, but lost its quantifiers.
 */
export function hasIgnoredCall(main: string): boolean {
  return main.split('\n').some((line) => {
    const trimmed = pythonTrim(line);
    if (!trimmed.startsWith('aux') || !isPythonSpace(trimmed.charCodeAt(3)) || trimmed[4] !== '(')
      return false;
    const inside = trimmed.codePointAt(5);
    if (inside === undefined || inside === 0x29) return false;
    return trimmed.slice(inside > 0xffff ? 7 : 6) === ')';
  });
}
