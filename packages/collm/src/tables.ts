import Table from 'cli-table3';

/** A table for terminals; the first row is its head, the first column its names. */
export function terminalTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, index) => (index === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}

/**
 * The same for documents; pipes that are escaped already stay so.
 *
 * @param left further columns that hold words, by place
 */
export function markdownTable(
  [head = [], ...rows]: readonly (readonly string[])[],
  left: readonly number[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = head.map((_, index) => (index === 0 || left.includes(index) ? '---' : '---:'));
  const escaped = rows.map((row) => row.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')));
  return [head, rule, ...escaped].map(line).join('');
}
