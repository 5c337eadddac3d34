/** What goes into the sandbox and what comes out of it. Plain JSON: it crosses a process boundary. */

/** Untrusted Python with the tests that it is put to. */
export interface Submission {
  /**
   * Trusted Python that runs first, in a namespace of its own: it sees `INPUT` (parsed from JSON) and leaves its
   * answer, JSON-able, in `RESULT`. For reading untrusted source text with Python's own parser, without running it.
   */
  readonly analysis?: { readonly source: string; readonly input: unknown };
  /** Untrusted source text, run once in a fresh namespace before the tests. Null runs nothing but the analysis. */
  readonly program: string | null;
  /** Modules that the namespace holds besides the built-ins, e.g. `math`. */
  readonly imports?: readonly string[];
  /** Run in order, in the namespace of the program: what one leaves behind the next one sees. */
  readonly tests: readonly SandboxTest[];
  /** Most milliseconds that the program may take to load, > 0; the analysis before it may take as long. */
  readonly loadTimeoutMs: number;
  /** Most milliseconds of each test, all its steps together, > 0. */
  readonly testTimeoutMs: number;
  /** After so many time-outs the remaining tests are skipped, >= 1. */
  readonly maxTimeouts: number;
}

/** One test: steps of source text, run one after the other; it passes when none of them raises. */
export interface SandboxTest {
  readonly steps: readonly SandboxStep[];
}

export interface SandboxStep {
  /** `eval`: an expression, its value is dropped. `exec`: statements. */
  readonly mode: 'eval' | 'exec';
  readonly source: string;
}

/** What became of the program, or of one test. */
export type Outcome =
  | { readonly status: 'passed' }
  | { readonly status: 'failed'; readonly error: PythonError }
  /** Stopped at its limit of time. */
  | { readonly status: 'timeout' }
  /** Not run: too many time-outs before it, or the program did not load. */
  | { readonly status: 'skipped' };

/** An exception as text. Both texts come from untrusted code and are cut at a fixed length. */
export interface PythonError {
  /** Name of its class, e.g. `ZeroDivisionError`; `MemoryError` also where the interpreter ran out of memory, `SystemExit` where it ended. */
  readonly type: string;
  readonly message: string;
}

export interface SubmissionResult {
  /** What the analysis left in `RESULT`. */
  readonly analysis?: unknown;
  /** Why there is no analysis: it raised, or the interpreter did not survive the text. */
  readonly analysisError?: PythonError;
  /** `skipped` when there was no program. */
  readonly load: Outcome;
  /** One per test, in order. */
  readonly tests: readonly Outcome[];
  /** Tests that ended as `timeout`. */
  readonly timeouts: number;
  /** What the code printed, both streams, cut at the limit of output. */
  readonly output: string;
}

/** Something that runs submissions. Tests of environments use one of their own; `PythonSandbox` is the real one. */
export interface PythonRunner {
  /** Never rejects because of what the submitted code does. */
  run(submission: Submission): Promise<SubmissionResult>;
  /** Ends all workers. Twice is fine. */
  dispose(): Promise<void>;
}
