import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();
const docs = readFileSync(new URL('../../../docs/command-line.md', import.meta.url), 'utf8');

/** Commands, as they are typed, and their help. */
const helps = new Map<string, string>();

async function read(words: readonly string[]): Promise<void> {
  const { out } = await space.collm([...words, '--help']);
  const list = /\nCommands:\n((?: .*\n)+)/.exec(out)?.[1];
  if (list === undefined) {
    helps.set(words.join(' '), out);
    return;
  }
  for (const [, name = ''] of list.matchAll(/^ {2}([\w-]+)/gm))
    if (name !== 'help') await read([...words, name]);
}

beforeAll(() => read([]));

afterAll(() => space[Symbol.dispose]());

describe('the help of every command', () => {
  it('has an example and `--debug`, and `--runs-dir` where it takes a run', () => {
    expect(helps.size).toBeGreaterThan(25);
    for (const [name, help] of helps) {
      expect(help, name).toMatch(
        new RegExp(`\\nExamples?(, which [^\\n]+)?:\\n  (\\w+=\\S+ )?collm ${name}`),
      );
      expect(help, name).toContain('  --debug ');
      if (/^Usage: .*<run|--resume <run>/m.test(help)) expect(help, name).toContain('  --runs-dir <dir> ');
      if (help.includes('  --agent <i> '))
        expect(help.replace(/\s+/g, ' '), name).toContain('from 0, as in agent-0');
    }
  });

  it('is about a command that the page on the command line lists', () => {
    const rows = docs
      .split('\n')
      .flatMap((line) => /^\| (`collm [^|]*(?:\\\|[^|]*)*) \|/.exec(line)?.[1] ?? []);
    for (const name of helps.keys()) {
      const [group = '', command] = name.split(' ');
      const listed = rows.filter(
        (row) =>
          row.includes(`collm ${name}`) || (row.includes(`collm ${group}`) && row.includes(`\`${command}\``)),
      );
      expect(listed.length, name).toBeGreaterThan(0);
    }
  });
});
