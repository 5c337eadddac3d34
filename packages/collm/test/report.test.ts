import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LoggedEpisode } from '../src/run-store/records.js';
import { expectSelfContained, openingTags } from './html.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  await space.collm(['train', 'run.yaml', '--name', 'a']);
});
afterAll(() => space[Symbol.dispose]());

/** Writes the report and reads it. */
async function report(): Promise<string> {
  const path = space.path('runs/a/report.html');
  rmSync(path, { force: true });
  const { code, out, err } = await space.collm(['report', 'runs/a']);
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out).toContain('report.html');
  return readFileSync(path, 'utf8');
}

/** Changes every logged episode, calls, and puts the log back. */
async function withEpisodes<Result>(
  change: (episode: Mutable, index: number) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const path = space.path('runs/a/episodes.jsonl');
  const original = readFileSync(path, 'utf8');
  const records = original
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  records.filter(({ kind }) => kind === 'episode').forEach(change);
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  try {
    return await work();
  } finally {
    writeFileSync(path, original);
  }
}

type Writable<T> = T extends string | number | boolean | null | undefined
  ? T
  : { -readonly [K in keyof T]: Writable<T[K]> };
type Mutable = Writable<LoggedEpisode>;

describe('the report', () => {
  it('is one sound file that fetches nothing, runs nothing and refers to nothing that is not there', async () => {
    const html = await report();
    const tags = expectSelfContained(html);
    const headings = tags.filter(({ name }) => /^h\d$/.test(name)).map(({ name }) => Number(name[1]));
    expect(headings[0]).toBe(1);
    // No heading skips a level.
    for (const [index, level] of headings.entries()) {
      expect(level - (headings[index - 1] ?? 0)).toBeLessThanOrEqual(1);
    }
    for (const { attributes } of tags.filter(({ name }) => name === 'th')) {
      expect(attributes.get('scope')).toMatch(/^(row|col)$/);
    }
    const tables = html.match(/<table>/g)?.length ?? 0;
    expect(tables).toBeGreaterThan(4);
    expect(html.match(/<table><caption>[^<]/g)).toHaveLength(tables);
  });

  it('allows its own style sheet by hash', async () => {
    const html = await report();
    const style = /<style>([^<]*)<\/style>/.exec(html)?.[1] as string;
    expect(html).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(style).toContain('@media print');
  });

  it('reads without scripts: result, table, curves, episodes, configuration, commands', async () => {
    const html = await report();
    expect(html).toMatch(
      /In 6 training steps collm_cc (raised|lowered|left) the return of its evaluations from/,
    );
    expect(html).toContain('same-texture ratio (lower is better)');
    const titles = [...html.matchAll(/<figcaption><strong>([^<]*)</g)].map(([, title]) => title);
    expect(titles).toEqual([
      ...['Evaluation: return', 'Evaluation: coverage', 'Evaluation: IoU', 'Evaluation: same-texture ratio'],
      ...['Return while training', 'Value loss', 'Explained variance', 'Policy entropy', 'Gradient norm'],
      'Response length',
    ]);
    expect(html.match(/<svg class="plot"/g)).toHaveLength(titles.length);
    expect(html).toMatch(/aria-label="Evaluation: return\. return: 3 points, from -?\d/);
    // The second of two curves is dashed, and both are named.
    expect(html).toMatch(/class="line c1" stroke-dasharray="7 4"/);
    expect(html).toMatch(/<ul class="legend"><li>.*?agent 1<\/li><li>.*?agent 2<\/li>/);
    for (const why of ['Best', 'Median', 'Worst']) expect(html).toContain(`${why} of the last evaluation`);
    expect(html).toContain('Median of the last training step');
    expect(html).toMatch(/<th scope="col">coverage<\/th>.*<th scope="col">advantage 2<\/th>/);
    expect(html).toContain('<h5>Agent 2</h5>');
    expect(html).toContain('eval_generations: 3');
    expect(html).toMatch(/<th scope="row">train\.max_steps<\/th><td>6<\/td><td>null<\/td>/);
    expect(html).not.toContain('<th scope="row">train.shuffle</th>');
    expect(html).toContain('collm train runs/a/config.yaml --name a-again');
    // Nothing names this machine.
    expect(html).not.toContain(space.dir);
  });

  it('escapes what models, items and environments say', async () => {
    const evil = `</pre></style><script>alert(1)</script><img src=x onerror="alert('2')">&amp;`;
    const html = await withEpisodes((episode, index) => {
      if (index % 5 === 0) episode.failure = evil;
      episode.itemId = `${evil}${episode.itemId}`;
      for (const turn of episode.turns) {
        turn.components = { [evil]: 1 };
        turn.metrics = { ...turn.metrics, [evil]: 1 };
        for (const agent of turn.agents) agent.response = evil;
        const [message] = turn.agents[0]?.messages ?? [];
        if (message) Object.assign(message, { role: evil, content: evil });
        if (turn.picture) {
          turn.picture.caption = evil;
          turn.picture.rows = [[{ block: evil, target: true }]];
        }
      }
    }, report);
    expectSelfContained(html);
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).toContain('Failed: &lt;/pre&gt;');
  });

  it('stays small, and says what it leaves out, whatever the log holds', async () => {
    const small = (await report()).length;
    const html = await withEpisodes((episode) => {
      if (episode.step < 6) return;
      const [turn] = episode.turns as [Mutable['turns'][number]];
      const [agent] = turn.agents as [Mutable['turns'][number]['agents'][number]];
      agent.response = 'long '.repeat(4000);
      agent.messages = new Array(200).fill({ role: 'user', content: 'again' });
      episode.turns = new Array(20).fill(turn);
    }, report);
    expect(statSync(space.path('runs/a/report.html')).size).toBeLessThan(small + 2_000_000);
    expect(html).toContain('[14,000 characters left out]');
    expect(html).toContain('12 more turns left out.');
    expect(html).toContain('180 older messages left out.');
    openingTags(html);
  });

  it('is written of a run that has only begun', async () => {
    const path = space.path('runs/a/episodes.jsonl');
    const [episodes, metrics] = [path, space.path('runs/a/metrics.jsonl')].map((file) =>
      readFileSync(file, 'utf8'),
    ) as [string, string];
    writeFileSync(path, '');
    writeFileSync(space.path('runs/a/metrics.jsonl'), '');
    try {
      const html = await report();
      expectSelfContained(html);
      expect(html).toContain('there are no two evaluations to compare yet');
      expect(html).toContain('No step is finished yet.');
      expect(html).toContain('No episode is over yet.');
    } finally {
      writeFileSync(path, episodes);
      writeFileSync(space.path('runs/a/metrics.jsonl'), metrics);
    }
  });
});
