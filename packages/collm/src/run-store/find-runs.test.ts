import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bruteForce, deadPid, History, letTimePass } from '../../test/run-history.js';
import { findRuns } from './find-runs.js';
import type { RunQuery } from './run-query.js';

const all: RunQuery = { states: null, algorithm: null, environment: null, sort: 'name', limit: null };

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-runs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

describe('finding runs', () => {
  it.each([1, 2, 3, 4, 5])('says what the folders say, whatever happens to them (history %d)', (seed) => {
    const history = new History(dir, seed);
    for (let event = 0; event < 40; event++) {
      history.happen();
      const { runs, total } = findRuns(dir, all);
      expect(runs).toMatchObject(bruteForce(dir));
      expect(total).toBe(runs.length);
    }
    expect(findRuns(dir, all, true)).toEqual(findRuns(dir, all));
  });
});

function makeRun(
  name: string,
  returns: readonly number[],
  facts: { algorithm?: string; created?: string } = {},
): void {
  mkdirSync(join(dir, name));
  const time = '2026-01-01T00:00:00.000Z';
  const meta = {
    schema_version: 1,
    name,
    created: time,
    seed: 1,
    algorithm: 'a',
    environment: 'e',
    versions: {},
    ...facts,
  };
  writeFileSync(join(dir, name, 'config.yaml'), 'env: {}\n');
  writeFileSync(join(dir, name, 'meta.json'), JSON.stringify(meta));
  const records = returns.map((value, step) => ({
    kind: 'eval',
    step,
    attempt: 1,
    time,
    env_steps: step,
    metrics: { 'eval/return': value },
  }));
  writeFileSync(
    join(dir, name, 'metrics.jsonl'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}

describe('the index', () => {
  it('is what unchanged runs are taken from, until it is told to read all again', () => {
    makeRun('one', [0.25]);
    const clock = { now: 1_700_000_000 };
    letTimePass(dir, clock);
    findRuns(dir, all);
    const path = join(dir, 'one/metrics.jsonl');
    const { mtimeMs } = statSync(path);
    writeFileSync(path, readFileSync(path, 'utf8').replace('0.25', '0.75'));
    utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
    const last = (rebuild: boolean) => findRuns(dir, all, rebuild).runs[0]?.lastEvaluation?.return;
    expect(last(false)).toBe(0.25);
    expect(last(true)).toBe(0.75);
    expect(last(false)).toBe(0.75);
  });

  it('answers questions', () => {
    makeRun('a', [0.5], { created: '2026-01-03T00:00:00.000Z' });
    makeRun('b', [0.9, 0.1], { algorithm: 'b', created: '2026-01-02T00:00:00.000Z' });
    makeRun('c', [], { created: '2026-01-04T00:00:00.000Z' });
    makeRun('d', [0.5], { created: '2026-01-01T00:00:00.000Z' });
    const names = (query: Partial<RunQuery>) =>
      findRuns(dir, { ...all, ...query }).runs.map(({ name }) => name);
    expect(names({})).toEqual(['a', 'b', 'c', 'd']);
    expect(names({ sort: 'created' })).toEqual(['c', 'a', 'b', 'd']);
    expect(names({ sort: 'best' })).toEqual(['b', 'a', 'd', 'c']);
    expect(names({ sort: 'last', limit: 3 })).toEqual(['a', 'd', 'b']);
    expect(names({ sort: 'algorithm' })).toEqual(['a', 'c', 'd', 'b']);
    expect(names({ algorithm: 'b' })).toEqual(['b']);
    expect(names({ environment: "x' OR 1 --" })).toEqual([]);
    expect(names({ states: ['running'] })).toEqual([]);
    expect(names({ states: ['running', 'unknown'], algorithm: 'a' })).toEqual(['a', 'c', 'd']);
    expect(findRuns(dir, { ...all, limit: 1 }).total).toBe(4);
  });

  it('lists runs behind links, and passes over what is none', () => {
    makeRun('one', [1]);
    symlinkSync(join(dir, 'one'), join(dir, 'two'));
    symlinkSync(join(dir, 'nowhere'), join(dir, 'three'));
    mkdirSync(join(dir, 'empty'));
    writeFileSync(join(dir, 'file'), '');
    expect(findRuns(dir, all).runs.map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('is done without where nothing can be written', () => {
    makeRun('one', [1]);
    vi.stubEnv('TMPDIR', join(dir, 'nowhere'));
    expect(findRuns(dir, all).runs.map(({ name }) => name)).toEqual(['one']);
    expect(existsSync(join(dir, '.index.sqlite'))).toBe(false);
  });

  it('leaves nothing behind', () => {
    makeRun('one', [1]);
    writeFileSync(join(dir, `.index.sqlite.${deadPid}.tmp`), 'left by a kill');
    vi.stubEnv('TMPDIR', dir);
    findRuns(dir, all);
    expect(readdirSync(dir).sort()).toEqual(['.index.sqlite', 'one']);
  });

  it('serves several processes at once, beside one that trains', async () => {
    for (let number = 0; number < 30; number++) makeRun(`run-${number}`, [number]);
    const collm = fileURLToPath(new URL('../../bin/collm.js', import.meta.url));
    const list = () =>
      new Promise<unknown[]>((resolve, reject) => {
        const child = spawn(process.execPath, [collm, 'runs', 'ls', '--runs-dir', dir, '--json']);
        let out = '';
        child.stdout.on('data', (text) => {
          out += text;
          appendFileSync(
            join(dir, 'run-0/metrics.jsonl'),
            `${JSON.stringify({ kind: 'train', step: 9, time: '2026-01-02', env_steps: 9, metrics: {} })}\n`,
          );
        });
        child.on('close', () => {
          try {
            resolve(JSON.parse(out));
          } catch (error) {
            reject(error);
          }
        });
      });
    const lists = await Promise.all(Array.from({ length: 4 }, list));
    expect(lists.map(({ length }) => length)).toEqual([30, 30, 30, 30]);
    expect(findRuns(dir, all).runs.find(({ name }) => name === 'run-0')?.step).toBe(9);
    expect(findRuns(dir, all)).toEqual(findRuns(dir, all, true));
    expect(readdirSync(dir).filter((name) => name.startsWith('.'))).toEqual(['.index.sqlite']);
  });
});
