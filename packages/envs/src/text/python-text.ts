/**
 * Python's reading of text, which the reference rewards depend on: white space, lines, integers and `.4f`
 * (minecraft spec, 1.1-1.3 and 3.10). Written as scans rather than regular expressions, because responses are
 * untrusted and V8's matcher can run out of stack on a line of some million characters.
 */

const ONE_CHARACTER_DIGITS = /^\p{Nd}$/u;
const ONE_WORD_CHARACTER = /^[\p{L}\p{N}]$/u;

/** Python refuses to convert decimal strings with more digits than this. */
const MAX_INT_DIGITS = 4300;

/** White space that `str.strip()` removes, but `int()` refuses. */
const SEPARATORS = ['\x1c', '\x1d', '\x1e', '\x1f'];

/** True for the UTF-16 code units that `str.isspace()`, `str.strip()` and `\s` take as white space. */
export function isPythonSpace(code: number): boolean {
  if (code < 0x80) return code === 0x20 || (code >= 0x09 && code <= 0x0d) || (code >= 0x1c && code <= 0x1f);
  return (
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** True for the code points that `\w` takes as part of a word: letters, numbers of all scripts and the underscore. */
export function isPythonWord(codePoint: number): boolean {
  if (codePoint < 0x80) {
    return (
      (codePoint >= 0x61 && codePoint <= 0x7a) ||
      (codePoint >= 0x41 && codePoint <= 0x5a) ||
      (codePoint >= 0x30 && codePoint <= 0x39) ||
      codePoint === 0x5f
    );
  }
  return ONE_WORD_CHARACTER.test(String.fromCodePoint(codePoint));
}

/** `str.lstrip()`. */
export function pythonTrimStart(text: string): string {
  let start = 0;
  while (start < text.length && isPythonSpace(text.charCodeAt(start))) start++;
  return text.slice(start);
}

/** `str.strip()`. */
export function pythonTrim(text: string): string {
  let end = text.length;
  while (end > 0 && isPythonSpace(text.charCodeAt(end - 1))) end--;
  return pythonTrimStart(text.slice(0, end));
}

/** `str.split()`: the runs of characters that are no white space. */
export function pythonTokens(text: string): string[] {
  const tokens: string[] = [];
  let start = -1;
  for (let i = 0; i <= text.length; i++) {
    const inside = i < text.length && !isPythonSpace(text.charCodeAt(i));
    if (inside && start < 0) start = i;
    if (!inside && start >= 0) {
      tokens.push(text.slice(start, i));
      start = -1;
    }
  }
  return tokens;
}

function isLineBreak(code: number): boolean {
  return (
    (code >= 0x0a && code <= 0x0d) ||
    (code >= 0x1c && code <= 0x1e) ||
    code === 0x85 ||
    code === 0x2028 ||
    code === 0x2029
  );
}

/** `str.splitlines()`: CRLF is one break, and a break at the very end opens no further line. */
export function pythonSplitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (!isLineBreak(code)) continue;
    lines.push(text.slice(start, i));
    if (code === 0x0d && text.charCodeAt(i + 1) === 0x0a) i++;
    start = i + 1;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Value 0 to 9 of a Unicode decimal digit (category Nd), or -1 for any other code point. */
export function decimalDigitValue(codePoint: number): number {
  if (codePoint < 0x80) return codePoint >= 0x30 && codePoint <= 0x39 ? codePoint - 0x30 : -1;
  if (!isDecimal(codePoint)) return -1;
  // Digits come in runs of ten that start at zero; where runs touch, the count wraps.
  let before = 0;
  while (isDecimal(codePoint - before - 1)) before++;
  return before % 10;
}

function isDecimal(codePoint: number): boolean {
  return ONE_CHARACTER_DIGITS.test(String.fromCodePoint(codePoint));
}

/**
 * `int(text)`, or null where Python raises: surrounding white space, a sign, single underscores between digits
 * and any Unicode decimal digits are fine; decimals, exponents and hexadecimal are not. Values beyond 2^53 are
 * rounded, which is enough to tell that they lie outside every box.
 */
export function parsePythonInt(text: string): number | null {
  const body = pythonTrim(text);
  if (body.length > 4 * MAX_INT_DIGITS + 1) return null;
  if (SEPARATORS.some((separator) => text.includes(separator))) return null;
  const negative = body.startsWith('-');
  let digits = '';
  let afterDigit = false;
  for (const character of negative || body.startsWith('+') ? body.slice(1) : body) {
    if (character === '_' && afterDigit) {
      afterDigit = false;
      continue;
    }
    const value = decimalDigitValue(character.codePointAt(0) as number);
    if (value < 0) return null;
    digits += value;
    afterDigit = true;
  }
  if (!afterDigit || digits.length > MAX_INT_DIGITS) return null;
  const value = Number(digits);
  return negative && value !== 0 ? -value : value;
}

/** Python's `f"{value:.4f}"`: exact ties go to the even digit, and negative zero keeps its sign. */
export function pythonFixed4(value: number): string {
  if (Object.is(value, -0)) return '-0.0000';
  // A double is half-way between two 4-digit decimals only as an odd multiple of 1/32.
  const thirtySeconds = Math.abs(value) * 32;
  if (thirtySeconds % 2 !== 1) return value.toFixed(4);
  const below = Math.floor(thirtySeconds * 312.5);
  const even = below % 2 === 0 ? below : below + 1;
  return `${value < 0 ? '-' : ''}${(even / 10_000).toFixed(4)}`;
}
