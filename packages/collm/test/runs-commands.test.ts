import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../src/main.js';
import { fakeTeam } from './fake-team.js';
import { deadPid } from './run-history.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  await space.collm(['train', 'run.yaml', '--name', 'first']);
  const second = [
    'train',
    'run.yaml',
    '--name',
    'second',
    '--set',
    'train.seed=2',
    '--set',
    'train.max_steps=3',
  ];
  await space.collm([...second, '--set', 'algorithm.name=collm_dc']);
  cpSync(space.path('runs'), space.path('kept'), { recursive: true });
});
afterAll(() => space[Symbol.dispose]());

const restore = () => {
  rmSync(space.path('runs'), { recursive: true });
  cpSync(space.path('kept'), space.path('runs'), { recursive: true });
};

describe('collm runs ls', () => {
  it('lists runs, newest first, with what came of them', async () => {
    const { code, out, err } = await space.collm(['runs', 'ls']);
    const [head, ...lines] = out.trimEnd().split('\n');
    expect(head).toMatch(
      /^run +state +steps +return +best \(step\) +started +time +algorithm +environment +seed +env steps$/,
    );
    expect(lines.map((line) => line.split(/ +/).slice(0, 3).join(' '))).toEqual([
      'second finished 3/3',
      'first finished 6/6',
    ]);
    expect(lines[1]).toMatch(
      / -\d\.\d{3} +-\d\.\d{3} \(\d\) +\d{4}-\d\d-\d\d \d\d:\d\d +\d+ s +collm_cc +str_build +42 +96$/,
    );
    expect([code, err]).toEqual([0, '']);
  });

  it('chooses, sorts, limits, and prints JSON', async () => {
    const names = async (...args: string[]) => {
      const { code, out } = await space.collm(['runs', 'ls', '--json', ...args]);
      expect(code).toBe(0);
      return (JSON.parse(out) as { name: string }[]).map(({ name }) => name);
    };
    expect(await names('--algorithm', 'collm_dc')).toEqual(['second']);
    expect(await names('--status', 'running,finished', '--sort', 'name')).toEqual(['first', 'second']);
    expect(await names('--status', 'paused')).toEqual([]);
    expect(await names('--env', 'writing')).toEqual([]);
    expect(await names('--limit', '1', '--rebuild', '--sort', 'step')).toEqual(['first']);
    const [run] = JSON.parse((await space.collm(['runs', 'ls', '--json', '--size'])).out);
    expect(run).toMatchObject({
      name: 'second',
      state: 'finished',
      step: 3,
      totalSteps: 3,
      attempts: 1,
      seed: 2,
    });
    expect(run.bytes).toBeGreaterThan(1000);
  });

  it('leaves out what does not fit on the terminal, and makes names harmless', async () => {
    cpSync(space.path('runs/first'), space.path('runs/third\u001b[2J'), { recursive: true });
    let out = '';
    const stdout = { write: (text: string) => (out += text), isTTY: true, columns: 60 };
    await main(['runs', 'ls'], { cwd: space.dir, openTeam: fakeTeam(), stdout });
    rmSync(space.path('runs/third\u001b[2J'), { recursive: true });
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(60);
    expect(out).toMatch(/^run +state +steps +return +best/);
    expect(out).toContain('third\\x1b[2J');
    expect(out).not.toContain('\u001b');
  });

  it('lists damaged runs too, and says what is wrong', async () => {
    writeFileSync(space.path('runs/first/meta.json'), '{');
    appendFileSync(space.path('runs/second/metrics.jsonl'), 'nonsense\n');
    const { code, out, err } = await space.collm(['runs', 'ls', '--sort', 'name']);
    restore();
    expect(code).toBe(0);
    expect(out.split('\n')).toHaveLength(4);
    expect(err).toMatch(
      /^first: meta.json cannot be read\nsecond: line \d+ of metrics.jsonl is no record\n$/,
    );
  });

  it('says where there are none', async () => {
    mkdirSync(space.path('empty'));
    expect(await space.collm(['runs', 'ls', '--runs-dir', 'empty'])).toEqual({
      code: 0,
      out: '',
      err: 'There are no runs in empty.\n',
    });
    expect((await space.collm(['runs', 'ls', '--runs-dir', 'empty', '--json'])).out).toBe('[]\n');
    const { code, err } = await space.collm(['runs', 'ls', '--runs-dir', 'nowhere']);
    expect([code, err]).toEqual([1, expect.stringMatching(/There is no folder nowhere/)]);
  });

  it.each([
    [['--status', 'runing'], /States are running, paused/],
    [['--sort', 'size'], /Allowed choices are created, updated/],
    [['--limit', '0'], /1 or more/],
  ])('%j is a usage error', async (args, text) => {
    const { code, err } = await space.collm(['runs', 'ls', ...args]);
    expect([code, err]).toEqual([2, expect.stringMatching(text)]);
  });
});

describe('collm runs show', () => {
  it('shows facts, changed keys, evaluations, metrics, checkpoints, and what to do next', async () => {
    const { code, out } = await space.collm(['runs', 'show', 'first']);
    expect(code).toBe(0);
    expect(out).toMatch(/^first: finished, step 6 of 6\n/);
    expect(out).toMatch(/\n {2}folder +runs\/first \(.+ MiB\)\n/);
    expect(out).toMatch(/\n {2}train.max_steps +6 +null\n/);
    expect(out).not.toMatch(/train.seed/);
    expect(out).toMatch(/\nEvaluations\n {2}step +env steps +return.*\n( +\d+ +\d+ .*\n){3}\n/);
    expect(out).toMatch(/\nMetrics of step 6\n {2}train\/return_mean +-\d/);
    expect(out).toMatch(/\n {2}step-000006 .* (best, )?last\n/);
    expect(out).toMatch(/\nNext\n {2}collm samples runs\/first --best\n {2}collm eval runs\/first\n/);
  });

  it('takes a folder as well as a name, and prints JSON', async () => {
    const { out } = await space.collm(['runs', 'show', 'runs/second', '--json']);
    const shown = JSON.parse(out);
    expect(shown).toMatchObject({ dir: space.path('runs/second'), facts: { name: 'second' }, problems: [] });
    expect(shown.changed).toContainEqual({ key: 'train.seed', value: '2', usual: '42' });
    expect(shown.metrics).toHaveLength(5);
    expect(shown.checkpoints.map(({ name }: { name: string }) => name)).toEqual([
      'step-000002',
      'step-000003',
    ]);
  });

  it('shows what it can of a damaged run', async () => {
    writeFileSync(space.path('runs/first/config.yaml'), 'a: [');
    rmSync(space.path('runs/first/meta.json'));
    appendFileSync(space.path('runs/first/metrics.jsonl'), '\u001b[2J\n');
    const { code, out, err } = await space.collm(['runs', 'show', 'first']);
    restore();
    expect(code).toBe(0);
    expect(out).toMatch(/^first: finished, step 6 of 6\n/);
    expect(out).toMatch(/Checkpoints/);
    expect(err).toMatch(/meta.json cannot be read\n/);
    expect(err).toMatch(/config.yaml cannot be read: /);
    expect(err).toMatch(/metrics.jsonl cannot be read: Line \d+/);
  });

  it('says how to go on with a run that was killed', async () => {
    const status = {
      state: 'running',
      step: 4,
      total_steps: 6,
      pid: deadPid,
      host: hostname(),
      updated: new Date().toISOString(),
    };
    writeFileSync(space.path('runs/first/status.json'), JSON.stringify(status));
    const { out } = await space.collm(['runs', 'show', 'first']);
    restore();
    expect(out).toMatch(/^first: killed, step 6 of 6\n/);
    expect(out).toMatch(/\nNext\n {2}collm train --resume runs\/first\n/);
  });

  it.each([
    ['frist', /There is no run frist. Did you mean `first`\?/],
    ['something-else', /There is no run something-else. `collm runs ls --runs-dir runs` lists/],
    ['model', /model is no run folder/],
  ])('%s is an error that helps', async (name, text) => {
    const { code, err } = await space.collm(['runs', 'show', name]);
    expect([code, err]).toEqual([1, expect.stringMatching(text)]);
  });
});

describe('collm runs diff', () => {
  it('shows what differs and what came of it', async () => {
    const { code, out } = await space.collm(['runs', 'diff', 'first', 'second']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Configuration\n +first +second\n/);
    expect(out).toMatch(/\n {2}algorithm.name +collm_cc +collm_dc\n/);
    expect(out).toMatch(/\n {2}train.seed +42 +2\n/);
    expect(out).not.toMatch(/train.temperature/);
    expect(out).toMatch(/\nVersions: the same\n/);
    expect(out).toMatch(/\n {2}state +finished, step 6 of 6 +finished, step 3 of 3\n/);
    expect(out).toMatch(/\n {2}last return +-\d\.\d{3} ± \d\.\d{3} +-\d/);
  });

  it('finds nothing between a run and itself, and prints JSON', async () => {
    expect((await space.collm(['runs', 'diff', 'first', 'first'])).out).toMatch(/^Configuration: the same\n/);
    const { out } = await space.collm(['runs', 'diff', 'first', 'second', '--json']);
    const { config, metrics, left } = JSON.parse(out);
    expect(left).toBe('first');
    expect(config).toContainEqual({ name: 'train.seed', left: 42, right: 2 });
    expect(metrics.map(({ name }: { name: string }) => name)).toContain('train/return_mean');
  });
});

describe('collm runs rm', () => {
  beforeEach(() => {
    symlinkSync(space.path('model'), space.path('runs/first/logs/model'));
  });
  afterEach(restore);
  const run = (name: string) => existsSync(space.path('runs', name));
  const checkpoints = (name: string) => readdirSync(space.path('runs', name, 'checkpoints'));

  it('removes runs and nothing behind links', async () => {
    // Left by a removal that was killed.
    mkdirSync(space.path(`runs/.removed-${deadPid}-zero/checkpoints`), { recursive: true });
    const { code, out } = await space.collm(['runs', 'rm', 'first', 'runs/first', 'second', '--yes']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^\d+\.\d\d [KM]iB are free again\.\n$/)]);
    expect(readdirSync(space.path('runs')).filter((name) => name !== '.index.sqlite')).toEqual([]);
    expect(readdirSync(space.path('model'))).not.toEqual([]);
    expect((await space.collm(['runs', 'ls', '--json'])).out).toBe('[]\n');
  });

  it('removes checkpoints and keeps the rest', async () => {
    const best = await space.collm(['runs', 'rm', 'first', '--keep-best', '--yes']);
    expect(best.code).toBe(0);
    expect(checkpoints('first')).toHaveLength(1);
    expect(best.err).toMatch(/^runs\/first: step-00000\d, \d+ B\n$/);
    expect((await space.collm(['runs', 'rm', 'second', '--checkpoints-only', '--yes'])).code).toBe(0);
    expect(checkpoints('second')).toEqual([]);
    expect((await space.collm(['runs', 'show', 'second'])).code).toBe(0);
    const again = await space.collm(['runs', 'rm', 'second', '--checkpoints-only', '--yes']);
    expect(again).toEqual({ code: 0, out: '', err: 'runs/second has no such checkpoints.\n' });
  });

  it('only says so with --dry-run', async () => {
    const { code, err } = await space.collm(['runs', 'rm', 'first', '--dry-run']);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^runs\/first: the whole run, .* MiB\nNothing was removed\.\n$/),
    ]);
    expect(run('first')).toBe(true);
  });

  it.each([
    ['y\n', 0, false],
    ['YES\r\n', 0, false],
    ['n\n', 1, true],
    ['\n', 1, true],
    ['yikes\n', 1, true],
    ['', 1, true],
  ])('asks on a terminal: %j', async (answer, expected, there) => {
    let err = '';
    const code = await main(['runs', 'rm', 'first'], {
      cwd: space.dir,
      stdout: { write: () => {} },
      stderr: { write: (text) => (err += text), isTTY: true },
      input: async function* () {
        yield Buffer.from(answer);
      },
    });
    expect(err).toMatch(/Remove 1 run, .* MiB\? \[y\/N\] /);
    expect([code, run('first')]).toEqual([expected, there]);
  });

  it('asks for --yes where nobody can be asked', async () => {
    const { code, err } = await space.collm(['runs', 'rm', 'first']);
    expect([code, err, run('first')]).toEqual([2, expect.stringMatching(/Add `--yes`/), true]);
  });

  it.each(['run.lock', 'status.json'])('refuses a run at work, by its %s', async (file) => {
    const status = {
      state: 'paused',
      step: 1,
      total_steps: 2,
      pid: process.pid,
      host: hostname(),
      updated: new Date().toISOString(),
    };
    writeFileSync(
      space.path('runs/second', file),
      file === 'run.lock' ? `${process.pid} ${hostname()}\n` : JSON.stringify(status),
    );
    const { code, err } = await space.collm(['runs', 'rm', 'first', 'second', '--yes']);
    expect(err).toMatch(
      /Process \d+ on .* is at work on runs\/second, which is (finished|paused)\. Stop it first with `collm runs stop runs\/second/,
    );
    expect([code, run('first'), run('second')]).toEqual([1, true, true]);
  });

  it('refuses what is no run, and links', async () => {
    symlinkSync(space.path('kept/first'), space.path('runs/link'));
    mkdirSync(space.path('runs/notes'));
    for (const [name, text] of [
      ['link', /is a link to .*Remove the link/],
      ['notes', /notes is no run folder/],
      ['.', /is no run folder/],
    ] as const) {
      const { code, err } = await space.collm(['runs', 'rm', name, 'first', '--yes']);
      expect([code, err]).toEqual([1, expect.stringMatching(text)]);
    }
    rmSync(space.path('runs/second/checkpoints'), { recursive: true });
    symlinkSync(space.path('kept/first/checkpoints'), space.path('runs/second/checkpoints'));
    expect((await space.collm(['runs', 'rm', 'second', '--checkpoints-only', '--yes'])).err).toMatch(
      /checkpoints is a link/,
    );
    expect(readdirSync(space.path('kept/first/checkpoints'))).toHaveLength(2);
    expect(run('first')).toBe(true);
  });

  it('cannot keep the best and remove it', async () => {
    expect((await space.collm(['runs', 'rm', 'first', '--keep-best', '--checkpoints-only'])).code).toBe(2);
  });
});
