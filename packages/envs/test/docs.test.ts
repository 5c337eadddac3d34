import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { checkEnvironment, type Environment } from '../src/index.js';

const page = readFileSync(new URL('../../../docs/environments.md', import.meta.url), 'utf8');
/** The code of a language below a heading. */
const code = (heading: string, language: string) => {
  const [, section = ''] = page.split(`\n## ${heading}`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))]
    .map(([, text]) => text)
    .join('\n');
};

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'collm-docs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const load = async (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return import(path);
};

describe('docs/environments.md', () => {
  it('begins with code that runs', async () => {
    const source = fileURLToPath(new URL('../src/index.ts', import.meta.url));
    const print = vi.spyOn(console, 'log').mockImplementation(() => {});
    await load('start.mjs', code('Quick start', 'ts').replace("'@collm/envs'", JSON.stringify(source)));
    expect(print).toHaveBeenCalledTimes(3);
    expect(print.mock.calls[2]?.[0]).toBeGreaterThan(-3);
    print.mockRestore();
  });

  it('builds an environment that keeps every promise', async () => {
    const { default: meeting } = await load('meeting.mjs', code('Your own environment', 'js'));
    const { findings, notes } = await checkEnvironment(meeting);
    expect(findings.filter(({ failures }) => failures > 0)).toEqual([]);
    expect(notes).toEqual([]);
    const { trainItems, evalItems } = meeting as Environment;
    const common = [...trainItems, ...evalItems].map((day) => {
      const [first, second] = (day as unknown as { free: [number[], number[]] }).free;
      return first.filter((hour) => second.includes(hour)).length;
    });
    expect(common).toEqual(Array(10).fill(1));
  });
});
