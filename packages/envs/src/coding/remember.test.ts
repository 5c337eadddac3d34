import type { Submission, SubmissionResult } from '@collm/sandbox';
import { describe, expect, it } from 'vitest';
import { FakePython } from '../../test/fake-python.js';
import { sharedSandbox } from '../../test/sandbox.js';
import { RememberingRunner } from './remember.js';

const limits = { loadTimeoutMs: 5000, testTimeoutMs: 5000, maxTimeouts: 3 };

/** A program with the test that `f()` is 1. */
const submission = (program: string): Submission => ({
  program,
  tests: [{ steps: [{ mode: 'exec', source: 'assert f() == 1' }] }],
  ...limits,
});

const ran = ({ submissions }: FakePython) => submissions.map(({ program }) => program);

describe('remembering what Python said', () => {
  it('runs equal submissions once, also while the first one is under way', async () => {
    const inner = new FakePython();
    const runner = new RememberingRunner(inner);
    const [one, other] = await Promise.all([runner.run(submission('a')), runner.run(submission('a'))]);
    expect(await runner.run(submission('a'))).toBe(one);
    expect(other).toBe(one);
    await runner.run(submission('b'));
    await runner.run({ ...submission('a'), testTimeoutMs: 1 });
    expect(ran(inner)).toEqual(['a', 'b', 'a']);
  });

  it('forgets the least recently used', async () => {
    const inner = new FakePython();
    const runner = new RememberingRunner(inner, 2);
    for (const program of ['a', 'b', 'a', 'c', 'a', 'b']) await runner.run(submission(program));
    expect(ran(inner)).toEqual(['a', 'b', 'c', 'b']);
  });

  const error = (type: string) => ({ type, message: '' });
  it.each<[string, Partial<SubmissionResult>]>([
    ['a test out of time', { tests: [{ status: 'timeout' }] }],
    ['a program out of time', { load: { status: 'timeout' } }],
    ['an analysis out of time', { analysisError: error('TimeoutError') }],
    ['an analysis out of memory', { analysisError: error('MemoryError') }],
    ['a test out of memory', { tests: [{ status: 'failed', error: error('MemoryError') }] }],
    ['a long output', { output: 'x'.repeat(5000) }],
  ])('runs again after %s', async (_, answer) => {
    const inner = new FakePython(() => answer);
    const runner = new RememberingRunner(inner);
    for (let i = 0; i < 3; i++) expect(await runner.run(submission('a'))).toMatchObject(answer);
    expect(inner.submissions.length).toBe(3);
  });

  it('runs again what may look at the clock', async () => {
    const inner = new FakePython();
    const runner = new RememberingRunner(inner);
    const program = 'def f():\n import time\n return time.time_ns() % 2';
    for (let i = 0; i < 2; i++) await runner.run(submission(program));
    expect(inner.submissions.length).toBe(2);
  });

  it('keeps no failure of the sandbox itself, and nothing after its end', async () => {
    const inner = new FakePython();
    const runner = new RememberingRunner(inner);
    inner.run = async () => Promise.reject(new Error('no workers'));
    await expect(runner.run(submission('a'))).rejects.toThrow('no workers');
    inner.run = FakePython.prototype.run;
    await runner.run(submission('a'));
    await runner.dispose();
    await runner.run(submission('a'));
    expect([inner.disposed, inner.submissions.length]).toEqual([1, 2]);
  });

  const sandbox = sharedSandbox();
  it('says what the sandbox says', async () => {
    const runner = new RememberingRunner(sandbox);
    const programs = [
      'def f(): return 1',
      'def f(): return 2',
      'def f(): return g()',
      'import random\ndef f(): return random.random() < 0.5',
      'print(hash("a"))\ndef f(): return {1, 2}.pop()',
    ];
    for (const program of programs) {
      const first = await runner.run(submission(program));
      expect(await runner.run(submission(program))).toBe(first);
      expect(await sandbox.run(submission(program))).toEqual(first);
    }
  });
});
