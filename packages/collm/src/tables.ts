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

/** The same for documents; pipes that are escaped already stay so. */
export function markdownTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  const escaped = rows.map((row) => row.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')));
  return [head, rule, ...escaped].map(line).join('');
}
