/** A memory of what Python has said: small models write the same programs again and again. */
import { createHash } from 'node:crypto';
import type { PythonRunner, Submission, SubmissionResult } from '@collm/sandbox';

/** Results that are kept; a short program takes two, one of its parse and one of its tests. */
const CAPACITY = 8192;
/** Characters of a result that is kept: what prints or fails at length is run again. */
const LONGEST = 4096;

/**
 * Runs every submission once. Equal submissions have equal outcomes, since every one starts from the same state
 * (docs/sandbox.md), except where time comes in: programs that may look at the clock are not remembered, nor is what ran
 * out of time or memory, which the machine decides. The least recently used go first.
 */
export class RememberingRunner implements PythonRunner {
  readonly #kept = new Map<string, Promise<SubmissionResult>>();

  /** @param capacity results to keep at most, >= 1 */
  constructor(
    readonly inner: PythonRunner,
    readonly capacity = CAPACITY,
  ) {}

  run(submission: Submission): Promise<SubmissionResult> {
    if (mayLookAtClock(submission)) return this.inner.run(submission);
    const key = createHash('sha256').update(JSON.stringify(submission)).digest('base64');
    const result = this.#kept.get(key) ?? this.#runFirst(key, submission);
    // Behind all others now: a Map goes through its keys as they came.
    if (this.#kept.delete(key)) this.#kept.set(key, result);
    return result;
  }

  async dispose(): Promise<void> {
    this.#kept.clear();
    await this.inner.dispose();
  }

  /** Equal submissions that come meanwhile wait for this one. */
  #runFirst(key: string, submission: Submission): Promise<SubmissionResult> {
    const result = this.inner.run(submission);
    this.#kept.set(key, result);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > this.capacity && oldest !== undefined) this.#kept.delete(oldest);
    const forget = () => {
      if (this.#kept.get(key) === result) this.#kept.delete(key);
    };
    result.then((done) => {
      if (!isLasting(done)) forget();
    }, forget);
    return result;
  }
}

function mayLookAtClock({ program, tests }: Submission): boolean {
  const clock = /time|clock|uuid|__import__/;
  return (
    clock.test(program ?? '') || tests.some(({ steps }) => steps.some(({ source }) => clock.test(source)))
  );
}

/** Whether a result would be the same on any machine at any time, and is short enough to keep. */
function isLasting(result: SubmissionResult): boolean {
  const { analysisError, load, tests } = result;
  const ends = [load, ...tests];
  const tired =
    analysisError?.type === 'TimeoutError' ||
    analysisError?.type === 'MemoryError' ||
    ends.some(
      (end) => end.status === 'timeout' || (end.status === 'failed' && end.error.type === 'MemoryError'),
    );
  return !tired && JSON.stringify(result).length <= LONGEST;
}
