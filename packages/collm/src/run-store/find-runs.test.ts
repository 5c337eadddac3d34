import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findRuns } from './find-runs.js';
import type { RunQuery } from './run-query.js';

const all: RunQuery = { states: null, algorithm: null, environment: null, sort: 'name', limit: null };
// Larger than process ids get.
const deadPid = 4_194_305;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-runs-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

/** What a listing has to say, found out by reading everything in the plainest way. */
function bruteForce(): unknown[] {
  return readdirSync(dir)
    .filter((name) => !name.startsWith('.'))
    .sort()
    .flatMap((name) => {
      const path = (file: string) => join(dir, name, file);
      const there = ['config.yaml', 'meta.json', 'metrics.jsonl'].filter((file) => existsSync(path(file)));
      if (there.length < 2) return [];
      const meta = json(path('meta.json'));
      const { valid, all: records, problem } = plainMetrics(path('metrics.jsonl'));
      const evaluations = valid
        .filter(({ kind }) => kind === 'eval')
        .map(({ step, metrics }) => ({ step, return: metrics['eval/return'] as number }));
      const best = Math.max(...evaluations.map((one) => one.return));
      const times = records.map(({ time }) => Date.parse(time));
      return {
        name,
        state: plainState(path),
        algorithm: meta?.algorithm ?? null,
        step: Math.max(0, ...valid.map(({ step }) => step)),
        envSteps: Math.max(0, ...valid.map(({ step }) => step * 16)),
        attempts: records.filter(({ kind }) => kind === 'attempt').length,
        lastEvaluation: evaluations.at(-1) ?? null,
        bestEvaluation: evaluations.findLast((one) => one.return === best) ?? null,
        seconds: times.reduce(
          (sum, time, index) =>
            index === 0 || records[index]?.kind === 'attempt'
              ? sum
              : sum + (time - (times[index - 1] as number)) / 1000,
          0,
        ),
        problem: meta === null ? 'meta.json cannot be read' : problem,
      };
    });
}

interface PlainRecord {
  kind: 'attempt' | 'train' | 'eval';
  step: number;
  time: string;
  metrics: Record<string, number>;
}

function plainMetrics(path: string) {
  let valid: PlainRecord[] = [];
  const records: PlainRecord[] = [];
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  for (const [index, line] of lines.entries()) {
    let record: PlainRecord;
    try {
      record = JSON.parse(line);
    } catch {
      return {
        valid: sorted(valid),
        all: records,
        problem: `line ${index + 1} of metrics.jsonl is no record`,
      };
    }
    records.push(record);
    if (record.kind === 'attempt') valid = valid.filter(({ step }) => step <= record.step);
    else valid = [...valid.filter(({ kind, step }) => kind !== record.kind || step !== record.step), record];
  }
  return { valid: sorted(valid), all: records, problem: null };
}

function sorted(records: readonly PlainRecord[]): PlainRecord[] {
  return [...records].sort((a, b) => a.step - b.step);
}

function plainState(path: (file: string) => string): string {
  const status = json(path('status.json'));
  const lock = existsSync(path('run.lock'))
    ? Number(readFileSync(path('run.lock'), 'utf8').split(' ')[0])
    : null;
  const other = lock !== null && lock !== status?.pid;
  if (other && lock === process.pid) return 'running';
  const ended = status !== null && status.state !== 'running' && status.state !== 'paused';
  if (status !== null && !ended) return status.pid === process.pid ? String(status.state) : 'killed';
  return other ? 'killed' : String(status?.state ?? 'unknown');
}

function json(path: string): Record<string, string | number> | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Makes what was just written look older, as if nobody had looked for a while. */
function letTimePass(clock: { now: number }): void {
  for (const name of readdirSync(dir).filter((one) => !one.startsWith('.'))) {
    for (const file of ['meta.json', 'metrics.jsonl', 'status.json', '']) {
      const path = join(dir, name, file);
      if (!existsSync(path) || statSync(path).mtimeMs < Date.now() - 60_000) continue;
      clock.now += 1;
      utimesSync(path, clock.now, clock.now);
    }
  }
}

/** Things that happen to a folder of runs, chosen by a seeded generator. */
class History {
  readonly clock = { now: 1_700_000_000 };
  readonly #torn = new Map<string, string>();
  #made = 0;
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 7919 + 1;
  }

  happen(): void {
    const names = readdirSync(dir).filter((name) => !name.startsWith('.'));
    if (names.length < 3) this.#make();
    const events = [
      this.#make,
      this.#grow,
      this.#grow,
      this.#grow,
      this.#resume,
      this.#remove,
      this.#rename,
      this.#change,
      this.#change,
      this.#damage,
      this.#damageIndex,
    ];
    this.#pick(events).call(this);
    letTimePass(this.clock);
  }

  #random(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#state >> 8) % limit;
  }

  #pick<T>(some: readonly T[]): T {
    return some[this.#random(some.length)] as T;
  }

  #run(): string {
    return this.#pick(readdirSync(dir).filter((name) => !name.startsWith('.')));
  }

  #time(): string {
    this.clock.now += this.#random(100);
    return new Date(this.clock.now * 1000).toISOString();
  }

  #append(name: string, record: object): void {
    const path = join(dir, name, 'metrics.jsonl');
    const line = `${JSON.stringify(record)}\n`;
    const rest = this.#torn.get(name) ?? '';
    this.#torn.delete(name);
    if (this.#random(5) > 0) {
      appendFileSync(path, rest + line);
      return;
    }
    // The process has written half of it when somebody looks.
    const written = this.#random(line.length);
    appendFileSync(path, rest + line.slice(0, written));
    this.#torn.set(name, line.slice(written));
  }

  #make(): void {
    const name = `run-${this.#made++}`;
    mkdirSync(join(dir, name, 'logs'), { recursive: true });
    const meta = {
      schema_version: 1,
      name,
      created: this.#time(),
      seed: 1,
      algorithm: this.#pick(['a', 'b']),
      environment: 'e',
      versions: {},
    };
    writeFileSync(join(dir, name, 'config.yaml'), 'env: {}\n');
    writeFileSync(join(dir, name, 'meta.json'), JSON.stringify(meta));
    this.#append(name, { kind: 'attempt', step: 0, attempt: 1, time: this.#time() });
    this.#grow();
  }

  #grow(): void {
    const name = this.#run();
    let step = Math.max(
      0,
      ...plainMetrics(join(dir, name, 'metrics.jsonl')).valid.map((record) => record.step),
    );
    for (let count = this.#random(6); count > 0; count--) {
      step += 1;
      const record = { step, attempt: 1, env_steps: step * 16 };
      this.#append(name, {
        kind: 'train',
        ...record,
        time: this.#time(),
        metrics: { 'train/return_mean': 1 },
      });
      if (this.#random(2) === 0) continue;
      const score = this.#random(5) / 4;
      this.#append(name, { kind: 'eval', ...record, time: this.#time(), metrics: { 'eval/return': score } });
    }
  }

  #resume(): void {
    const name = this.#run();
    const steps = plainMetrics(join(dir, name, 'metrics.jsonl')).valid.map((record) => record.step);
    // Opening a journal drops a torn tail.
    const path = join(dir, name, 'metrics.jsonl');
    if (this.#torn.delete(name)) writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*$/, ''));
    this.#append(name, { kind: 'attempt', step: this.#pick([0, ...steps]), attempt: 2, time: this.#time() });
  }

  #remove(): void {
    const name = this.#run();
    this.#torn.delete(name);
    rmSync(join(dir, name), { recursive: true });
  }

  #rename(): void {
    const name = this.#run();
    const renamed = `renamed-${this.#made++}`;
    renameSync(join(dir, name), join(dir, renamed));
    const torn = this.#torn.get(name);
    this.#torn.delete(name);
    if (torn !== undefined) this.#torn.set(renamed, torn);
  }

  #change(): void {
    const name = this.#run();
    const path = (file: string) => join(dir, name, file);
    const pid = this.#pick([process.pid, deadPid]);
    const state = this.#pick(['running', 'paused', 'finished', 'stopped', 'failed']);
    const status = {
      state,
      step: 1,
      total_steps: 9,
      pid,
      host: hostname(),
      updated: new Date().toISOString(),
    };
    // Replaced, as a durable write does.
    writeFileSync(path('status.json.tmp'), JSON.stringify(status));
    renameSync(path('status.json.tmp'), path('status.json'));
    if (this.#random(4) === 0) rmSync(path('status.json'));
    rmSync(path('run.lock'), { force: true });
    if (this.#random(2) === 0)
      writeFileSync(path('run.lock'), `${this.#pick([process.pid, deadPid])} ${hostname()}\n`);
  }

  #damage(): void {
    const name = this.#run();
    const path = (file: string) => join(dir, name, file);
    const metrics = existsSync(path('metrics.jsonl')) ? readFileSync(path('metrics.jsonl'), 'utf8') : '';
    const lines = metrics.split('\n');
    switch (this.#random(5)) {
      case 0:
        writeFileSync(path('meta.json'), '{"schema_version":');
        break;
      case 1:
        rmSync(path(this.#pick(['meta.json', 'config.yaml'])), { force: true });
        break;
      case 2:
        lines.splice(this.#random(lines.length), 0, 'nonsense');
        writeFileSync(path('metrics.new'), lines.join('\n'));
        renameSync(path('metrics.new'), path('metrics.jsonl'));
        break;
      case 3:
        this.#torn.delete(name);
        writeFileSync(
          path('metrics.jsonl'),
          metrics.slice(0, this.#random(metrics.length + 1)).replace(/[^\n]*$/, ''),
        );
        break;
      case 4:
        writeFileSync(path('status.json'), 'null');
        break;
    }
  }

  #damageIndex(): void {
    const path = join(dir, '.index.sqlite');
    if (!existsSync(path) || statSync(path).isDirectory()) {
      rmSync(path, { recursive: true, force: true });
      return;
    }
    const bytes = readFileSync(path);
    switch (this.#random(5)) {
      case 0:
        rmSync(path);
        break;
      case 1: {
        const place = this.#random(bytes.length);
        bytes[place] = (bytes[place] as number) ^ (1 + this.#random(255));
        writeFileSync(path, bytes);
        break;
      }
      case 2:
        writeFileSync(path, bytes.subarray(0, this.#random(bytes.length)));
        break;
      case 3:
        // Nothing can be put there now, as on a disk that cannot be written to.
        rmSync(path);
        mkdirSync(path);
        break;
      case 4:
        writeFileSync(join(dir, `.index.sqlite.${deadPid}.tmp`), 'left by a kill');
        break;
    }
  }
}

describe('finding runs', () => {
  it.each([1, 2, 3, 4, 5])(
    'says what the folders say, whatever happens to them (history %d)',
    (seed) => {
      const history = new History(seed);
      for (let event = 0; event < 40; event++) {
        history.happen();
        const { runs, total } = findRuns(dir, all);
        expect(runs).toMatchObject(bruteForce());
        expect(total).toBe(runs.length);
      }
      expect(findRuns(dir, all, true)).toEqual(findRuns(dir, all));
    },
  );
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
    letTimePass(clock);
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
