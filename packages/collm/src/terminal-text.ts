/** Text that others wrote, made fit for a terminal: nothing in it is obeyed, and it keeps to its columns. */

/**
 * What a terminal would obey instead of showing: control characters, those that turn the direction of writing around,
 * separators of lines, and halves of surrogate pairs.
 */
const OBEYED = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Shows on two columns: East Asian wide forms and pictograms. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]|\ufe0f/u;

let segmenter: Intl.Segmenter | undefined;

/** What is seen as one character each. Made when it is needed, since that takes a while. */
function* graphemes(line: string): Generator<string> {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  for (const { segment } of segmenter.segment(line)) yield segment;
}

/** One line of text in which everything can be seen: ESC is `\x1b`, tabs and ends of lines are `\t` and `\n`. */
export function visibleLine(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** Text of several lines in which everything else can be seen; tabs become spaces. */
export function visibleText(text: string): string {
  return text
    .replace(/\r\n/g, '\n')
    .replace(/\t/g, '    ')
    .replace(OBEYED, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  const known: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const code = character.charCodeAt(0).toString(16);
  return (
    known[character] ?? (code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`)
  );
}

/** Columns that a line without control characters takes on a terminal. */
export function columnsOf(line: string): number {
  // Most text is plain.
  if (/^[\x20-\x7e]*$/.test(line)) return line.length;
  let columns = 0;
  for (const grapheme of graphemes(line)) columns += graphemeColumns(grapheme);
  return columns;
}

function graphemeColumns(grapheme: string): number {
  if (/^[\p{Mn}\p{Me}\u200b-\u200d]+$/u.test(grapheme)) return 0;
  return WIDE.test(grapheme) ? 2 : 1;
}

/** Breaks lines at spaces where they are longer than so many columns, within words where there are none. */
export function wrapText(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns));
}

function wrapLine(line: string, columns: number): string[] {
  if (columnsOf(line) <= columns) return [line];
  const lines: string[] = [];
  let current = '';
  let used = 0;
  for (const grapheme of graphemes(line)) {
    const width = graphemeColumns(grapheme);
    if (used + width > columns) {
      const space = current.lastIndexOf(' ');
      const isIndent = current.slice(0, space + 1).trim() === '';
      const rest = grapheme === ' ' || space < 0 || isIndent ? '' : current.slice(space + 1);
      lines.push(current.slice(0, current.length - rest.length).trimEnd());
      current = rest;
      used = columnsOf(rest);
      if (grapheme === ' ') continue;
    }
    current += grapheme;
    used += width;
  }
  return [...lines, current];
}

/** Pads on the right up to so many columns. */
export function padColumns(line: string, columns: number): string {
  return line + ' '.repeat(Math.max(0, columns - columnsOf(line)));
}

/** Cuts a line to so many columns, with a mark. */
export function cutColumns(line: string, columns: number): string {
  if (columnsOf(line) <= columns) return line;
  let text = '';
  let used = 1;
  for (const grapheme of graphemes(line)) {
    used += graphemeColumns(grapheme);
    if (used > columns) break;
    text += grapheme;
  }
  return `${text}…`;
}
