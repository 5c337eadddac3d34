import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Critic, JointHistory, UpdateStats, ValueSample, ValueUpdate } from '../../src/index.js';

/** A critic with one value per joint observation and turns left, trained by SGD. */
export class TableCritic implements Critic {
  #values = new Map<string, number>();
  /** Histories of every `values` call, for tests. */
  readonly valueCalls: (readonly JointHistory[])[] = [];
  /** Minibatches of `fit`, for tests. */
  readonly fitCalls: (readonly ValueSample[])[] = [];

  constructor(private readonly learningRate = 1) {}

  async values(histories: readonly JointHistory[]): Promise<number[]> {
    this.valueCalls.push(histories);
    return histories.map((history) => this.#values.get(keyOf(history)) ?? 0);
  }

  async fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats> {
    this.fitCalls.push(samples);
    const gradients = new Map<string, number>();
    let loss = 0;
    for (const { history, target } of samples) {
      const key = keyOf(history);
      const error = target - (this.#values.get(key) ?? 0);
      loss += (settings.valueLossCoef * error * error) / samples.length;
      gradients.set(key, (gradients.get(key) ?? 0) - (2 * settings.valueLossCoef * error) / samples.length);
    }
    let squared = 0;
    for (const [key, gradient] of gradients) {
      this.#values.set(key, (this.#values.get(key) ?? 0) - this.learningRate * gradient);
      squared += gradient * gradient;
    }
    return { loss, gradNorm: Math.sqrt(squared), metrics: {} };
  }

  async save(dir: string): Promise<void> {
    await writeFile(join(dir, 'critic.json'), this.weights());
  }

  async load(dir: string): Promise<void> {
    this.#values = new Map(JSON.parse(await readFile(join(dir, 'critic.json'), 'utf8')));
  }

  dispose(): void {}

  /** All state as text, for bit comparisons. */
  weights(): string {
    return JSON.stringify([...this.#values]);
  }
}

function keyOf({ agents, remainingTurns }: JointHistory): string {
  const seen = agents.map(({ observation }) =>
    observation.messages.map((message) => message.content).join('\n'),
  );
  return JSON.stringify([seen, remainingTurns]);
}
