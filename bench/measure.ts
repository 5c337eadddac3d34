/** Alternates our side with the bare C++ program in one run, and compares pair by pair. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export interface NativeResult {
  what: string;
  median: number;
  times: number[];
  ops?: Record<string, number>;
  gflops?: number;
  gb_per_second?: number;
  parameters?: number;
  prompts_ms?: number;
  activation_bytes?: number;
  peak_rss_mb: number;
  torch: string;
}

/** A program as a server: one command a line in, one JSON line out. */
export class ServedProgram {
  private readonly child: ChildProcess;
  private readonly lines: Interface;
  private waiting: ((line: string) => void)[] = [];

  constructor(
    path: string,
    args: readonly string[],
    private readonly name: string,
  ) {
    this.child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    this.lines.on('line', (line) => this.waiting.shift()?.(line));
  }

  /** @throws Error when the program answers with one, or ends. */
  async ask<Answer>(command: string): Promise<Answer> {
    const line = await new Promise<string>((resolve, reject) => {
      this.waiting.push(resolve);
      this.child.once('exit', (code) =>
        reject(new Error(`${this.name} ended with code ${code} during "${command}"`)),
      );
      this.child.stdin?.write(`${command}\n`);
    });
    this.child.removeAllListeners('exit');
    const answer = JSON.parse(line) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`${this.name}: ${answer.error} ("${command}")`);
    return answer;
  }

  quit(): void {
    this.child.stdin?.end('quit\n');
    this.lines.close();
  }
}

/** The bare program. Models are kept between commands. */
export class NativeProgram extends ServedProgram {
  constructor(path: string) {
    super(path, ['--serve'], 'the bare program');
  }

  async run(command: string): Promise<NativeResult> {
    return this.ask<NativeResult>(command);
  }
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

export interface Comparison {
  name: string;
  unit: string;
  /** Medians over all rounds. */
  ours: number;
  bare: number;
  /** Median over rounds of our time over the bare program's: below 1 is faster. */
  ratio: number;
  lowest: number;
  highest: number;
  /** Further figures by name, e.g. what a whole is made of. */
  details?: Record<string, number>;
}

/** Rounds of A B, B A, A B …: what drifts slowly hits both sides alike. */
export async function compare(
  name: string,
  unit: string,
  rounds: number,
  ours: () => number | Promise<number>,
  bare: () => Promise<number>,
): Promise<Comparison> {
  const pairs: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const a = await ours();
      pairs.push({ ours: a, bare: await bare() });
    } else {
      const b = await bare();
      pairs.push({ ours: await ours(), bare: b });
    }
  }
  const ratios = pairs.map((pair) => pair.ours / pair.bare);
  return {
    name,
    unit,
    ours: median(pairs.map((pair) => pair.ours)),
    bare: median(pairs.map((pair) => pair.bare)),
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
  };
}
