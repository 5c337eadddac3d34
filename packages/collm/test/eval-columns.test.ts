import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerEvalCommand } from '../src/commands/eval-register.js';
import { processIo } from '../src/io.js';
import { columnsFor, commonColumns, type Figures, taskColumns } from '../src/protocols/columns.js';

const common = { seconds: 1.5, tokens: 30, score_percent: 75, score: 0.75, reward: 3, return: 3, turns: 2 };

const valuesOf = (own: Figures) =>
  Object.fromEntries(
    columnsFor([{ ...common, ...own }]).map(({ title, value }) => [title, value({ ...common, ...own })]),
  );

describe('columns', () => {
  const general = { 'time (s)': 1.5, tokens: 30, 'score (%)': 75 };
  it.each([
    ['StrBuild', { iou: 0.5, adj_ratio: 0.25, coverage: 1 }, { Adj: 25, IoU: 50 }],
    ['HouseBuild', { iou: 0.5, match: 0.4, hp: 80, redundancy: 9 }, { IoU: 50, HP: 80, match: 40 }],
    [
      'coding',
      { test_pass_rate: 0.5, bonus_reward: 0.75, timeouts: 1 },
      { 'pass rate': 50, cooperation: 50 },
    ],
    [
      'writing',
      { structure_reward: 0.5, length_reward: 0.25, diversity_reward: 0.25, style_reward: 0.98 },
      { structure: 100, length: 25, vocabulary: 50, style: 98 },
    ],
  ])('of %s', (_, own, columns) => {
    const values = valuesOf(own as unknown as Figures);
    expect(Object.keys(values)).toEqual([...Object.keys(general), ...Object.keys(columns)]);
    expect(values).toEqual({ ...general, ...columns });
  });

  it('of a task of its own are its first metrics as they are', () => {
    const own = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name, index) => [name, index]));
    expect(valuesOf(own)).toEqual({ ...general, a: 0, b: 1, c: 2, d: 3, e: 4 });
  });

  it('are those that any episode has something for', () => {
    expect(columnsFor([common, { ...common, iou: 1 }]).map(({ title }) => title)).toContain('IoU');
    expect(columnsFor([]).map(({ title }) => title)).toEqual(Object.keys(general));
  });
});

describe('docs/protocols.md', () => {
  const page = readFileSync(new URL('../../../docs/protocols.md', import.meta.url), 'utf8');

  it('defines every column', () => {
    for (const { title } of commonColumns) expect(page).toContain(`| ${title} |`);
    for (const { title } of taskColumns) expect(page).toContain(`\`${title}\``);
  });

  it('names every option', () => {
    const program = new Command();
    registerEvalCommand(program, processIo, () => undefined);
    const options = program.commands[0]?.options.map(({ long }) => long as string) ?? [];
    expect(options.length).toBeGreaterThan(10);
    for (const option of options.filter((one) => one !== '--debug')) expect(page).toContain(`\`${option}`);
  });
});
