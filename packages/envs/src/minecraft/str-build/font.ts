/** The 5×5 block letters (minecraft spec, 2.3). */

/** Rows and columns of a glyph. */
const GLYPH_SIZE = 5;

const GLYPHS: ReadonlyMap<string, readonly string[]> = new Map(
  `
A 01110 10001 11111 10001 10001
B 11110 10001 11110 10001 11110
C 01111 10000 10000 10000 01111
D 11110 10001 10001 10001 11110
E 11111 10000 11110 10000 11111
F 11111 10000 11110 10000 10000
G 01111 10000 10111 10001 01110
H 10001 10001 11111 10001 10001
I 11111 00100 00100 00100 11111
J 00111 00010 00010 10010 01100
K 10001 10010 11100 10010 10001
L 10000 10000 10000 10000 11111
M 10001 11011 10101 10001 10001
N 10001 11001 10101 10011 10001
O 01110 10001 10001 10001 01110
P 11110 10001 11110 10000 10000
Q 01110 10001 10001 10011 01111
R 11110 10001 11110 10010 10001
S 01111 10000 01110 00001 11110
T 11111 00100 00100 00100 00100
U 10001 10001 10001 10001 01110
V 10001 10001 10001 01010 00100
W 10001 10001 10101 11011 10001
X 10001 01010 00100 01010 10001
Y 10001 01010 00100 00100 00100
Z 11111 00010 00100 01000 11111
`
    .trim()
    .split('\n')
    .map((line): [string, string[]] => {
      const [letter, ...rows] = line.split(' ');
      return [letter as string, rows.map((row) => row.replaceAll('1', '#').replaceAll('0', '.'))];
    }),
);

const BLANK = '.'.repeat(GLYPH_SIZE);

/**
 * Draws a word in upper case: 5 rows, top row first, `#` for a cell of a letter and `.` for background. A
 * character without a glyph leaves five empty columns.
 * @param spacing empty columns between characters, 0 or more
 */
export function drawWord(word: string, spacing: number): string[] {
  const gap = '.'.repeat(spacing);
  const letters = [...word.toUpperCase()];
  return Array.from({ length: GLYPH_SIZE }, (_, row) =>
    letters.map((letter) => GLYPHS.get(letter)?.[row] ?? BLANK).join(gap),
  );
}
