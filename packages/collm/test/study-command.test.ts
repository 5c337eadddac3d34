/** `collm study` as a process of its own, whose trials are real ones of a tiny untrained model. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecords } from '../src/study/records.js';
import { tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

const bin = fileURLToPath(new URL('../bin/collm.js', import.meta.url));

const text = `
title: Two methods
base:
  env: { type: str_build, prompt_style: compact, target: cells, num_turns: 2, words: [I, L, C], train_split: "[:2]", eval_split: "[2:]" }
  agent_model: { path: model }
  algorithm: { discount: 1 }
  train: { items_per_step: 2, max_new_tokens: 8, temperature: 1, top_p: 1, eval_env_steps: 16, eval_temperature: 1, agent_learning_rate: 0.01 }
tasks:
  letters: { env_steps: 48, config: {} }
methods:
  cc: { label: CoLLM-CC, config: { algorithm: { name: collm_cc, num_generations: 1 } } }
  magrpo: { label: MAGRPO, config: { algorithm: { name: magrpo, num_generations: 2 } } }
seeds: [1, 2]
claims:
  cc_higher: { text: CC ends higher., task: letters, first: cc, second: magrpo, expect: higher }
`;

let space: Workspace;
beforeAll(() => {
  space = tinyWorkspace();
  space.write('letters.yaml', text);
});
afterAll(() => space[Symbol.dispose]());

interface Study {
  readonly child: ChildProcess;
  readonly output: () => { readonly out: string; readonly err: string };
}

function start(...args: string[]): Study {
  const child = spawn(process.execPath, [bin, 'study', 'letters.yaml', '--jobs', '2', ...args], {
    cwd: space.dir,
    env: { ...process.env, OMP_NUM_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    err += data;
  });
  return { child, output: () => ({ out, err }) };
}

async function ended({ child, output }: Study) {
  const [code] = await once(child, 'close');
  return { code: code as number | null, ...output() };
}

/** What a study has measured, without times. */
function measured(out: string) {
  const { header, trials } = readRecords(space.path(out, 'results/records.jsonl.gz'));
  return {
    header: { ...header, wallSeconds: 0 },
    trials: trials.map((trial) => ({ ...trial, wallSeconds: 0 })),
  };
}

const metrics = (out: string, trial: string) => space.path(out, 'trials', trial, 'metrics.jsonl');
const lines = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0);

describe('collm study', () => {
  it('goes on after Ctrl+C, with the records of a study that nobody disturbed', async () => {
    const stopped = start('--out', 'stopped');
    const first = metrics('stopped', 'letters-cc-s1');
    while (lines(first) < 5) {
      if (stopped.child.exitCode !== null) throw new Error(stopped.output().err);
      await sleep(5);
    }
    stopped.child.kill('SIGINT');
    const { code, err } = await ended(stopped);
    expect(code, err).toBe(130);
    expect(err).toMatch(/Stopping: trials save a checkpoint/);
    expect(err).toMatch(
      /Stopped after [0-3] of 4 trials. Go on with the same command: collm study letters.yaml --out stopped --jobs 2/,
    );
    expect(existsSync(space.path('stopped/study.lock'))).toBe(false);
    expect(existsSync(space.path('stopped/trials/letters-cc-s1/run.lock'))).toBe(false);
    expect(existsSync(space.path('stopped/trials/letters-cc-s1/checkpoints'))).toBe(true);
    expect(existsSync(space.path('stopped/results/report.html'))).toBe(true);

    const again = await ended(start('--out', 'stopped'));
    expect(again.code, again.err).toBe(0);
    expect(again.out).toMatch(/CoLLM-CC[\s\S]*MAGRPO/);
    expect(again.out).toMatch(/not confirmed: CC ends higher\./);
    const logs = readFileSync(space.path('stopped/trials/letters-cc-s1/logs/attempt-2.log'), 'utf8');
    expect(logs).toMatch(/Resumed at step [1-9]/);

    const whole = await ended(start('--out', 'whole'));
    expect(whole.code, whole.err).toBe(0);
    const found = measured('whole');
    expect(found.trials.map(({ trial, points }) => [trial, points.at(-1)?.envSteps])).toEqual(
      ['letters-cc-s1', 'letters-magrpo-s1', 'letters-cc-s2', 'letters-magrpo-s2'].map((trial) => [
        trial,
        48,
      ]),
    );
    expect({ ...measured('stopped'), header: { ...found.header, command: '' } }).toEqual({
      ...found,
      header: { ...found.header, command: '' },
    });
  }, 180_000);

  it('makes results again from records alone, somewhere else and of another title', async () => {
    const study = space.write('other.yaml', text.replace('Two methods', 'Another title'));
    const { code, out, err } = await space.collm(['study', study, '--report', '--results', 'whole/results']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Report: whole\/results\/report.html/);
    expect(readFileSync(space.path('whole/results/report.html'), 'utf8')).toContain('Another title');
    const none = await space.collm(['study', study, '--report']);
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringMatching(/There are no records at .*study-other/),
    ]);
  });

  it('prints the grid with its budget', async () => {
    const { code, out, err } = await space.collm([
      'study',
      'letters.yaml',
      '--out',
      'whole',
      '--dry-run',
      '--only',
      'seed=2',
    ]);
    expect(code).toBe(0);
    expect(err).toBe(
      'No claim can be confirmed with 2 seeds: it takes 4.\nNothing was started. All configurations are right.\n',
    );
    expect(out).toMatch(/letters +│ magrpo +│ +1 │ +1 │ +48 │/);
    expect(out).toMatch(/2 cells with 2 trials, 0 still to run; 96 environment steps of training in all\./);
    const fresh = await space.collm(['study', 'letters.yaml', '--dry-run']);
    expect(fresh.out).toMatch(/2 cells with 4 trials, 4 still to run; 192 environment steps/);
    expect(existsSync(space.path('runs'))).toBe(false);
  });

  it('keeps out a second process, and options that do not go together', async () => {
    writeFileSync(space.path('whole/study.lock'), '1 elsewhere\n');
    const locked = await space.collm(['study', 'letters.yaml', '--out', 'whole']);
    expect([locked.code, locked.err]).toEqual([
      1,
      expect.stringMatching(/Another process writes to this study \(process 1 on elsewhere\)/),
    ]);
    for (const extra of [['--dry-run'], ['--only', 'seed=1'], ['--jobs', '1']]) {
      const { code, err } = await space.collm(['study', 'letters.yaml', '--report', ...extra]);
      expect([code, err]).toEqual([2, expect.stringMatching(/`--report` runs nothing/)]);
    }
    const wrong = await space.collm(['study', 'letters.yaml', '--only', 'seed=5']);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/no seed "5"/)]);
    const missing = await space.collm(['study', 'lettres.yaml']);
    expect([missing.code, missing.err]).toEqual([
      1,
      expect.stringMatching(/The study `lettres.yaml` does not exist/),
    ]);
  });
});
