import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { createRun } from '../src/run-store/run-folder.js';
import { expectSelfContained } from './html.js';
import { Workspace } from './workspace.js';

interface GivenRun {
  readonly name: string;
  readonly seed: number;
  /** Evaluations: environment steps and return. */
  readonly points: readonly (readonly [envSteps: number, value: number])[];
  readonly set?: readonly string[];
  readonly file?: string;
  readonly items?: readonly string[];
  readonly versions?: Readonly<Record<string, string>>;
}

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
  space.write(
    'house.yaml',
    'env: { type: house_build }\nagent_model: { path: model }\nalgorithm: { name: collm_cc }\n',
  );
});
afterEach(() => space[Symbol.dispose]());

/** Writes run folders as training would, under `runs/`. */
function write(...runs: readonly GivenRun[]): void {
  for (const { name, seed, points, ...more } of runs) {
    const { set = [], file = 'run.yaml', items = ['a', 'b'], versions = { collm: '1' } } = more;
    const config = loadConfig({
      files: [space.path(file)],
      assignments: [`train.seed=${seed}`, ...set],
      cwd: space.dir,
    });
    const { paths } = createRun(space.path('runs'), name, config, versions);
    const stamp = { attempt: 1, time: '2026-01-01T00:00:00Z' };
    const lines = (records: readonly object[]) =>
      [{ kind: 'attempt', step: 0 }, ...records]
        .map((record) => `${JSON.stringify({ ...record, ...stamp })}\n`)
        .join('');
    const metrics = points.map(([env_steps, value], step) => ({
      ...{ kind: 'eval', step, env_steps, metrics: { 'eval/return': value, 'eval/iou': value / 10 } },
    }));
    const episodes = items.map((itemId, episode) => ({
      ...{ kind: 'episode', phase: 'evaluation', step: 0, episode, itemId, return: 0, turns: [] },
    }));
    writeFileSync(paths.metrics, lines(metrics));
    writeFileSync(
      paths.episodes,
      lines([...episodes, { ...episodes[0], phase: 'train', step: 1, itemId: 'c' }]),
    );
  }
}

/** Runs of one configuration with these last returns, seeds from 1; they start at 0. */
function group(name: string, ends: readonly number[], more: Partial<GivenRun> = {}): GivenRun[] {
  return ends.map((end, index) => ({
    ...{ name: `${name}-${index + 1}`, seed: index + 1, points: [[0, 0] as const, [100, end] as const] },
    ...more,
  }));
}

const dc = ['algorithm.name=collm_dc', 'algorithm.discount=1'];

async function compareJson(...args: readonly string[]) {
  const { code, out, err } = await space.collm(['compare', ...args, '--json']);
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
}

describe('collm compare', () => {
  it('takes runs that differ only in their seeds for one group, and names groups by what differs', async () => {
    write(
      ...group('cc', [1, 2]),
      ...group('dc', [3, 4], { set: dc }),
      ...group('lambda', [5], { set: [...dc, 'algorithm.gae_lambda=0.5', 'train.keep_last=7'] }),
    );
    const { groups, configurations } = await compareJson('runs');
    expect(
      groups.map(({ name, runs }: { name: string; runs: { name: string }[] }) => [
        name,
        runs.map((run) => run.name),
      ]),
    ).toEqual([
      ['collm_cc', ['cc-1', 'cc-2']],
      ['collm_dc, gae_lambda=0', ['dc-1', 'dc-2']],
      ['collm_dc, gae_lambda=0.5', ['lambda-1']],
    ]);
    expect(configurations['algorithm.gae_lambda']).toEqual([0, 0, 0.5]);
    expect(configurations).not.toHaveProperty('train.keep_last');
  });

  it('names groups of one algorithm by their keys alone, and a single group by its algorithm', async () => {
    write(...group('a', [1]), ...group('b', [1], { set: ['train.agent_learning_rate=0.5'] }));
    const names = async (...args: string[]) =>
      (await compareJson(...args)).groups.map(({ name }: { name: string }) => name);
    expect(await names('runs')).toEqual(['agent_learning_rate=0.000005', 'agent_learning_rate=0.5']);
    expect(await names('runs/a-1')).toEqual(['collm_cc']);
    expect(await names('runs', '--by', 'algorithm')).toEqual(['collm_cc']);
    expect(await names('runs', '--by', 'train.agent_learning_rate')).toHaveLength(2);
  });

  it('compares at the last environment steps that all runs have', async () => {
    write(
      {
        name: 'long',
        seed: 1,
        points: [
          [0, 0],
          [100, 1],
          [200, 3],
        ],
      },
      {
        name: 'short',
        seed: 2,
        points: [
          [0, 2],
          [150, 5],
        ],
      },
    );
    const result = await compareJson('runs', '--target', '3');
    expect(result).toMatchObject({ metric: 'eval/return', from_env_steps: 0, at_env_steps: 150, target: 3 });
    const [only] = result.groups;
    // At 150 the long run is half way from 1 to 3. Areas: 100 · 0.5 + 50 · 1.5, and 150 · 3.5.
    expect(only.runs).toEqual([
      { name: 'long', seed: 1, value: 2, area: 125, mean_height: 125 / 150, env_steps_to_target: 200 },
      { name: 'short', seed: 2, value: 5, area: 525, mean_height: 3.5, env_steps_to_target: 150 },
    ]);
    expect(only.value).toEqual({ mean: 3.5, interval: { low: 2, high: 5 } });
    expect(only.target).toEqual({ reached: 2, median_env_steps: 175 });
    // The mean curve has every point of either run, up to where both have values.
    expect(
      only.curve.map((point: { env_steps: number; mean: number }) => [point.env_steps, point.mean]),
    ).toEqual([
      ...[
        [0, 1],
        [100, 2.5],
        [150, 3.5],
      ],
    ]);
    expect(result.warnings).toEqual([
      expect.stringMatching(/where the shortest run ends, short; the longest has 200/),
    ]);
  });

  it('counts runs that never reached the target as infinite', async () => {
    write(...group('cc', [1, 5, 1]));
    const reached = async (target: string) =>
      (await compareJson('runs', '--target', target)).groups[0].target;
    expect(await reached('4')).toEqual({ reached: 1, median_env_steps: null });
    expect(await reached('0.5')).toEqual({ reached: 3, median_env_steps: 100 });
    const { out } = await space.collm(['compare', 'runs', '--target', '9']);
    expect(out).toMatch(/env steps to 9[\s\S]*not reached/);
  });

  it('takes the target that all runs were trained with', async () => {
    write(...group('cc', [1, 5], { set: ['train.target_return=2'] }));
    expect(await compareJson('runs')).toMatchObject({ target: 2, groups: [{ target: { reached: 1 } }] });
    expect(await compareJson('runs', '--metric', 'eval/iou')).toMatchObject({ target: null });
  });

  it('shows a difference where there is one, and says so when it may be chance', async () => {
    write(
      ...group('cc', [5, 6, 5.5, 6.5]),
      ...group('dc', [1, 2, 1.5, 2], { set: dc }),
      ...group('same', [4, 6.5, 5, 7], { set: ['algorithm.gae_lambda=0.5'] }),
    );
    const { differences } = await compareJson('runs');
    expect(differences.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'higher',
      'open',
      'lower',
    ]);
    expect(differences[0]).toMatchObject({
      difference: { mean: 4.125 },
      probability_of_improvement: { mean: 1, interval: { low: 1, high: 1 } },
    });
    expect(differences[0].difference.interval.low).toBeGreaterThan(3);
    expect(differences[1].probability_of_improvement.mean).toBe(0.5);
    const { out } = await space.collm(['compare', 'runs']);
    expect(out).toMatch(/has a higher eval\/return than collm_dc at 100 environment steps/);
    expect(out).toMatch(/No difference is shown between .* it may be chance/);
    expect(out).toMatch(/Of 3 comparisons without any real difference, about 0\.150 would look like one/);
  });

  it('says nothing of differences that so few seeds cannot show', async () => {
    write(
      ...group('cc', [5, 5, 5]),
      ...group('dc', [1, 1, 1], { set: dc }),
      ...group('lambda', [1], { set: [...dc, 'algorithm.gae_lambda=1'] }),
    );
    const { differences, groups } = await compareJson('runs');
    expect(differences.map(({ verdict }: { verdict: string }) => verdict)).toEqual(
      new Array(3).fill('fewSeeds'),
    );
    expect(groups[2].value).toEqual({ mean: 1, interval: null });
    expect(differences[1].difference.interval).toBeNull();
    const { out } = await space.collm(['compare', 'runs']);
    expect(out).toContain(
      'too few seeds to say anything about collm_cc and collm_dc, gae_lambda=0: it takes 4 of each',
    );
    expect(out).toContain(
      'One seed says nothing of other seeds, so there is no interval: collm_dc, gae_lambda=1.',
    );
    expect(out).toContain('Intervals of 3 seeds are too narrow');
    // With less confidence three are enough.
    const { differences: bolder } = await compareJson('runs', '--confidence', '0.9');
    expect(bolder[0].verdict).toBe('higher');
  });

  it('counts the same run only once', async () => {
    const [first] = group('cc', [1]) as [GivenRun];
    write(
      first,
      {
        ...first,
        name: 'again',
        points: [
          [0, 0],
          [50, 1],
        ],
      },
      ...group('x', [0, 3]).slice(1),
    );
    const { groups, warnings } = await compareJson('runs');
    expect(groups[0].runs.map(({ name }: { name: string }) => name)).toEqual(['cc-1', 'x-2']);
    expect(warnings).toEqual([expect.stringMatching(/again has the configuration and seed of cc-1/)]);
  });

  it('says what a group of `--by` pools', async () => {
    write(...group('a', [1]), ...group('b', [2], { set: ['train.weight_decay=0.5'] }));
    const { groups, warnings } = await compareJson('runs', '--by', 'algorithm');
    expect(groups[0].seeds).toBe(2);
    expect(warnings).toEqual([
      expect.stringMatching(/collm_cc pools runs that also differ in train\.weight_decay/),
    ]);
  });

  it.each([
    [
      { file: 'house.yaml' },
      'env.type is str_build in cc-1, house_build in other-1: they are runs of other tasks',
    ],
    [{ set: ['env.num_turns=3'] }, 'env.num_turns is 2 in cc-1, 3 in other-1: the task is not the same'],
    [
      { set: ['train.eval_temperature=0.5'] },
      'train.eval_temperature is 1 in cc-1, 0.5 in other-1: they were evaluated otherwise',
    ],
    [{ set: ['train.top_p=0.5'] }, 'train.top_p is 1 in cc-1, 0.5 in other-1: they were evaluated otherwise'],
    [
      { set: ['algorithm.discount=0.5'] },
      'algorithm.discount is 1 in cc-1, 0.5 in other-1: returns are discounted sums',
    ],
    [
      { items: ['a', 'z'], set: ['train.weight_decay=0.5'] },
      'evaluation items differ with seed 1: cc-1 played a, b, other-1 a, z',
    ],
  ])('refuses an unfair comparison: %j', async (more, message) => {
    write(...group('cc', [1]), ...group('other', [2], more));
    const { code, out, err } = await space.collm(['compare', 'runs']);
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('These runs cannot be compared fairly by eval/return');
    expect(err).toContain(message);
    expect(err).toContain('--allow <key>');
  });

  it('compares what was asked for although it is unfair, and says so', async () => {
    write(...group('a', [1]), ...group('b', [2], { set: ['env.num_turns=3', 'algorithm.discount=0.5'] }));
    const allow = ['--allow', 'algorithm.discount'];
    const { groups, warnings } = await compareJson('runs', '--by', 'env.num_turns', ...allow);
    expect(groups.map(({ name }: { name: string }) => name)).toEqual(['num_turns=2', 'num_turns=3']);
    expect(warnings.join()).toMatch(/env\.num_turns is 2 in a-1.*algorithm\.discount is 1 in a-1/);
    // Figures without discount need no permission for it.
    const iou = ['--metric', 'eval/iou', '--allow', 'env.num_turns'];
    expect((await space.collm(['compare', 'runs', ...iou])).code).toBe(0);
  });

  it('warns of what makes figures less comparable', async () => {
    write(
      ...group('a', [1]),
      ...group('b', [2, 3], {
        set: ['train.eval_generations=9'],
        versions: { collm: '2' },
        items: ['a', 'b'],
      }),
      {
        name: 'c',
        seed: 3,
        points: [
          [0, 0],
          [100, 1],
        ],
        items: ['q'],
      },
    );
    const { warnings } = await compareJson('runs');
    expect(warnings.join('\n')).toMatch(/Seeds draw different evaluation items/);
    expect(warnings.join('\n')).toMatch(/episodes per item/);
    expect(warnings.join('\n')).toMatch(/other versions/);
  });

  it('finds runs by name, folder, folder of runs and pattern, each once', async () => {
    write(...group('cc', [1, 2]), ...group('dc', [1], { set: dc }));
    mkdirSync(space.path('runs/empty'));
    const count = async (...args: string[]) =>
      (await compareJson(...args)).groups.reduce(
        (sum: number, { seeds }: { seeds: number }) => sum + seeds,
        0,
      );
    expect(await count('cc-1')).toBe(1);
    expect(await count('cc-1', 'runs/cc-1', space.path('runs/cc-1'))).toBe(1);
    expect(await count('runs')).toBe(3);
    expect(await count('runs/cc-*')).toBe(2);
    expect(await count('*/?c-1')).toBe(2);
    for (const [given, message] of [
      ['cc-3', /There is no run cc-3\. Did you mean `cc-1`\?/],
      ['runs/x*', /`runs\/x\*` matches no run folder/],
      ['runs/empty', /no run folder/],
    ] as const) {
      const { code, err } = await space.collm(['compare', given]);
      expect(err).toMatch(message);
      expect(code).toBe(1);
    }
  });

  it('says what is wrong with metrics, keys and lengths', async () => {
    write(...group('cc', [1]), {
      name: 'late',
      seed: 2,
      points: [
        [500, 1],
        [600, 2],
      ],
    });
    const fails = async (message: RegExp, code: number, ...args: string[]) => {
      const outcome = await space.collm(['compare', ...args]);
      expect(outcome.err).toMatch(message);
      expect(outcome.code).toBe(code);
    };
    await fails(
      /cc-1 has no metric `eval\/retrun`\. Did you mean `eval\/return`\?/,
      1,
      'cc-1',
      '--metric',
      'eval/retrun',
    );
    await fails(/no run has that key\. Did you mean `train\.seed`\?/, 2, 'cc-1', '--by', 'train.sed');
    await fails(/No number of environment steps.*\n.*cc-1: 0 to 100\n.*late: 500 to 600/, 1, 'runs');
    await fails(/between 0 and 1/, 2, 'cc-1', '--confidence', '95');
    await fails(/exclude each other/, 2, 'cc-1', '--json', '--markdown');
    writeFileSync(space.path('runs/late/metrics.jsonl'), '');
    await fails(/late has reported nothing yet/, 1, 'runs');
  });

  it('draws the curves with letters', async () => {
    write(...group('cc', [1, 1]), ...group('dc', [0, 0], { set: dc }));
    const { out } = await space.collm(['compare', 'runs']);
    const [title, ...rest] = out.split('\n');
    expect(title).toBe('eval/return');
    expect(rest[0]).toMatch(/^ +1 │ +a+$/);
    expect(rest[9]).toMatch(/^ +0 │\*+b+$/);
    expect(rest[11]).toMatch(/^ +0 +100 environment steps$/);
    expect(out).toMatch(/ {2}a {2}collm_cc\n {2}b {2}collm_dc\n/);
  });

  it('prints tables as markdown', async () => {
    write(...group('cc', [1, 2]), ...group('dc', [3], { set: dc }));
    const { out } = await space.collm(['compare', 'runs', '--markdown']);
    expect(out).toMatch(
      /^\| {2}\| seeds \| eval\/return at 100 env steps \| area under curve \|\n\| --- \| ---: /,
    );
    expect(out).toContain('| collm_cc | 2 | 1.500 [1.000, 2.000] | 0.750 [0.500, 1.000] |');
    expect(out).toContain('| collm_cc - collm_dc | -1.500 | 0.000 | too few seeds (4 each) |');
  });

  it('sends no control characters of run folders to the terminal', async () => {
    write(
      ...group('cc', [1], { items: ['a\u001b[2J'] }),
      ...group('dc', [2], { items: ['b'], set: ['train.weight_decay=0.5'] }),
    );
    const meta = space.path('runs/cc-1/meta.json');
    writeFileSync(
      meta,
      JSON.stringify({ ...JSON.parse(readFileSync(meta, 'utf8')), name: 'x\u001b]0;owned\u0007' }),
    );
    const { err } = await space.collm(['compare', 'runs']);
    expect(err).toMatch(/evaluation items differ with seed 1/);
    const { out } = await space.collm(['compare', 'runs', '--allow', 'env.eval_split']);
    for (const text of [err, out]) expect(text).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it('writes a page that stands alone, whatever the runs are named', async () => {
    const evil = `</style><script>alert(1)</script><img src=x onerror="alert('2')">`;
    write(...group('cc', [5, 6]), ...group('dc', [1, 2], { set: dc }));
    const meta = space.path('runs/cc-1/meta.json');
    writeFileSync(
      meta,
      JSON.stringify({ ...JSON.parse(readFileSync(meta, 'utf8')), name: evil, versions: { [evil]: evil } }),
    );
    const { code, err } = await space.collm(['compare', 'runs', '--target', '2', '--out', 'compare.html']);
    expect(err).toBe('Written: compare.html\n');
    expect(code).toBe(0);
    const html = readFileSync(space.path('compare.html'), 'utf8');
    expectSelfContained(html);
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain('<h1>eval/return: collm_cc and collm_dc</h1>');
    expect(html).toMatch(/<td>5\.500 \[5\.000, 6\.000\]<\/td>/);
    expect(html.match(/<svg class="plot"/g)).toHaveLength(3);
    expect(html).toContain('class="band c1"');
    expect(html).toContain('<th scope="row">algorithm.name</th><td>collm_cc</td><td>collm_dc</td>');
    expect(html).not.toContain(space.dir);
    rmSync(space.path('compare.html'));
  });
});
