/** Things that happen to a folder of runs, and what a listing has to say of them. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Larger than process ids get. */
export const deadPid = 4_194_305;

/** What a listing has to say, found out by reading everything in the plainest way. */
export function bruteForce(dir: string): unknown[] {
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
export function letTimePass(dir: string, clock: { now: number }): void {
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
export class History {
  readonly clock = { now: 1_700_000_000 };
  readonly #torn = new Map<string, string>();
  #made = 0;
  #state: number;

  constructor(
    private readonly dir: string,
    seed: number,
  ) {
    this.#state = seed * 7919 + 1;
  }

  happen(): void {
    const names = readdirSync(this.dir).filter((name) => !name.startsWith('.'));
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
    letTimePass(this.dir, this.clock);
  }

  #random(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#state >> 8) % limit;
  }

  #pick<T>(some: readonly T[]): T {
    return some[this.#random(some.length)] as T;
  }

  #run(): string {
    return this.#pick(readdirSync(this.dir).filter((name) => !name.startsWith('.')));
  }

  #time(): string {
    this.clock.now += this.#random(100);
    return new Date(this.clock.now * 1000).toISOString();
  }

  #append(name: string, record: object): void {
    const path = join(this.dir, name, 'metrics.jsonl');
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
    mkdirSync(join(this.dir, name, 'logs'), { recursive: true });
    const meta = {
      schema_version: 1,
      name,
      created: this.#time(),
      seed: 1,
      algorithm: this.#pick(['a', 'b']),
      environment: 'e',
      versions: {},
    };
    writeFileSync(join(this.dir, name, 'config.yaml'), 'env: {}\n');
    writeFileSync(join(this.dir, name, 'meta.json'), JSON.stringify(meta));
    this.#append(name, { kind: 'attempt', step: 0, attempt: 1, time: this.#time() });
    this.#grow();
  }

  #grow(): void {
    const name = this.#run();
    let step = Math.max(
      0,
      ...plainMetrics(join(this.dir, name, 'metrics.jsonl')).valid.map((record) => record.step),
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
    const steps = plainMetrics(join(this.dir, name, 'metrics.jsonl')).valid.map((record) => record.step);
    // Opening a journal drops a torn tail.
    const path = join(this.dir, name, 'metrics.jsonl');
    if (this.#torn.delete(name)) writeFileSync(path, readFileSync(path, 'utf8').replace(/[^\n]*$/, ''));
    this.#append(name, { kind: 'attempt', step: this.#pick([0, ...steps]), attempt: 2, time: this.#time() });
  }

  #remove(): void {
    const name = this.#run();
    this.#torn.delete(name);
    rmSync(join(this.dir, name), { recursive: true });
  }

  #rename(): void {
    const name = this.#run();
    const renamed = `renamed-${this.#made++}`;
    renameSync(join(this.dir, name), join(this.dir, renamed));
    const torn = this.#torn.get(name);
    this.#torn.delete(name);
    if (torn !== undefined) this.#torn.set(renamed, torn);
  }

  #change(): void {
    const name = this.#run();
    const path = (file: string) => join(this.dir, name, file);
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
    const path = (file: string) => join(this.dir, name, file);
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
    const path = join(this.dir, '.index.sqlite');
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
        writeFileSync(join(this.dir, `.index.sqlite.${deadPid}.tmp`), 'left by a kill');
        break;
    }
  }
}
