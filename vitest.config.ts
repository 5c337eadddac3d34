import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (name: string) => fileURLToPath(new URL(`./packages/${name}/src/index.ts`, import.meta.url));
const script = (name: string) => fileURLToPath(new URL(`./scripts/${name}`, import.meta.url));

// Tests run from source: the workspace packages are aliased to their entry points.
export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@collm\/(torch|lm|sandbox|envs|minecraft|marl|serve)$/,
        replacement: `${fileURLToPath(new URL('./packages/', import.meta.url))}$1/src/index.ts`,
      },
      { find: /^collm$/, replacement: source('collm') },
      { find: /^fast-check$/, replacement: script('seeded-fast-check.ts') },
    ],
  },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
