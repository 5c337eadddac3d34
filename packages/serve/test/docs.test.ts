import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { defaultLimits } from '../src/index.js';
import { ServerMetrics } from '../src/metrics.js';

const page = readFileSync(new URL('../../../docs/deploy.md', import.meta.url), 'utf8');

it('docs/deploy.md knows every metric, and no other', () => {
  const start = page.indexOf('### Metrics');
  const rows = page.slice(start, page.indexOf('### Security', start)).match(/^\| `.*?\|/gm) ?? [];
  const listed = rows.flatMap((row) => [...row.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
  const { registry } = new ServerMetrics(() => ({ models: [], engines: [] }));
  expect(listed.sort()).toEqual(
    registry
      .getMetricsAsArray()
      .map(({ name }) => name)
      .sort(),
  );
});

it('docs/deploy.md tells the bounds as they are', () => {
  const { maxBodyBytes, maxBatch, maxQueue, maxChoices, maxConnections, requestSeconds, headersSeconds } =
    defaultLimits;
  expect(page).toContain(`a body above ${maxBodyBytes / 2 ** 20} MiB`);
  expect(page).toContain(`side by side (${maxBatch}) and waiting (${maxQueue})`);
  expect(page).toContain(`at most ${maxChoices} responses per request`);
  expect(page).toContain(`connections (${maxConnections})`);
  expect(page).toContain(`more than ${requestSeconds} seconds to arrive (its headers ${headersSeconds})`);
});
