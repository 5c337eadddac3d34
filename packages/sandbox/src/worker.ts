import type { ChildProcess } from 'node:child_process';
import type { Report } from './job.js';

/** Memory of a started interpreter, with which other workers start sooner. */
export interface Snapshot {
  readonly memory: Uint8Array;
  readonly stackPointer: number;
}

type Message =
  | Report
  | { readonly kind: 'ready'; readonly snapshot: Snapshot | null }
  | { readonly kind: 'done' }
  | { readonly kind: 'overdue' }
  | { readonly kind: 'broken'; readonly message: string };

/** What a worker tells the pool. After `gone` it tells nothing any more. */
export interface WorkerListener {
  ready(snapshot: Snapshot | null): void;
  report(report: Report): void;
  /** The task is through. */
  done(): void;
  /** The process ended, or is being ended because its code did not stop at its limit (`timeout`). */
  gone(why: 'timeout' | 'died', detail: string): void;
}

/** One worker process from the host's side. It never keeps the host's event loop alive. */
export class SandboxWorker {
  #child: ChildProcess;
  #listener: WorkerListener;
  #gone = false;
  #watchdog: NodeJS.Timeout | undefined;
  #patience = 0;
  #stderr = '';
  #broken = '';
  readonly exited: Promise<void>;

  constructor(child: ChildProcess, listener: WorkerListener) {
    this.#child = child;
    this.#listener = listener;
    child.unref();
    child.channel?.unref();
    (child.stderr as { unref?(): void } | null)?.unref?.();
    child.stderr?.on('data', (data: Buffer) => {
      this.#stderr = (this.#stderr + data.toString()).slice(0, 2000);
    });
    child.on('message', (message) => this.#receive(message as Message));
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#leave('died', this.#broken || this.#stderr || `it ended with ${signal ?? `code ${code}`}`);
        resolve();
      });
      child.once('error', (error) => {
        this.#leave('died', error.message);
        if (child.pid === undefined) resolve();
      });
    });
  }

  /** A message to the process; one that has just died is noticed by its end. */
  send(message: unknown): void {
    this.#child.send(message as object, () => {});
  }

  /**
   * Ends the process when it says nothing for `ms`: each message starts the time again, `ready` and `done` end it. The
   * process watches its own limits; this is for one that hangs as a whole.
   */
  expectWithin(ms: number): void {
    this.#patience = ms;
    this.#watch(ms, true);
  }

  /** Ends the process at once, without telling the listener. */
  kill(): void {
    this.#gone = true;
    clearTimeout(this.#watchdog);
    this.#child.kill('SIGKILL');
  }

  /** A host that was busy itself has messages to read before it may judge: the first time-out only grants a second. */
  #watch(ms: number, again: boolean): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      if (again) return this.#watch(1000, false);
      this.#child.kill('SIGKILL');
      this.#leave('timeout', 'it does not answer');
    }, ms).unref();
  }

  #receive(message: Message): void {
    if (this.#gone) return;
    if (message.kind === 'ready' || message.kind === 'done') clearTimeout(this.#watchdog);
    else this.#watch(this.#patience, true);
    if (message.kind === 'ready') this.#listener.ready(message.snapshot);
    else if (message.kind === 'done') this.#listener.done();
    else if (message.kind === 'broken') this.#broken = message.message;
    else if (message.kind === 'overdue') {
      this.#child.kill('SIGKILL');
      this.#leave('timeout', 'over its limit of time');
    } else this.#listener.report(message);
  }

  #leave(why: 'timeout' | 'died', detail: string): void {
    if (this.#gone) return;
    this.#gone = true;
    clearTimeout(this.#watchdog);
    this.#listener.gone(why, detail);
  }
}
