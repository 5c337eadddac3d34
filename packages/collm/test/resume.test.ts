import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { filesUnder } from '../src/run-store/durable.js';
import { readMetrics } from '../src/run-store/records.js';
import { content, Workspace } from './workspace.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The files of a checkpoint with their bytes. */
function checkpoint(run: string, step: number) {
  const dir = join(run, `checkpoints/step-${String(step).padStart(6, '0')}`);
  return Object.fromEntries(filesUnder(dir).map((name) => [name, readFileSync(join(dir, name), 'utf8')]));
}

describe('a killed run', () => {
  let space: Workspace;
  const args = ['run.yaml', '--set', 'train.max_steps=24', '--set', 'train.checkpoint_every=3'];
  beforeAll(async () => {
    space = new Workspace();
    await space.collm(['train', ...args, '--name', 'whole']);
  });
  afterAll(() => space[Symbol.dispose]());

  function start(command: readonly string[], delay: number): ChildProcess {
    const tsx = here('../../../node_modules/tsx/dist/cli.mjs');
    return spawn(
      process.execPath,
      [tsx, '--tsconfig', here('tsconfig.child.json'), here('child.ts'), ...command],
      {
        cwd: space.dir,
        env: { ...process.env, FAKE_DELAY: String(delay) },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
  }

  async function waitFor(child: ChildProcess, done: () => boolean): Promise<void> {
    let errors = '';
    child.stderr?.on('data', (data) => {
      errors += data;
    });
    while (!done()) {
      if (child.exitCode !== null) throw new Error(`ended too early: ${errors}`);
      await sleep(10);
    }
  }

  const lines = (run: string) => {
    const path = space.path(run, 'metrics.jsonl');
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0;
  };

  it('goes on after SIGKILL at any moment as if nothing had happened', async () => {
    const child = start(['train', ...args, '--name', 'killed'], 15);
    const after = 4 + Math.floor(Math.random() * 14);
    await waitFor(child, () => lines('runs/killed') > after);
    await sleep(Math.random() * 40);
    // tsx runs the program in a child of its own: the lock names it.
    const pid = Number(readFileSync(space.path('runs/killed/run.lock'), 'utf8').split(' ')[0]);
    process.kill(pid, 'SIGKILL');
    await once(child, 'exit');
    expect(lines('runs/killed')).toBeLessThan(lines('runs/whole'));

    const { code, err } = await space.collm(['train', '--resume', 'runs/killed']);
    expect(err).toMatch(/Resumed at step|starts from the beginning/);
    expect(code).toBe(0);
    expect(content(space.path('runs/killed'))).toEqual(content(space.path('runs/whole')));
    expect(checkpoint(space.path('runs/killed'), 24)).toEqual(checkpoint(space.path('runs/whole'), 24));
  });

  it('saves on SIGINT, exits with 130, and goes on as if nothing had happened', async () => {
    const child = start(['train', ...args, '--name', 'stopped'], 15);
    let errors = '';
    child.stderr?.on('data', (data) => {
      errors += data;
    });
    await waitFor(child, () => lines('runs/stopped') > 6);
    const pid = Number(readFileSync(space.path('runs/stopped/run.lock'), 'utf8').split(' ')[0]);
    process.kill(pid, 'SIGINT');
    const [code] = await once(child, 'exit');
    expect(errors).toMatch(/Stopping: saving a checkpoint/);
    expect(errors).toMatch(/Saved. Go on with: collm train --resume runs\/stopped/);
    expect(code).toBe(130);
    expect(existsSync(space.path('runs/stopped/run.lock'))).toBe(false);
    const steps = content(space.path('runs/stopped')).metrics.map(({ step }) => step);
    expect(Math.max(...steps)).toBeLessThan(24);

    expect((await space.collm(['train', '--resume', 'runs/stopped'])).code).toBe(0);
    expect(content(space.path('runs/stopped'))).toEqual(content(space.path('runs/whole')));
    expect(checkpoint(space.path('runs/stopped'), 24)).toEqual(checkpoint(space.path('runs/whole'), 24));
  });
});

describe('collm train --resume', () => {
  let space: Workspace;
  beforeEach(async () => {
    space = new Workspace();
    await space.collm(['train', 'run.yaml', '--name', 'a', '--set', 'train.keep_last=5']);
  });
  afterEach(() => space[Symbol.dispose]());
  const run = () => space.path('runs/a');
  const folder = (step: number) => join(run(), `checkpoints/step-00000${step}`);

  it('does nothing to a finished run', async () => {
    const before = content(run());
    const { code, err } = await space.collm(['train', '--resume', 'runs/a']);
    expect(code).toBe(0);
    expect(err).toMatch(/Finished after step 6/);
    expect(content(run())).toEqual(before);
  });

  it('goes on from an earlier checkpoint with the same end, and keeps what it set aside', async () => {
    const before = content(run());
    const last = checkpoint(run(), 6);
    const { code } = await space.collm(['train', '--resume', 'runs/a', '--from', '2']);
    expect(code).toBe(0);
    expect(content(run())).toEqual(before);
    expect(checkpoint(run(), 6)).toEqual(last);
    expect(readdirSync(join(run(), 'checkpoints'))).toContain('step-000006.discarded-2');
    expect(
      readMetrics(run())
        .filter(({ attempt }) => attempt === 2)
        .map(({ step }) => step),
    ).toEqual([3, 3, 4, 5, 6, 6]);
  });

  it.each([
    [
      'a changed byte',
      (file: string) => writeFileSync(file, readFileSync(file, 'utf8').replace(/\d/, 'x')),
      /does not have the content/,
    ],
    ['a short file', (file: string) => truncateSync(file, 3), /has 3 bytes instead of/],
    ['a missing file', (file: string) => rmSync(file), /policy.json is missing/],
  ])('refuses a checkpoint with %s and says where to go on from', async (_, damage, why) => {
    damage(join(folder(6), 'agent-1/policy.json'));
    const { code, err } = await space.collm(['train', '--resume', 'runs/a']);
    expect(code).toBe(1);
    expect(err).toMatch(why);
    expect(err).toMatch(/--resume runs\/a --from 4/);
    expect((await space.collm(['train', '--resume', 'runs/a', '--from', '4'])).code).toBe(0);
  });

  it('refuses a checkpoint without a readable state', async () => {
    writeFileSync(join(folder(6), 'state.json'), '{"trainer":');
    const { code, err } = await space.collm(['train', '--resume', 'runs/a']);
    expect(code).toBe(1);
    expect(err).toMatch(/step-000006 is damaged: state.json cannot be read/);
  });

  it('reads past a half-written last line and removes it', async () => {
    const before = content(run());
    appendFileSync(join(run(), 'metrics.jsonl'), '{"kind":"train","st');
    appendFileSync(join(run(), 'episodes.jsonl'), '{"kind":"episo');
    expect(content(run())).toEqual(before);
    await space.collm(['train', '--resume', 'runs/a', '--from', '4']);
    expect(content(run())).toEqual(before);
  });

  it('refuses everything beside --from, and runs that are none', async () => {
    for (const extra of [['run.yaml'], ['--set', 'train.seed=1'], ['--name', 'b'], ['--dry-run']]) {
      const { code, err } = await space.collm(['train', '--resume', 'runs/a', ...extra]);
      expect(code, extra.join(' ')).toBe(2);
      expect(err).toMatch(/takes only `--from` and `--runs-dir`/);
    }
    expect((await space.collm(['train', '--resume', 'runs/b'])).err).toMatch(
      /There is no run runs\/b\. Did you mean `a`/,
    );
    expect((await space.collm(['train', '--resume', 'model'])).err).toMatch(/model is no run folder: /);
    expect((await space.collm(['train', '--resume', 'runs/a', '--from', '5'])).err).toMatch(
      /no checkpoint of step 5. It has steps 2, 4, 6/,
    );
  });

  it('keeps out a second process', async () => {
    writeFileSync(join(run(), 'run.lock'), '1 elsewhere\n');
    const { code, err } = await space.collm(['train', '--resume', 'runs/a']);
    expect(code).toBe(1);
    expect(err).toMatch(/Another process writes to this run \(process 1 on elsewhere\)/);
  });
});
