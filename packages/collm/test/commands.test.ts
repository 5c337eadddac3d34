import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig } from '../src/config/check.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  await space.collm(['train', 'run.yaml', '--name', 'a', '--set', 'train.keep_last=9']);
});
afterAll(() => space[Symbol.dispose]());

describe('the command line', () => {
  it('helps without libtorch', () => {
    const tsx = fileURLToPath(import.meta.resolve('tsx/cli'));
    const cli = fileURLToPath(new URL('../src/cli.ts', import.meta.url));
    // Whoever loads the engine fails with this.
    const env = { ...process.env, COLLM_ADDON: '/nowhere' };
    const out = execFileSync(process.execPath, [tsx, cli, '--help'], { encoding: 'utf8', env });
    for (const name of ['quickstart', 'train', 'eval', 'report', 'doctor']) expect(out).toContain(name);
  });

  it.each([
    [['train', '--help'], /--resume <run>[\s\S]*Examples:/],
    [['eval', '--help'], /--checkpoint <which>[\s\S]*Examples:/],
    [['quickstart', '--help'], /--steps <n>[\s\S]*Example:/],
    [['--version'], /^\d+\.\d+\.\d+/],
  ])('%j explains itself', async (args, text) => {
    const { code, out } = await space.collm(args);
    expect(code).toBe(0);
    expect(out).toMatch(text);
  });

  it('names no defaults that are off or empty', async () => {
    const { out } = await space.collm(['train', '--help']);
    expect(out).not.toMatch(/default:\s+(false|\[\])/);
    expect(out).toMatch(/default:\s+"runs"/);
  });

  it.each([
    [['trian'], /unknown command 'trian'[\s\S]*Did you mean train\?/],
    [['train'], /No configuration was given/],
    [['train', 'run.yaml', '--sett', 'a=b'], /unknown option '--sett'/],
    [['train', 'run.yaml', '--from', '1'], /`--from` goes with `--resume/],
    [['train', '--resume', 'runs/a', '--from', 'x'], /It must be a whole number/],
    [['eval'], /missing required argument 'run'/],
    [['eval', 'runs/a', '--episodes', '0'], /It must be 1 or more/],
    [['eval', 'runs/a', '--temperature', '-1'], /It must be a number, 0 or more/],
    [['eval', 'runs/a', '--checkpoint', 'newest'], /neither best, last nor a step/],
    [['eval', 'runs/a', '--temperature', '0'], /all 3 episodes of an item are the same/],
    [['quickstart', '--steps', 'many'], /It must be a whole number/],
  ])('%j is a usage error', async (args, text) => {
    const { code, err } = await space.collm(args);
    expect(err).toMatch(text);
    expect(code).toBe(2);
  });

  it('reports all problems of a configuration without a stack, and starts nothing', async () => {
    const before = readdirSync(space.path('runs'));
    const { code, err } = await space.collm([
      ...['train', 'run.yaml', '--set', 'train.top_p=3'],
      ...['--set', 'train.temprature=1', '--set', 'algorithm.update_epochs=2'],
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/^error: 3 problems in the configuration:\n( {2}- .*\n){3}$/);
    expect(readdirSync(space.path('runs'))).toEqual(before);
  });

  it('shows the stack when asked', async () => {
    const { err } = await space.collm(['train', 'no.yaml', '--debug']);
    expect(err).toMatch(/does not exist[\s\S]*\n\s+at /);
    expect((await space.collm(['train', 'no.yaml'])).err).toBe(
      'error: The configuration `no.yaml` does not exist. Check the path.\n',
    );
  });
});

describe('collm train --dry-run', () => {
  it('prints the resolved configuration and starts nothing', async () => {
    const before = readdirSync(space.path('runs'));
    const { code, out, err } = await space.collm(['train', 'run.yaml', '--dry-run', '--set', 'train.seed=9']);
    expect(code).toBe(0);
    expect(parse(out)).toMatchObject({
      train: { seed: 9, top_k: null, max_steps: 6 },
      agent_model: { path: 'model' },
    });
    expect(checkConfig(parse(out)).train.seed).toBe(9);
    expect(err).toMatch(/8 items to train on, 2 to evaluate on, 6 steps/);
    expect(readdirSync(space.path('runs'))).toEqual(before);
  });

  it('notices missing files', async () => {
    const { code, err } = await space.collm([
      'train',
      'run.yaml',
      '--dry-run',
      '--set',
      'agent_model.path=nowhere',
    ]);
    expect(code).toBe(1);
    expect(err).toMatch(/nowhere, but there is no such folder/);
  });
});

describe('collm eval', () => {
  it('gives the numbers of the training for the same checkpoint', async () => {
    const { code, out } = await space.collm(['eval', 'runs/a', '--checkpoint', 'last', '--json']);
    expect(code).toBe(0);
    const result = JSON.parse(out);
    const lines = readFileSync(space.path('runs/a/metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const trained = lines.find(({ kind, step }) => kind === 'eval' && step === 6).metrics;
    expect(result).toMatchObject({ run: 'a', step: 6, episodes: 6 });
    expect(result.summary.return.mean).toBe(trained['eval/return']);
    expect(result.summary.iou.standardError).toBe(trained['eval/iou_se']);
  });

  it('takes a step, the best, other episodes and another seed', async () => {
    const at = async (...args: string[]) =>
      JSON.parse((await space.collm(['eval', 'runs/a', '--json', ...args])).out);
    expect(await at('--checkpoint', '2')).toMatchObject({ step: 2 });
    // Evaluations were after steps 3 and 6; only 6 has a checkpoint too.
    expect(await at()).toMatchObject({ step: 6 });
    expect(await at('--episodes', '5')).toMatchObject({ episodes: 10 });
    expect(await at('--episodes', '1', '--temperature', '0')).toMatchObject({ episodes: 2 });
    expect(await at('--checkpoint', '2', '--seed', '5')).not.toEqual(await at('--checkpoint', '2'));
    expect((await space.collm(['eval', 'runs/a', '--checkpoint', '5'])).err).toMatch(
      /no checkpoint of step 5/,
    );
  });

  it('draws for people', async () => {
    const { out } = await space.collm(['eval', 'runs/a']);
    expect(out).toMatch(/checkpoint of step 6, 6 episodes/);
    expect(out).toMatch(/adj_ratio/);
    expect(out).toMatch(/ICML, turn 2/);
    expect(out).toMatch(/·· missing/);
  });
});

describe('collm quickstart', () => {
  it('trains with the committed configuration, and says what to try next', async () => {
    const model = fileURLToPath(new URL('../checkpoints/str-build-tiny', import.meta.url));
    const path = existsSync(model)
      ? []
      : ['--set', 'agent_model.path=model', '--set', 'train.max_new_tokens=64'];
    const { code, out, err } = await space.collm([
      ...['quickstart', '--seed', '5', '--steps', '2', '--name', 'q', '--runs-dir', 'quick', ...path],
    ]);
    expect(err).toMatch(/Two small language models build words/);
    expect(code).toBe(0);
    expect(out).toMatch(/coverage[\s\S]*before[\s\S]*after[\s\S]*Report: quick\/q\/report.html[\s\S]*Next:/);
    const config = parse(readFileSync(space.path('quick/q/config.yaml'), 'utf8'));
    expect(config).toMatchObject({ train: { seed: 5, max_steps: 2 }, algorithm: { name: 'collm_cc' } });
  });
});
