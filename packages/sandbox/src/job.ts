import type { Outcome, PythonError, Submission, SubmissionResult } from './submission.js';

/** What a worker still has to do of a submission; `Task` in worker/submission.mjs. */
export interface Task {
  readonly analysis: { readonly source: string; readonly input: unknown } | null;
  readonly program: string | null;
  readonly imports: readonly string[];
  readonly tests: Submission['tests'];
  readonly firstTest: number;
  readonly timeouts: number;
  readonly maxTimeouts: number;
  readonly loadTimeoutMs: number;
  readonly testTimeoutMs: number;
}

/** What a worker found out; `Report` in worker/submission.mjs. */
export type Report =
  | { readonly kind: 'analysis'; readonly value?: unknown; readonly error?: PythonError }
  | { readonly kind: 'load'; readonly outcome: Outcome; readonly output: string }
  | { readonly kind: 'test'; readonly index: number; readonly outcome: Outcome; readonly output: string };

/** A submission on its way: collects outcomes from one worker or, after kills, from several. */
export class Job {
  #analysis: 'todo' | 'done';
  #analysisValue: unknown;
  #analysisError: PythonError | undefined;
  #load: Outcome | undefined;
  #tests: Outcome[] = [];
  #timeouts = 0;
  #output = '';
  /** Whether the worker that has the job now has loaded the program. */
  #loadedHere = false;
  /** Set once the program, loaded again after a kill, failed to load. */
  #stuck = false;

  constructor(
    readonly submission: Submission,
    private readonly outputLimit: number,
  ) {
    this.#analysis = submission.analysis === undefined ? 'done' : 'todo';
  }

  /** What is left, for a worker that begins with it. */
  task(): Task {
    this.#loadedHere = false;
    const { analysis, program, imports, tests, maxTimeouts, loadTimeoutMs, testTimeoutMs } = this.submission;
    return {
      analysis: this.#analysis === 'todo' && analysis !== undefined ? analysis : null,
      program,
      imports: imports ?? [],
      tests,
      firstTest: this.#tests.length,
      timeouts: this.#timeouts,
      maxTimeouts,
      loadTimeoutMs,
      testTimeoutMs,
    };
  }

  apply(report: Report): void {
    if (report.kind === 'analysis') {
      this.#analysis = 'done';
      this.#analysisValue = report.value;
      this.#analysisError = report.error;
      return;
    }
    // A program that is loaded again for the tests that are left prints again what is known already.
    const again = report.kind === 'load' && this.#load !== undefined;
    if (report.kind === 'load') this.#loaded(report.outcome);
    else this.#tested(report.outcome);
    if (!again) this.#output = (this.#output + report.output).slice(0, this.outputLimit);
  }

  /** The worker was ended in the middle of its work: because of its limit of time, or by itself. */
  interrupted(why: 'timeout' | 'died'): void {
    const error = { type: 'MemoryError', message: 'the interpreter did not survive' };
    const outcome: Outcome = why === 'timeout' ? { status: 'timeout' } : { status: 'failed', error };
    if (this.#analysis === 'todo') {
      this.#analysis = 'done';
      this.#analysisError = why === 'timeout' ? { type: 'TimeoutError', message: 'out of time' } : error;
    } else if (this.#loadedHere) {
      this.#tested(outcome);
    } else {
      this.#loaded(outcome);
    }
  }

  /** Whether there is anything left to run. */
  get finished(): boolean {
    if (this.#analysis === 'todo') return false;
    if (this.submission.program === null || this.#stuck) return true;
    if (this.#load === undefined) return false;
    if (this.#load.status !== 'passed') return true;
    return (
      this.#tests.length >= this.submission.tests.length || this.#timeouts >= this.submission.maxTimeouts
    );
  }

  result(): SubmissionResult {
    const tests = this.submission.tests.map(
      (_, index): Outcome => this.#tests[index] ?? { status: 'skipped' },
    );
    const analysis =
      this.submission.analysis === undefined
        ? {}
        : this.#analysisError === undefined
          ? { analysis: this.#analysisValue }
          : { analysisError: this.#analysisError };
    return {
      ...analysis,
      load: this.#load ?? { status: 'skipped' },
      tests,
      timeouts: this.#timeouts,
      output: this.#output,
    };
  }

  #loaded(outcome: Outcome): void {
    this.#loadedHere = outcome.status === 'passed';
    if (this.#load === undefined) this.#load = outcome;
    else if (outcome.status !== 'passed') this.#stuck = true;
  }

  #tested(outcome: Outcome): void {
    this.#tests.push(outcome);
    if (outcome.status === 'timeout') this.#timeouts++;
  }
}
