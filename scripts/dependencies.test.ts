import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from './steps.mjs';

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const manifest = (folder: string): Record<string, Record<string, string> | undefined> =>
  JSON.parse(read(join(folder, 'package.json')));

it('docs/dependencies.md justifies every dependency, and no other', () => {
  const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] };
  const used = ['.', ...workspaces, 'packages/minecraft/server']
    .map(manifest)
    .flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies }))
    .filter((name) => !name.startsWith('@collm/'));
  const page = read('docs/dependencies.md');
  const npmTables = page.slice(page.indexOf('## npm packages at run time'));
  const listed = [...npmTables.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  expect([...listed].sort()).toEqual([...new Set(used)].sort());
});

it.each(['package-lock.json', 'packages/minecraft/server/package-lock.json'])(
  '%s names no host to download from',
  (path) => {
    expect(read(path)).not.toMatch(/"resolved": "[a-z+]*:\/\//);
  },
);

it('package-lock.json has the packages of every platform, without which "npm ci" refuses it', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !packages[`${place}/node_modules/${name}`] && !packages[`node_modules/${name}`])
      .map((name) => `${place}: ${name}`),
  );
  expect(missing).toEqual([]);
});
