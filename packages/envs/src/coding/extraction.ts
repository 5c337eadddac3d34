/**
 * What counts as an agent's code (coding spec, 5), in the reference's literal way: its accidents are part of the reward.
 * Nested functions end the function around them, and imports, constants and classes of a completion are lost.
 */
import { isPythonSpace, pythonTrim } from '../text/python-text.js';
import { closesItself, occurrences, skipSpace, tripleQuote, wordEnd } from './python-scan.js';

const FENCE = '```';

/** What a line needs none of to be taken for prose. */
const CODE_MARKS = ['def ', 'return ', 'if ', 'for ', 'while ', '=', '(', ')', '[', ']'];

/** `def name (` at the start of a line. */
export interface DefLine {
  /** Leading white-space characters. */
  readonly indent: number;
  readonly name: string;
}

/** Reads a line as the start of a function, or null. `async def` is none. */
export function readDefLine(line: string): DefLine | null {
  const indent = skipSpace(line, 0);
  if (!line.startsWith('def', indent)) return null;
  const nameStart = skipSpace(line, indent + 3);
  if (nameStart === indent + 3) return null;
  const nameEnd = wordEnd(line, nameStart);
  if (nameEnd === nameStart || line[skipSpace(line, nameEnd)] !== '(') return null;
  return { indent, name: line.slice(nameStart, nameEnd) };
}

/** True for lines that belong to a function whose `def` is indented by `base`, besides its docstring. */
function continuesBlock(line: string, base: number): boolean {
  if (line.startsWith('\t') || pythonTrim(line) === '') return true;
  let spaces = 0;
  while (spaces <= base && line[spaces] === ' ') spaces++;
  return spaces > base;
}

/** All functions of a completion, without what stands around them (spec 5.1); '' where there is none. */
export function clean(text: string): string {
  const unfenced = deleteWithSpace(deleteWithSpace(text, `${FENCE}python`), FENCE);
  const code = functionBlocks(unfenced.split('\n')).join('\n\n');
  return pythonTrim(
    code
      .split('\n')
      .filter((line) => !isProse(line))
      .join('\n'),
  );
}

/** Deletes every occurrence together with all white space that follows it, line ends too. */
function deleteWithSpace(text: string, part: string): string {
  const kept: string[] = [];
  let from = 0;
  for (const at of occurrences(text, part)) {
    kept.push(text.slice(from, at));
    from = skipSpace(text, at + part.length);
  }
  kept.push(text.slice(from));
  return kept.join('');
}

/** The functions among the lines, each as its text. Every `def` line starts a block, nested ones too. */
function functionBlocks(lines: readonly string[]): string[] {
  const blocks: string[][] = [];
  let block: string[] | null = null;
  let base = 0;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] as string;
    const def = readDefLine(line);
    if (def !== null) {
      block = [line];
      blocks.push(block);
      base = def.indent;
      continue;
    }
    if (block === null) continue;
    if (continuesBlock(line, base)) {
      block.push(line);
      continue;
    }
    const trimmed = pythonTrim(line);
    const quote = tripleQuote(trimmed);
    if (quote === null) {
      block = null;
      continue;
    }
    block.push(line);
    if (closesItself(trimmed, quote)) continue;
    while (++index < lines.length) {
      const inside = lines[index] as string;
      block.push(inside);
      if (inside.includes(quote)) break;
    }
  }
  return blocks.map((one) => one.join('\n'));
}

/** A line that looks like a sentence: a capital, a small letter, a full stop at the end, and nothing that code needs. */
function isProse(line: string): boolean {
  const trimmed = pythonTrim(line);
  return (
    /^[A-Z][a-z]/.test(trimmed) &&
    '.!?:'.includes(trimmed.at(-1) as string) &&
    !CODE_MARKS.some((mark) => line.includes(mark))
  );
}

/** The last function of exactly this name that the completion defines (spec 5.2); '' where there is none. */
export function extract(text: string, name: string): string {
  let captured: string[] | null = null;
  let base = 0;
  for (const line of clean(text).split('\n')) {
    const def = readDefLine(line);
    if (def !== null && def.name === name) {
      captured = [line];
      base = def.indent;
    } else if (captured !== null) {
      if (!continuesBlock(line, base)) break;
      captured.push(line);
    }
  }
  return captured === null ? '' : pythonTrim(captured.join('\n'));
}

/** The import lines of a problem's prompt, without repeats (spec 5.3). */
export function importsOf(prompt: string): string {
  const lines = prompt
    .split('\n')
    .map(pythonTrim)
    .filter((line) => isFromImport(line) || isPlainImport(line));
  return [...new Set(lines)].join('\n');
}

/** `from <dotted name> import <anything>`. */
function isFromImport(line: string): boolean {
  const from = afterWord(line, 0, 'from');
  if (from < 0) return false;
  let end = from;
  while (end < line.length && (line[end] === '.' || wordEnd(line, end) > end)) {
    end = line[end] === '.' ? end + 1 : wordEnd(line, end);
  }
  const keyword = skipSpace(line, end);
  if (end === from || keyword === end) return false;
  const rest = afterWord(line, keyword, 'import');
  return rest >= 0 && rest < line.length;
}

/** `import` and then only word characters, dots, commas and white space. */
function isPlainImport(line: string): boolean {
  const from = afterWord(line, 0, 'import');
  if (from < 0) return false;
  for (let at = from; at < line.length; ) {
    const end = wordEnd(line, at);
    if (end > at) at = end;
    else if (line[at] === '.' || line[at] === ',' || isPythonSpace(line.charCodeAt(at))) at++;
    else return false;
  }
  return true;
}

/** Where the text goes on after a word and the white space that has to follow it; -1 where they do not stand. */
function afterWord(line: string, at: number, word: string): number {
  if (!line.startsWith(word, at)) return -1;
  const end = at + word.length;
  const next = skipSpace(line, end);
  return next === end ? -1 : next;
}

/** The parts that are not empty, with a blank line between them (spec 5.4). */
export function joinParts(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** The program that the tests run against: the problem's imports and the two named functions, nothing else (spec 5.4). */
export function combinedProgram(imports: string, aux: string, main: string): string {
  return joinParts(imports, clean(aux), clean(main));
}
