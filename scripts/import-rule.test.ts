// Imports go down only (docs/architecture.md). This proves that the lint enforces it, for every pair of packages.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './steps.mjs';

/** What each package may import. */
const allowed: Record<string, readonly string[]> = {
  torch: [],
  sandbox: [],
  envs: ['sandbox'],
  lm: ['torch'],
  minecraft: ['envs'],
  marl: ['torch', 'lm', 'envs'],
  serve: ['torch', 'lm'],
  collm: ['torch', 'lm', 'sandbox', 'envs', 'marl', 'serve', 'minecraft'],
};
const names = Object.keys(allowed);
const pairs = names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));

/** Every way of writing an import of package `to` from packages/<from>/src. */
function spellings(to: string): Record<string, string> {
  const specifier = to === 'collm' ? 'collm' : `@collm/${to}`;
  return {
    named: `export { x } from '${specifier}';\n`,
    type: `import type { X } from '${specifier}';\nexport type Y = X;\n`,
    dynamic: `export const x = import('${specifier}');\n`,
    subpath: `export { x } from '${specifier}/part/of.js';\n`,
    relative: `export { x } from '../../${to}/src/index.js';\n`,
  };
}

describe('the import rule', () => {
  let folder: string;
  let refused: Set<string>;

  // One run of the linter over a small copy of the workspace, with the project's own configuration.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'collm-import-rule-'));
    const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    delete config.$schema;
    writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
    for (const { from, to } of pairs) {
      for (const [spelling, text] of Object.entries(spellings(to))) {
        const path = join(folder, 'packages', from, 'src', `${to}-${spelling}.ts`);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    }
    refused = new Set(lint(folder).filter((file) => file.startsWith('packages/')));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(pairs)('$from importing $to', ({ from, to }) => {
    const legal = allowed[from]?.includes(to) ?? false;
    for (const spelling of Object.keys(spellings(to))) {
      const file = `packages/${from}/src/${to}-${spelling}.ts`;
      expect({ file, refused: refused.has(file) }).toEqual({ file, refused: !legal });
    }
  });
});

it('covers every package of the workspace', () => {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    workspaces: string[];
  };
  expect(workspaces.map((path) => path.replace('packages/', '')).sort()).toEqual([...names].sort());
});

// The linter cannot tell an import of types from one of values, so this reads the sources.
it('marl imports types of envs only', () => {
  const source = join(root, 'packages/marl/src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  );
  for (const file of files) {
    const text = readFileSync(join(source, file), 'utf8');
    const values = [...text.matchAll(/^(?:import|export)(?! type)[^;]*?from '@collm\/envs[^']*'/gm)];
    expect({ file, values: values.map(([line]) => line) }).toEqual({ file, values: [] });
  }
});

/** The files in which the linter's import rule finds something. */
function lint(folder: string): string[] {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  let report: string;
  try {
    report = execFileSync(
      process.execPath,
      [biome, 'lint', '--only=style/noRestrictedImports', '--reporter=json', '--max-diagnostics=none', '.'],
      { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
  } catch (error) {
    // The exit code is not 0 when there are findings, which is the point.
    report = (error as { stdout: string }).stdout;
  }
  const { diagnostics } = JSON.parse(report) as {
    diagnostics: { category: string; location: { path: unknown } }[];
  };
  return diagnostics
    .filter(({ category }) => category === 'lint/style/noRestrictedImports')
    .map(({ location }) =>
      typeof location.path === 'string' ? location.path : (location.path as { file: string }).file,
    )
    .map((path) => path.replace(`${folder}/`, '').replace(/^\.\//, ''));
}
