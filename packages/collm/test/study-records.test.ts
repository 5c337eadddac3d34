import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { defaultKeep, keeps, keepsOfEvaluation, rounded } from '../src/study/keep.js';
import { keepOldRecords } from '../src/study/keep-old-records.js';
import { protocolMetrics } from '../src/study/protocol-metrics.js';
import { packRecords, readRecords, writeRecords } from '../src/study/records.js';
import type { StudyRecords } from '../src/study/types.js';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space[Symbol.dispose]());

const records: StudyRecords = {
  header: {
    ...{ kind: 'study', version: 1, name: 'a', command: 'collm study a.yaml', versions: { node: '20' } },
    ...{ hardware: { cpu: 'some', cores: 2, memoryGb: 8 }, jobs: 2, wallSeconds: 12.5 },
  },
  trials: [
    {
      ...{ kind: 'trial', trial: 't-m-s1', task: 't', method: 'm', conditions: { axis: 'level' }, seed: 1 },
      ...{ wallSeconds: 3.5, failure: null },
      points: [
        { kind: 'eval', trial: 't-m-s1', step: 0, envSteps: 0, metrics: { 'eval/return': 0.25 } },
        { kind: 'train', trial: 't-m-s1', step: 1, envSteps: 8, metrics: { 'train/return_mean': -1e-7 } },
      ],
    },
    {
      ...{ kind: 'trial', trial: 't-m-s2', task: 't', method: 'm', conditions: { axis: 'level' }, seed: 2 },
      ...{ wallSeconds: 0, failure: 'error: no\nmore', points: [] },
    },
  ],
};

describe('the records of a study', () => {
  it('are the same when they are read again, and the same bytes when they are written again', () => {
    const path = space.path('records.jsonl.gz');
    writeRecords(path, records);
    expect(readRecords(path)).toEqual(records);
    expect(packRecords(readRecords(path)).equals(packRecords(records))).toBe(true);
  });

  const lines = gunzipSync(packRecords(records)).toString().trimEnd().split('\n');
  const changed = (at: number, line: string) => [...lines.slice(0, at), line, ...lines.slice(at + 1)];

  it.each([
    ['no JSON', changed(2, '{"kind":'), /^Line 3 of .*broken.gz is no JSON record/],
    ['no header', lines.slice(1), /^Line 1 of .* is no header of a study/],
    [
      'another version',
      changed(0, (lines[0] as string).replace('"version":1', '"version":2')),
      /^Line 1 .*`version`/,
    ],
    ['a trial twice', [...lines, lines[1] as string], /^Line 6 .* repeats the trial t-m-s1/],
    [
      'a point of no trial',
      changed(1, lines[4] as string),
      /^Line 3 .* belongs to a trial t-m-s1 that is not above it/,
    ],
    [
      'a text for a number',
      changed(2, (lines[2] as string).replace('0.25', '"high"')),
      /^Line 3 .*`metrics.eval\/return`/,
    ],
    ['a line of another kind', [...lines, '{"kind":"note"}'], /^Line 6 .* is neither a trial nor a point/],
    ['a line that is null', [...lines, 'null'], /^Line 6 .* is neither a trial nor a point/],
    ['a line without end', [...lines, `{"kind":"${'x'.repeat(1 << 20)}"}`], /^Line 6 .* has \d+ bytes/],
    ['nothing', [], /is empty/],
  ])('are refused with %s', (_, content, message) => {
    const path = space.path('broken.gz');
    writeFileSync(path, gzipSync(content.map((line) => `${line}\n`).join('')));
    expect(() => readRecords(path)).toThrow(message);
  });

  it('are refused when they are not packed, or not there', () => {
    const path = space.write('plain.gz', lines.join('\n'));
    expect(() => readRecords(path)).toThrow(/plain.gz cannot be read: incorrect header check/);
    expect(() => readRecords(space.path('none.gz'))).toThrow(
      /There are no records at .*none.gz. Run the study first/,
    );
  });
});

describe('records that were there before', () => {
  const [first, second] = records.trials;
  const fresh = (name: string) => {
    mkdirSync(space.path(name));
    writeRecords(space.path(name, 'records.jsonl.gz'), records);
    return space.path(name, 'records.jsonl.gz');
  };
  const finished = first as (typeof records.trials)[number];

  it('are written over when the new ones have all that was finished', () => {
    const path = fresh('same');
    expect(keepOldRecords(path, records)).toBeNull();
    // What has failed is no loss; nor does it matter that nobody knew by which configuration a trial was run.
    expect(keepOldRecords(path, { trials: [{ ...finished, fingerprint: 'a' }] })).toBeNull();
    expect(keepOldRecords(space.path('same/none.gz'), { trials: [] })).toBeNull();
    expect(readdirSync(space.path('same'))).toEqual(['records.jsonl.gz']);
  });

  it('are kept when a finished trial would be lost, failed now, or run otherwise', () => {
    const path = fresh('less');
    expect(keepOldRecords(path, { trials: second ? [second] : [] })).toBe(
      "The records that were there hold 1 trial that this study's folder does not have: they are kept in records-before-1.jsonl.gz.",
    );
    expect(readdirSync(space.path('less'))).toEqual(['records-before-1.jsonl.gz']);
    expect(readRecords(space.path('less/records-before-1.jsonl.gz'))).toEqual(records);
    const known = [{ ...finished, fingerprint: 'a' }];
    writeRecords(path, { ...records, trials: known });
    expect(keepOldRecords(path, { trials: known })).toBeNull();
    expect(keepOldRecords(path, { trials: [{ ...finished, fingerprint: 'b' }] })).toMatch(/before-2/);
    writeRecords(path, records);
    expect(keepOldRecords(path, { trials: [{ ...finished, failure: 'no' }] })).toMatch(/before-3/);
  });

  it('are kept when they cannot be read', () => {
    const path = fresh('broken');
    writeFileSync(path, 'x');
    expect(keepOldRecords(path, records)).toMatch(/cannot be read; they are in records-before-1.jsonl.gz/);
  });
});

describe('what is kept', () => {
  it('of training is what the patterns name; a star stops at a slash', () => {
    const kept = keeps(defaultKeep);
    const names = ['agent_1/entropy', 'critic/value_loss', 'critic_2/value_loss', 'train/return_mean'];
    expect(names.filter(kept)).toEqual(names);
    expect(
      ['agent_1/turn_1/truncated', 'agent_1/entropy_x', 'time/step', 'xtrain/env_steps'].filter(kept),
    ).toEqual([]);
    expect(keeps(['a.b/*'])('a.b/c')).toBe(true);
    expect(keeps(['a.b/*'])('axb/c')).toBe(false);
  });

  it('of evaluations is everything but standard errors, and of turns the reward', () => {
    const names = ['eval/return', 'eval/turn_2/reward', 'eval/iou'];
    expect(names.filter(keepsOfEvaluation)).toEqual(names);
    expect(['eval/return_se', 'eval/turn_2/iou', 'eval/turn_1/count'].filter(keepsOfEvaluation)).toEqual([]);
  });

  it('has six digits, and is finite', () => {
    const metrics = { a: 1 / 3, b: 123456.789, c: Number.NaN, d: -1.23456789e-9, e: 5, f: 1 };
    expect(rounded(metrics, (name) => name !== 'f')).toEqual({
      a: 0.333333,
      b: 123457,
      d: -1.23457e-9,
      e: 5,
    });
  });
});

describe('the evaluation of a protocol', () => {
  it('has the names that evaluations in training have, without what depends on the machine', () => {
    const printed = {
      protocols: [
        {
          episodes: 3,
          failed: 1,
          summary: { return: { mean: 2 }, seconds: { mean: 9 }, iou: { mean: 0.5 } },
        },
      ],
    };
    expect(protocolMetrics(JSON.stringify(printed))).toEqual({
      ...{ 'eval/episodes': 3, 'eval/failed_episodes': 0.25, 'eval/return': 2, 'eval/iou': 0.5 },
    });
  });

  it('is refused when it is something else', () => {
    expect(() => protocolMetrics('error')).toThrow(/printed no JSON/);
    expect(() => protocolMetrics('{"protocols":[{"error":"no"}]}')).toThrow(/no summary/);
  });
});
