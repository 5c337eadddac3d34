import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrainerState } from '@collm/marl';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  bestStep,
  checkpointSteps,
  openCheckpoint,
  RunCheckpoints,
  recoverCheckpoints,
} from './checkpoints.js';
import { writeFileDurably } from './durable.js';
import { listEpisodes, readEpisode, usualEpisode } from './episodes.js';
import { Journal, journalEntries, readJournal } from './journal.js';
import { lockRun } from './lock.js';
import { type MetricsRecord, readEpisodes, readMetrics } from './records.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-store-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const state = (step: number): TrainerState => ({
  version: 2,
  algorithm: 'collm_cc',
  environment: 'str_build',
  seed: 1,
  step,
  items: 0,
  episodes: 0,
  envSteps: 0,
  evaluatedStep: null,
  skippedInARow: {},
  targetReachedAt: null,
});

const write = (text: string) => async (folder: string) => {
  mkdirSync(join(folder, 'agent-0'));
  writeFileSync(join(folder, 'agent-0/weights'), text);
};

describe('checkpoints', () => {
  const store = (keepLast = 2, scores = new Map<number, number>()) =>
    new RunCheckpoints(dir, { keepLast, scores });

  it('come back as they were written', async () => {
    const place = await store().save(state(12), write('w'));
    expect(place).toBe(join(dir, 'step-000012'));
    const { dir: folder, state: read } = await openCheckpoint(dir, 12, 'run');
    expect(read).toEqual(state(12));
    expect(readFileSync(join(folder, 'agent-0/weights'), 'utf8')).toBe('w');
  });

  it('appear whole or not at all', async () => {
    const checkpoints = store();
    let seen: string[] = [];
    await checkpoints.save(state(1), async (folder) => {
      await write('w')(folder);
      seen = readdirSync(dir);
    });
    expect(seen).toEqual(['.new-step-000001']);
    const failing = checkpoints.save(state(2), async (folder) => {
      await write('half')(folder);
      throw new Error('disk full');
    });
    await expect(failing).rejects.toThrow('disk full');
    expect(readdirSync(dir)).toEqual(['step-000001']);
    await checkpoints.save(state(2), write('whole'));
    expect(readFileSync(join(dir, 'step-000002/agent-0/weights'), 'utf8')).toBe('whole');
  });

  it('replace one of the same step', async () => {
    const checkpoints = store();
    await checkpoints.save(state(1), write('old'));
    await checkpoints.save(state(1), write('new'));
    expect(readdirSync(dir)).toEqual(['step-000001']);
    expect(readFileSync(join(dir, 'step-000001/agent-0/weights'), 'utf8')).toBe('new');
  });

  it('are not replaced by what a step failed at, nor is that taken for one', async () => {
    const checkpoints = store(1);
    await checkpoints.save(state(3), write('good'));
    const place = await checkpoints.saveFailure(state(3), write('bad'));
    expect(place).toBe(join(dir, 'failed-step-000003'));
    expect(readFileSync(join(place, 'agent-0/weights'), 'utf8')).toBe('bad');
    await checkpoints.save(state(4), write('good'));
    expect(checkpointSteps(dir)).toEqual([4]);
    expect(readdirSync(dir).sort()).toEqual(['failed-step-000003', 'step-000004']);
  });

  it('keep the newest and the best', async () => {
    const scores = new Map<number, number>();
    const checkpoints = store(2, scores);
    for (const [step, score] of [
      [1, 0.1],
      [2, 0.9],
      [3, 0.5],
      [4, 0.4],
      [5, 0.3],
    ] as const) {
      scores.set(step, score);
      await checkpoints.save(state(step), write('w'));
    }
    expect(readdirSync(dir).sort()).toEqual(['step-000002', 'step-000004', 'step-000005']);
    expect(bestStep([2, 4, 5], scores)).toBe(2);
    expect(bestStep([4, 5], new Map())).toBeUndefined();
    expect(
      bestStep(
        [4, 5],
        new Map([
          [4, 1],
          [5, 1],
        ]),
      ),
    ).toBe(5);
  });

  it('recover from a kill between any two renames', async () => {
    const checkpoints = store();
    await checkpoints.save(state(1), write('old'));
    await checkpoints.save(state(2), write('two'));
    renameSync(join(dir, 'step-000001'), join(dir, '.old-step-000001'));
    mkdirSync(join(dir, '.new-step-000003'));
    mkdirSync(join(dir, '.bin-step-000000'));
    mkdirSync(join(dir, '.old-step-000002'));
    recoverCheckpoints(dir);
    expect(readdirSync(dir).sort()).toEqual(['step-000001', 'step-000002']);
    expect((await openCheckpoint(dir, 1, 'run')).state.step).toBe(1);
    expect((await openCheckpoint(dir, 2, 'run')).state.step).toBe(2);
  });

  it('are damaged without an earlier one: says to start again', async () => {
    await store().save(state(3), write('w'));
    writeFileSync(join(dir, 'step-000003/agent-0/weights'), 'v');
    await expect(openCheckpoint(dir, 3, 'run')).rejects.toThrow(/no earlier one: start the run again/);
  });

  it('make durable what belongs to them first', async () => {
    let visible: number[] | null = null;
    const checkpoints = new RunCheckpoints(dir, {
      keepLast: 1,
      scores: new Map(),
      beforeCommit: () => {
        visible = checkpointSteps(dir);
      },
    });
    await checkpoints.save(state(1), write('w'));
    expect(visible).toEqual([]);
  });
});

describe('journals', () => {
  it('append, survive a torn tail, and refuse a damaged middle', () => {
    const path = join(dir, 'j.jsonl');
    const journal = new Journal(path);
    journal.append({ a: 1 });
    journal.close();
    writeFileSync(path, '{"b":', { flag: 'a' });
    expect(readJournal(path)).toEqual([{ a: 1 }]);
    const again = new Journal(path);
    again.append({ c: 'ü\n' });
    again.sync();
    again.close();
    again.close();
    expect(readJournal(path)).toEqual([{ a: 1 }, { c: 'ü\n' }]);
    writeFileSync(path, '{"a":1}\nnonsense\n{"b":2}\n');
    expect(() => readJournal(path)).toThrow(/Line 2 of .* is no JSON record/);
    expect(readJournal(join(dir, 'none.jsonl'))).toEqual([]);
  });

  it('are read and mended piece by piece, wherever a line ends', () => {
    const path = join(dir, 'j.jsonl');
    const texts = [0, 1, (1 << 20) - 12, 1, 3 << 20, 700_000, 5].map((length) => 'ü'.repeat(length / 2));
    const lines = texts.map((text) => `${JSON.stringify({ text })}\n`);
    writeFileSync(path, `${lines.join('')}{"torn": "${'x'.repeat(2 << 20)}`);
    const whole = lines.join('').length + texts.join('').length;
    const entries = [...journalEntries(path)];
    expect(entries.map(({ record }) => record)).toEqual(texts.map((text) => ({ text })));
    const bytes = readFileSync(path);
    for (const { record, start, end } of entries) {
      expect(JSON.parse(bytes.toString('utf8', start, end))).toEqual(record);
    }
    new Journal(path).close();
    expect(statSync(path).size).toBe(whole);
    expect(readJournal(path)).toHaveLength(texts.length);
    writeFileSync(path, 'x'.repeat(3 << 20));
    new Journal(path).close();
    expect(statSync(path).size).toBe(0);
  });

  it('give the one valid sequence of several attempts', () => {
    const time = '2026-01-01T00:00:00.000Z';
    const lines: object[] = [];
    const attempt = (number: number, step: number) =>
      lines.push({ kind: 'attempt', step, attempt: number, time });
    const record = (number: number, kind: 'train' | 'eval', step: number) =>
      lines.push({ kind, step, attempt: number, time, env_steps: step, metrics: {} });
    attempt(1, 0);
    record(1, 'eval', 0);
    for (const step of [1, 2, 3]) record(1, 'train', step);
    record(1, 'eval', 3);
    attempt(2, 2);
    record(2, 'train', 3);
    attempt(3, 3);
    record(3, 'eval', 3);
    record(3, 'train', 4);
    record(3, 'eval', 4);
    attempt(4, 3);
    writeFileSync(join(dir, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const shown = readMetrics(dir).map(
      ({ kind, step, attempt: by }: MetricsRecord) => `${kind} ${step} by ${by}`,
    );
    expect(shown).toEqual(['eval 0 by 1', 'train 1 by 1', 'train 2 by 1', 'train 3 by 2', 'eval 3 by 3']);
  });
});

describe('interrupted episodes', () => {
  it('stay beside those that were played again, and stand for nothing', () => {
    const time = '2026-01-01T00:00:00.000Z';
    const attempt = (number: number, step: number) => ({ kind: 'attempt', step, attempt: number, time });
    const play = (number: number, phase: string, step: number, more = {}) => ({
      ...{ kind: 'episode', phase, step, episode: 0, itemId: 'a', return: 0, turns: [] },
      ...{ attempt: number, time, ...more },
    });
    const broken = { failure: 'gone', interrupted: true };
    const lines = [
      attempt(1, 0),
      play(1, 'evaluation', 0),
      play(1, 'train', 1, broken),
      attempt(2, 0),
      play(2, 'train', 1, broken),
      attempt(3, 0),
      play(3, 'train', 1),
      play(3, 'train', 2, { failure: 'of its environment' }),
      play(3, 'evaluation', 2, broken),
      attempt(4, 1),
    ];
    writeFileSync(join(dir, 'episodes.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const shown = readEpisodes(dir).map(
      ({ phase, step, attempt: by, interrupted }) =>
        `${phase} ${step} by ${by}${interrupted ? ', broken' : ''}`,
    );
    expect(shown).toEqual([
      'evaluation 0 by 1',
      'train 1 by 1, broken',
      'train 1 by 2, broken',
      'train 1 by 3',
      'evaluation 2 by 3, broken',
    ]);
    const listed = listEpisodes(dir);
    expect(listed.map((entry) => readEpisode(dir, entry))).toEqual(readEpisodes(dir));
    expect(usualEpisode(listed)).toBe(1);
  });
});

describe('locks', () => {
  it('exclude a living process and pass over a dead one', () => {
    const path = join(dir, 'run.lock');
    const unlock = lockRun(path);
    expect(() => lockRun(path)).toThrow(/Another process writes to this run/);
    unlock();
    unlock();
    expect(existsSync(path)).toBe(false);
    // The largest possible process id plus one: it cannot be alive.
    writeFileSync(path, `4194305 ${hostname()}\n`);
    lockRun(path)();
    writeFileSync(path, '1 another-host\n');
    expect(() => lockRun(path)).toThrow(/process 1 on another-host/);
  });
});

describe('durable files', () => {
  it('replace the old content at once', () => {
    const path = join(dir, 'f');
    writeFileDurably(path, 'one');
    writeFileDurably(path, 'two');
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(dir)).toEqual(['f']);
  });
});
