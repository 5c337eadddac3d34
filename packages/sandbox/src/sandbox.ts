import { Job } from './job.js';
import { findFiles, launchWorker, namespacesWork, SandboxError, type SandboxFiles } from './launch.js';
import { type ResolvedOptions, resolveOptions, type SandboxOptions } from './options.js';
import type { PythonRunner, Submission, SubmissionResult } from './submission.js';
import { SandboxWorker, type Snapshot } from './worker.js';

/** How much longer than its limits a worker may be silent before it counts as hanging. */
const SLACK_MS = 10_000;
const START_MS = 60_000;

/** A submission with those who wait for its result. */
interface Pending {
  readonly job: Job;
  readonly resolve: (result: SubmissionResult) => void;
  readonly reject: (error: Error) => void;
}

/** A worker and what it is at. */
interface Seat {
  readonly worker: SandboxWorker;
  state: 'starting' | 'idle' | 'busy';
  pending: Pending | null;
}

/** What every worker is started with. */
interface Setting {
  readonly files: SandboxFiles;
  readonly namespaces: boolean;
}

/**
 * Runs untrusted Python, locked in (docs/sandbox.md). Workers are started when there is something to run and stay warm;
 * they do not keep the host's event loop alive. Submissions begin in the order in which they came.
 */
export class PythonSandbox implements PythonRunner {
  readonly #options: ResolvedOptions;
  readonly #queue: Pending[] = [];
  readonly #seats = new Set<Seat>();
  readonly #exits = new Set<Promise<void>>();
  #setting: Setting | 'asked' | undefined;
  #snapshot: Snapshot | null = null;
  /** Most submissions that ever ran at once: so many workers stay warm. */
  #peak = 0;
  #disposed = false;
  /** Keeps the event loop alive while somebody waits for a result, or for the end of the workers. */
  #alive: NodeJS.Timeout | undefined;

  /**
   * @param files where the interpreter lies; found in the package pyodide when left out
   * @throws RangeError when an option is out of its range
   */
  constructor(
    options: SandboxOptions = {},
    private readonly files?: SandboxFiles,
  ) {
    this.#options = resolveOptions(options);
  }

  /**
   * @throws RangeError when a limit of the submission is out of its range
   * @throws SandboxError when no worker can be started, and when the sandbox is disposed of
   */
  async run(submission: Submission): Promise<SubmissionResult> {
    if (this.#disposed) throw disposedError();
    checkLimits(submission);
    const job = new Job(submission, this.#options.outputBytes);
    if (job.finished) return job.result();
    return new Promise((resolve, reject) => {
      this.#queue.push({ job, resolve, reject });
      this.#next();
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const seats = [...this.#seats];
    this.#seats.clear();
    for (const seat of seats) seat.worker.kill();
    this.#failAll(disposedError(), seats);
    this.#keepAlive(true);
    await Promise.all(this.#exits);
    this.#keepAlive(false);
  }

  /** Hands out work and starts the workers that are missing. */
  #next(): void {
    for (const seat of this.#seats) {
      if (this.#busy() >= this.#options.workers) break;
      const pending = seat.state === 'idle' ? this.#queue.shift() : undefined;
      if (pending === undefined) continue;
      seat.state = 'busy';
      seat.pending = pending;
      const { submission } = pending.job;
      seat.worker.expectWithin(submission.loadTimeoutMs + submission.testTimeoutMs + SLACK_MS);
      seat.worker.send(pending.job.task());
    }
    const waiting = this.#queue.length + this.#busy();
    this.#peak = Math.min(this.#options.workers, Math.max(this.#peak, waiting));
    this.#keepAlive(waiting > 0);
    this.#fill();
  }

  #fill(): void {
    if (this.#disposed || this.#peak === 0) return;
    if (this.#setting === undefined) {
      this.#setting = 'asked';
      void this.#prepare();
      return;
    }
    if (this.#setting === 'asked') return;
    // Only the first worker goes the long way; the others start from its snapshot.
    const wanted = this.#snapshot === null ? 1 : this.#peak + this.#options.spares;
    while (this.#seats.size < wanted) this.#open(this.#setting);
  }

  async #prepare(): Promise<void> {
    try {
      const files = this.files ?? findFiles();
      const namespaces = this.#options.namespaces !== 'off' && (await namespacesWork());
      if (!namespaces && this.#options.namespaces === 'require') {
        throw new SandboxError(
          'namespaces is require, but this system does not let an ordinary user make Linux namespaces (unshare). Use auto or off.',
        );
      }
      this.#setting = { files, namespaces };
      this.#fill();
    } catch (error) {
      this.#setting = undefined;
      this.#failAll(error as Error, []);
    }
  }

  #open({ files, namespaces }: Setting): void {
    const child = launchWorker(files, namespaces);
    const worker = new SandboxWorker(child, {
      ready: (snapshot) => {
        this.#snapshot ??= snapshot;
        this.#becomeIdle(seat);
      },
      report: (report) => seat.pending?.job.apply(report),
      done: () => {
        seat.pending?.resolve(seat.pending.job.result());
        this.#becomeIdle(seat);
      },
      gone: (why, detail) => this.#gone(seat, why, detail),
    });
    const seat: Seat = { worker, state: 'starting', pending: null };
    this.#seats.add(seat);
    this.#exits.add(worker.exited);
    void worker.exited.then(() => this.#exits.delete(worker.exited));
    worker.expectWithin(START_MS);
    worker.send({
      wasmPath: files.wasmPath,
      stdlibPath: files.stdlibPath,
      limits: { memoryBytes: this.#options.memoryMiB * 2 ** 20, outputBytes: this.#options.outputBytes },
      snapshot: this.#snapshot,
    });
  }

  #becomeIdle(seat: Seat): void {
    seat.state = 'idle';
    seat.pending = null;
    this.#next();
  }

  #gone(seat: Seat, why: 'timeout' | 'died', detail: string): void {
    const { state, pending } = seat;
    this.#seats.delete(seat);
    if (state === 'starting') {
      // The others go on without it, and a next one is tried when one of them has ended its work.
      if (this.#seats.size > 0) return;
      const error = `A worker of the Python sandbox could not be started: ${detail.trim()}.`;
      const help = 'Install the package pyodide anew; docs/sandbox.md has more.';
      this.#failAll(new SandboxError(`${error} ${help}`), []);
      return;
    }
    if (pending !== null) {
      if (!pending.job.finished) pending.job.interrupted(why);
      if (pending.job.finished) pending.resolve(pending.job.result());
      else this.#queue.unshift(pending);
    }
    this.#next();
  }

  /** Rejects all that wait, and those of `seats`; nothing is started before the next submission. */
  #failAll(error: Error, seats: readonly Seat[]): void {
    for (const seat of seats) seat.pending?.reject(error);
    for (const pending of this.#queue.splice(0)) pending.reject(error);
    this.#peak = this.#busy();
    this.#keepAlive(this.#peak > 0);
  }

  #busy(): number {
    let count = 0;
    for (const seat of this.#seats) if (seat.state === 'busy') count++;
    return count;
  }

  #keepAlive(alive: boolean): void {
    if (alive) this.#alive ??= setInterval(() => {}, 2 ** 30);
    else {
      clearInterval(this.#alive);
      this.#alive = undefined;
    }
  }
}

function disposedError(): Error {
  return new SandboxError('The Python sandbox was disposed of; make a new one to run more.');
}

function checkLimits({ loadTimeoutMs, testTimeoutMs, maxTimeouts }: Submission): void {
  for (const [name, ms] of Object.entries({ loadTimeoutMs, testTimeoutMs })) {
    if (!(ms > 0 && ms <= 86_400_000)) {
      throw new RangeError(`${name} is ${ms}; it has to be above 0 and at most a day, in milliseconds.`);
    }
  }
  if (!(maxTimeouts >= 1)) throw new RangeError(`maxTimeouts is ${maxTimeouts}; it has to be at least 1.`);
}
