import { describe, expect, it } from 'vitest';
import { Job } from '../src/job.js';
import { submission } from './helpers.js';

const passed = { status: 'passed' } as const;
const failed = { status: 'failed', error: { type: 'ValueError', message: '' } } as const;

function job(numTests: number, limits: Parameters<typeof submission>[2] = {}): Job {
  return new Job(
    submission(
      'x = 1',
      Array.from({ length: numTests }, () => 'x'),
      limits,
    ),
    10,
  );
}

describe('a submission whose worker is killed', () => {
  it('in the analysis goes on with the program', () => {
    const killed = job(1, { analysis: { source: '', input: null } });
    expect(killed.task().analysis).not.toBeNull();
    killed.interrupted('died');
    expect(killed.finished).toBe(false);
    expect(killed.task()).toMatchObject({ analysis: null, firstTest: 0 });
    expect(killed.result().analysisError?.type).toBe('MemoryError');
  });

  it('while loading ends', () => {
    const killed = job(1);
    killed.task();
    killed.interrupted('timeout');
    expect(killed.finished).toBe(true);
    expect(killed.result()).toMatchObject({
      load: { status: 'timeout' },
      tests: [{ status: 'skipped' }],
      timeouts: 0,
    });
  });

  it('in a test goes on with the next one, and loads first', () => {
    const killed = job(3);
    killed.task();
    killed.apply({ kind: 'load', outcome: passed, output: 'load ' });
    killed.apply({ kind: 'test', index: 0, outcome: passed, output: 'one ' });
    killed.interrupted('timeout');
    expect(killed.task()).toMatchObject({ firstTest: 2, timeouts: 1 });
    killed.apply({ kind: 'load', outcome: passed, output: 'load ' });
    killed.apply({ kind: 'test', index: 2, outcome: failed, output: 'three' });
    expect(killed.finished).toBe(true);
    expect(killed.result()).toMatchObject({
      tests: [passed, { status: 'timeout' }, failed],
      timeouts: 1,
      output: 'load one t',
    });
  });

  it('by a test that crashes it counts that as out of memory', () => {
    const killed = job(1);
    killed.task();
    killed.apply({ kind: 'load', outcome: passed, output: '' });
    killed.interrupted('died');
    expect(killed.result().tests).toMatchObject([{ status: 'failed', error: { type: 'MemoryError' } }]);
  });

  it('and whose program does not load a second time skips the rest', () => {
    const killed = job(3);
    killed.task();
    killed.apply({ kind: 'load', outcome: passed, output: '' });
    killed.interrupted('timeout');
    killed.task();
    killed.apply({ kind: 'load', outcome: failed, output: '' });
    expect(killed.finished).toBe(true);
    expect(killed.result()).toMatchObject({
      load: passed,
      tests: [{ status: 'timeout' }, { status: 'skipped' }, { status: 'skipped' }],
    });
  });

  it('so often that no time-out is left skips the rest', () => {
    const killed = job(5, { maxTimeouts: 2 });
    killed.task();
    killed.apply({ kind: 'load', outcome: passed, output: '' });
    killed.interrupted('timeout');
    killed.task();
    killed.apply({ kind: 'load', outcome: passed, output: '' });
    killed.apply({ kind: 'test', index: 1, outcome: { status: 'timeout' }, output: '' });
    expect(killed.finished).toBe(true);
    expect(killed.result().tests.map((test) => test.status)).toEqual([
      'timeout',
      'timeout',
      'skipped',
      'skipped',
      'skipped',
    ]);
  });
});
