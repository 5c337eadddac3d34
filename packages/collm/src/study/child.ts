/** Commands of this program as processes of their own, for a study. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildResult {
  /** Exit code; null where a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard output, where that was asked for. */
  readonly stdout: string;
  /** Its last lines on standard error. */
  readonly tail: string;
  /** Seconds on the clock. */
  readonly seconds: number;
}

const TAIL_LINES = 12;
const TAIL_CHARS = 4000;

const cli = fileURLToPath(new URL('../../bin/collm.js', import.meta.url));

export interface RunOptions {
  readonly keepOutput?: boolean;
  readonly onLine?: (line: string) => void;
  readonly cwd?: string;
}

/** Runs commands, and ends them together. */
export interface Children {
  /**
   * Runs one command to its end.
   *
   * @param options.keepOutput collect standard output
   * @param options.onLine takes every line of standard error as it comes
   * @param options.cwd where it is run; this process's folder when left out
   */
  run(args: readonly string[], options?: RunOptions): Promise<ChildResult>;
  /** Asks all to stop, as Ctrl+C does. */
  interrupt(): void;
  dispose(): void;
}

/** Each in a process of its own. */
export class ChildProcesses implements Children {
  readonly #running = new Set<ChildProcess>();
  readonly #onExit = () => this.#signal('SIGTERM');

  constructor() {
    // Whoever leaves at once takes everybody along: to a process that is stopping already, a second signal says just that.
    process.on('exit', this.#onExit);
  }

  async run(
    args: readonly string[],
    { keepOutput = false, onLine, cwd }: RunOptions = {},
  ): Promise<ChildResult> {
    const started = performance.now();
    const child = spawn(process.execPath, [cli, ...args], {
      // A core for each; and Ctrl+C on the terminal reaches the study alone, which passes it on once.
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      ...(cwd === undefined ? {} : { cwd }),
      detached: process.platform !== 'win32',
      stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'pipe'],
    });
    this.#running.add(child);
    let stdout = '';
    let tail = '';
    let open = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-2 * TAIL_CHARS);
      if (onLine === undefined) return;
      const lines = (open + text).split('\n');
      open = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    try {
      const code = await new Promise<number | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', resolve);
      });
      return { code, stdout, tail: lastLines(tail), seconds: (performance.now() - started) / 1000 };
    } finally {
      this.#running.delete(child);
    }
  }

  interrupt(): void {
    this.#signal('SIGINT');
  }

  dispose(): void {
    process.off('exit', this.#onExit);
  }

  #signal(signal: NodeJS.Signals): void {
    for (const child of this.#running) child.kill(signal);
  }
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split('\n').slice(-TAIL_LINES);
  return lines.join('\n').slice(-TAIL_CHARS);
}
