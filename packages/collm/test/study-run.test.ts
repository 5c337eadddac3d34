/** Running the trials of a study with teams without language models, in this process. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpisodes } from '../src/run-store/records.js';
import { checkTrials } from '../src/study/check-trials.js';
import type { Children } from '../src/study/child.js';
import { gatherRecords } from '../src/study/gather.js';
import { runStudy } from '../src/study/run-study.js';
import { parseStudy } from '../src/study/study-file.js';
import { readSession, studyPaths } from '../src/study/study-folder.js';
import { trialsOf } from '../src/study/trials.js';
import { type Outcome, Workspace } from './workspace.js';

/** Runs commands in this process, with fakes in place of models. */
function fakeChildren(space: Workspace): Children {
  return {
    run: async (args, { cwd } = {}) => {
      const started = performance.now();
      const { code, out, err } =
        args[0] === 'warm-start' ? fakeWarmStart(args, cwd) : await space.collm(args);
      return { code, stdout: out, tail: err.trim(), seconds: (performance.now() - started) / 1000 };
    },
    interrupt: () => {},
    dispose: () => {},
  };
}

/** Writes what looks like a model, unless its seed is 13. */
function fakeWarmStart(args: readonly string[], cwd: string | undefined): Outcome {
  const option = (name: string) => args[args.indexOf(name) + 1] as string;
  if (option('--seed') === '13') return { code: 1, out: '', err: 'error: unlucky' };
  const out = option('--out');
  mkdirSync(out, { recursive: true });
  writeFileSync(
    join(out, 'config.json'),
    JSON.stringify({ max_position_embeddings: Number(option('--max-positions')), args, cwd }),
  );
  writeFileSync(join(out, 'tokenizer.json'), '{}');
  return { code: 0, out: '', err: '' };
}

const text = `
base:
  env: { type: str_build, prompt_style: compact, num_turns: 2 }
  agent_model: { path: model }
  algorithm: { discount: 1, num_generations: 2 }
  train: { items_per_step: 4, temperature: 1, top_p: 1, eval_env_steps: 32, eval_temperature: 1, eval_generations: 3 }
tasks:
  letters: { env_steps: 96, config: {} }
methods:
  cc: { config: { algorithm: { name: collm_cc } } }
  team: { protocol: parallel }
seeds: [1, 2]
`;

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

/** One session of a study; lines of standard error with what came of it. */
async function session(out: string, changed = text) {
  const study = parseStudy(changed, 'a.yaml', 'a');
  const paths = studyPaths(space.path(out));
  const trials = checkTrials({ study, dir: space.dir }, trialsOf(study), paths);
  let err = '';
  const stderr = {
    write: (line: string) => {
      err += line;
    },
  };
  const { signal } = new AbortController();
  const children = fakeChildren(space);
  const result = await runStudy({ study, dir: space.dir, trials, paths, jobs: 2, stderr, signal, children });
  const records = gatherRecords(study, trials, paths, 'collm study a.yaml');
  return { result, paths, records, err };
}

describe('a session of a study', () => {
  it('trains and plays all trials, keeps little of them, and has nothing left to do afterwards', async () => {
    const { result, paths, records, err } = await session('whole');
    expect(result).toEqual({ done: 4, failed: [] });
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^\[1\/4\] letters-(cc|team)-s1 {2}eval\/return -?\d/),
      ...[2, 3, 4].map((n) => expect.stringMatching(new RegExp(`^\\[${n}/4\\] letters-`))),
    ]);
    expect(records.trials.map(({ trial, failure, points }) => [trial, failure, points.length > 0])).toEqual([
      ['letters-cc-s1', null, true],
      ['letters-team-s1', null, true],
      ['letters-cc-s2', null, true],
      ['letters-team-s2', null, true],
    ]);
    const [cc, team] = records.trials;
    expect(cc?.points.filter(({ kind }) => kind === 'eval').map(({ envSteps }) => envSteps)).toEqual([
      0, 32, 64, 96,
    ]);
    const last = cc?.points.at(-1);
    expect(Object.keys(last?.metrics ?? {})).toContain('eval/return');
    expect(JSON.stringify(records)).not.toContain('time/');
    expect(team?.points).toEqual([
      {
        kind: 'eval',
        trial: 'letters-team-s1',
        step: 0,
        envSteps: 0,
        metrics: expect.objectContaining({ 'eval/episodes': 6 }),
      },
    ]);
    // The same items and episodes as in training: untrained, it plays what a training begins with.
    expect(team?.points[0]?.metrics['eval/return']).toBe(cc?.points[0]?.metrics['eval/return']);
    expect(records.header.versions).toMatchObject({ node: process.versions.node, fake: '1' });
    expect(JSON.stringify(records)).not.toContain(space.dir);

    const run = paths.run('letters-cc-s1');
    expect(readdirSync(run).sort()).toEqual([
      ...['config.yaml', 'episodes.jsonl', 'logs', 'meta.json', 'metrics.jsonl', 'status.json'],
    ]);
    expect(new Set(readEpisodes(run).map(({ phase }) => phase))).toEqual(new Set(['evaluation']));
    const config = readFileSync(`${run}/config.yaml`, 'utf8');
    expect(config).toMatch(/seed: 1\n/);
    expect(config.match(/threads: 1\n/g)).toHaveLength(2);

    const again = await session('whole');
    expect(again.err).toBe('4 of 4 trials have ended before.\n');
    expect(again.records).toEqual(records);
    expect(readSession(paths).wallSeconds).toBeGreaterThan(1);
  });

  it('leaves the others when a trial fails, says why, and tries it again', async () => {
    const flag = space.write('no-board', '');
    writeFileSync(
      space.path('own.mjs'),
      `import { existsSync } from 'node:fs';
const make = () => ({
  name: 'own', numAgents: 2, numTurns: 1, earlyTerminationThreshold: null, rewardRange: [0, 1],
  trainItems: [{ id: 'a' }], evalItems: [{ id: 'b' }],
  reset: (item) => item,
  observe: () => Array.from({ length: 2 }, () => ({ messages: [{ role: 'user', content: 'cells 0 4 0\\nblocks a b' }], startsAfresh: true })),
  step: (state) => ({ state, reward: 1, processedReward: 1, components: {}, metrics: {}, terminated: true, info: {} }),
});
export default () => {
  if (existsSync(${JSON.stringify(flag)})) throw new Error('no board');
  return make();
};`,
    );
    const changed = text
      .replace(
        '  letters:',
        '  own: { env_steps: 8, config: { env: { type: module, path: own.mjs } } }\n  letters:',
      )
      .replace('  env: { type: str_build, prompt_style: compact, num_turns: 2 }\n', '')
      .replace(
        'config: {} }\nmethods',
        'config: { env: { type: str_build, prompt_style: compact } } }\nmethods',
      )
      .replace('  team: { protocol: parallel }\n', '')
      .replace('[1, 2]', '[1]');
    const first = await session('failing', changed);
    expect(first.result.done).toBe(2);
    expect(first.result.failed.map(({ trial }) => trial.id)).toEqual(['own-cc-s1']);
    expect(first.result.failed[0]?.failure).toMatch(/no board/);
    expect(first.err).toMatch(/own-cc-s1 failed: .+/);
    expect(first.records.trials.map(({ trial, failure }) => [trial, failure === null])).toEqual([
      ['own-cc-s1', false],
      ['letters-cc-s1', true],
    ]);
    rmSync(flag);
    const second = await session('failing', changed);
    expect(second.result.failed).toEqual([]);
    expect(second.err).toMatch(/^1 of 2 trials have ended before/);
    expect(second.records.trials[0]?.points.length).toBeGreaterThan(0);
  });

  it('sets a trial aside whose configuration is another now, and runs it again', async () => {
    const trained = text.replace('  team: { protocol: parallel }\n', '').replace('[1, 2]', '[1]');
    const first = await session('changed', trained);
    const other = trained.replace('eval_generations: 3', 'eval_generations: 2');
    const second = await session('changed', other);
    expect(second.err).toMatch(/^\[1\/1\] letters-cc-s1/);
    expect(readdirSync(second.paths.setAside)).toEqual(['letters-cc-s1-1']);
    const episodes = ({ records }: typeof first) => records.trials[0]?.points[0]?.metrics['eval/episodes'];
    expect([episodes(first), episodes(second)]).toEqual([6, 4]);
  });

  it('waits for a process that still works on a trial', async () => {
    const trained = text.replace('  team: { protocol: parallel }\n', '').replace('[1, 2]', '[1]');
    const { paths } = await session('waiting', trained);
    const lock = join(paths.run('letters-cc-s1'), 'run.lock');
    writeFileSync(lock, `${process.pid} ${hostname()}\n`);
    const running = session('waiting', trained.replace('eval_generations: 3', 'eval_generations: 2'));
    await sleep(500);
    expect(existsSync(lock)).toBe(true);
    rmSync(lock);
    const { err, result } = await running;
    expect(err).toMatch(
      /^Waiting for letters-cc-s1: process \d+ on .+ works on it\.\n\[1\/1\] letters-cc-s1/,
    );
    expect(result).toEqual({ done: 1, failed: [] });
  });

  it('calls a trial failed that ended before its budget', async () => {
    const changed = text
      .replace('  team: { protocol: parallel }\n', '')
      .replace('[1, 2]', '[1]')
      .replace('items_per_step: 4', 'items_per_step: 4, max_steps: 2');
    const { result } = await session('short', changed);
    expect(result.failed[0]?.failure).toMatch(
      /ended after 32 of 96 environment steps. Take away .*`train.max_steps`/,
    );
  });

  it('makes a model once, again when its recipe changes, and nothing that no trial uses', async () => {
    const changed = text
      .replace(
        'base:',
        'models:\n  used: { task: str_build, seed: 1, max_positions: 600, set: [a=1, b=2] }\n  spare: { task: str_build }\nbase:',
      )
      .replace('path: model }', 'path: "model:used" }')
      .replace('[1, 2]', '[1]');
    const first = await session('models', changed);
    expect(first.err).toMatch(/^Making the model used\nMade the model used in \d+ s\n/);
    expect(readdirSync(first.paths.models).sort()).toEqual(['used', 'used.recipe.json']);
    const { args, cwd } = JSON.parse(readFileSync(join(first.paths.model('used'), 'config.json'), 'utf8'));
    expect(args).toEqual([
      ...['warm-start', '--threads', '1', '--task', 'str_build', '--seed', '1', '--max-positions', '600'],
      ...['--set', 'a=1', '--set', 'b=2', '--out', `${first.paths.model('used')}.making`],
    ]);
    // What a recipe sets may be paths, which are relative to the study file.
    expect(cwd).toBe(space.dir);
    expect((await session('models', changed)).err).toBe('2 of 2 trials have ended before.\n');
    const third = await session('models', changed.replace('seed: 1,', 'seed: 2,'));
    expect(third.err).toMatch(/^Making the model used\n[\s\S]*\[2\/2\]/);

    const small = changed.replace('max_positions: 600', 'max_positions: 100');
    await expect(session('models', small)).rejects.toThrow(
      /`train.max_new_tokens` \(256\) do not fit the model's context of 100/,
    );
    await expect(session('models', changed.replace('seed: 1,', 'seed: 13,'))).rejects.toThrow(
      'The model `models.used` could not be made: `collm warm-start` ended with exit code 1.\nerror: unlucky',
    );
  });
});
