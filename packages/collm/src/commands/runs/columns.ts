/** Lists for terminals and for other programs: one line each, columns aligned with spaces. */
import { columnsOf } from '../../terminal-text.js';

export interface Column<T> {
  readonly head: string;
  /** Right for numbers. */
  readonly align?: 'right';
  readonly cell: (item: T) => string;
  /** Columns with the lowest number stay longest where the terminal is narrow; those without one always stay. */
  readonly spare?: number;
}

const GAP = 2;

/** A line of heads and one per item; `width` is how wide the terminal is, null where there is none. */
export function columnsText<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  width: number | null,
): string {
  const drawn = columns.map(({ head, align, cell, spare }) => {
    const cells = [head, ...items.map(cell)];
    return { cells, align, spare, width: Math.max(...cells.map(columnsOf)) };
  });
  const needed = () => drawn.reduce((sum, column) => sum + column.width + GAP, -GAP);
  while (width !== null && needed() > width) {
    const least = Math.max(...drawn.map(({ spare = -1 }) => spare));
    if (least < 0) break;
    drawn.splice(
      drawn.findIndex(({ spare }) => spare === least),
      1,
    );
  }
  const lines = Array.from({ length: items.length + 1 }, (_, row) =>
    drawn
      .map((column) => {
        const text = column.cells[row] as string;
        const gap = ' '.repeat(column.width - columnsOf(text));
        return column.align === 'right' ? gap + text : text + gap;
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}
