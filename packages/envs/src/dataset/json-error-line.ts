/** Finds the line where a text stops being JSON; not every V8 says so. */

const scalar = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;

type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma';

/**
 * The line, from 1, of the first character that cannot stand where it stands. Runs over the text once and keeps what is
 * open in a list of its own, so that nesting cannot exhaust the stack.
 *
 * @param text what `JSON.parse` refused
 */
export function jsonErrorLine(text: string): number {
  const open: ('{' | '[')[] = [];
  /** What may come next. */
  let want = 'value' as Expected;
  let at = 0;
  const lineAt = (end: number) => {
    let line = 1;
    for (let i = text.indexOf('\n'); i >= 0 && i < end; i = text.indexOf('\n', i + 1)) line++;
    return line;
  };
  for (; at < text.length; at++) {
    const char = text[at] as string;
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') continue;
    const start = at;
    if (char === '"') {
      const end = endOfString(text, at);
      if (end === null || want === 'colon' || want === 'comma') return lineAt(start);
      at = end;
      want = want === 'key' || want === 'first key' ? 'colon' : 'comma';
    } else if (char === '{' || char === '[') {
      if (want !== 'value' && want !== 'first value') return lineAt(start);
      open.push(char);
      want = char === '{' ? 'first key' : 'first value';
    } else if (char === '}' || char === ']') {
      const emptyOr = char === '}' ? 'first key' : 'first value';
      if ((want !== 'comma' && want !== emptyOr) || open.pop() !== (char === '}' ? '{' : '['))
        return lineAt(start);
      want = 'comma';
    } else if (char === ',') {
      if (want !== 'comma' || open.length === 0) return lineAt(start);
      want = open.at(-1) === '{' ? 'key' : 'value';
    } else if (char === ':') {
      if (want !== 'colon') return lineAt(start);
      want = 'value';
    } else {
      while (at + 1 < text.length && /[\w.+-]/.test(text[at + 1] as string)) at++;
      const word = text.slice(start, Math.min(at + 1, start + 400));
      if ((want !== 'value' && want !== 'first value') || !scalar.test(word)) return lineAt(start);
      want = 'comma';
    }
  }
  return lineAt(text.length);
}

/** Place of the closing quote, or null where the string holds what it must not, or never ends. */
function endOfString(text: string, start: number): number | null {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at;
    if (code < 0x20) return null;
    if (code !== 0x5c) continue;
    at++;
    const escaped = text[at] ?? '';
    if (escaped === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 1, at + 5))) at += 4;
    else if (!'"\\/bfnrt'.includes(escaped) || escaped === '') return null;
  }
  return null;
}
