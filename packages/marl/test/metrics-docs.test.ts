import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CC, fakeRun, MAGRPO } from './fakes/runs.js';

it('every metric that a run reports is defined in docs/metrics.md, and every definition is of use', async () => {
  const page = await readFile(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name as string);
  const patterns = documented.map((name) => ({
    name,
    // `agent_i`, `turn_k` stand for numbers, `<name>` for any name; evaluation means come with `_se`.
    pattern: new RegExp(
      `^${name
        .replace(/_[ik]\//, '_\\d+/')
        .replace(/<.*>/, '\\w+')
        .replace(/^(eval\/.*)$/, '$1(_se)?')}$`,
    ),
  }));
  const reported = new Set<string>();
  for (const algorithm of [CC, MAGRPO]) {
    for (const event of (await fakeRun({ algorithm })).events) {
      if (event.type !== 'step-finished' && event.type !== 'evaluation-finished') continue;
      for (const name of Object.keys(event.metrics)) reported.add(name);
    }
  }
  for (const name of reported) {
    expect(
      patterns.filter(({ pattern }) => pattern.test(name)),
      `${name} is not in docs/metrics.md`,
    ).not.toHaveLength(0);
  }
  // What only agents and critics with language models report.
  const ofModels = /^(agent_i\/(ratio|approx_kl|clip_fraction)|critic\/(input_tokens|truncated))$/;
  for (const { name, pattern } of patterns) {
    if (ofModels.test(name)) continue;
    expect(
      [...reported].some((own) => pattern.test(own)),
      `docs/metrics.md defines ${name}, which no run reports`,
    ).toBe(true);
  }
});
