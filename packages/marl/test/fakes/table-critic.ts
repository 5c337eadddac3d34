import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Critic,
  JointHistory,
  UpdateStats,
  ValueQuery,
  ValueSample,
  ValueUpdate,
} from '../../src/index.js';

/** A critic with one value per joint observation and turns left (and per response or token), trained by SGD. */
export class TableCritic implements Critic {
  #values = new Map<string, number>();
  /** Queries of every `values` call, for tests. */
  readonly valueCalls: (readonly ValueQuery[])[] = [];
  /** Minibatches of `fit`, for tests. */
  readonly fitCalls: (readonly ValueSample[])[] = [];

  constructor(private readonly learningRate = 1) {}

  async values(queries: readonly ValueQuery[]): Promise<number[][]> {
    this.valueCalls.push(queries);
    return queries.map((query) => keysOf(query).map((key) => this.#values.get(key) ?? 0));
  }

  async fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats> {
    this.fitCalls.push(samples);
    const gradients = new Map<string, number>();
    const count = samples.reduce((sum, { targets }) => sum + targets.length, 0);
    let loss = 0;
    for (const { query, targets } of samples) {
      keysOf(query).forEach((key, k) => {
        const error = (targets[k] as number) - (this.#values.get(key) ?? 0);
        loss += (settings.valueLossCoef * error * error) / count;
        gradients.set(key, (gradients.get(key) ?? 0) - (2 * settings.valueLossCoef * error) / count);
      });
    }
    let squared = 0;
    for (const [key, gradient] of gradients) {
      const rate = this.learningRate * settings.learningRateFactor;
      this.#values.set(key, (this.#values.get(key) ?? 0) - rate * gradient);
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

/** One key per value that a query asks for. */
function keysOf(query: ValueQuery): string[] {
  const place = historyKey(query.history);
  switch (query.read) {
    case 'state':
      return [place];
    case 'action':
      return [JSON.stringify([place, query.responses.map(({ text }) => text)])];
    case 'tokens':
      return query.response.tokens.map((_, k) =>
        JSON.stringify([place, query.agent, query.response.tokens.slice(0, k)]),
      );
  }
}

/** What a table knows of a joint history: the state, or else the newest observations, and the turns left. */
export function historyKey({ agents, remainingTurns, state }: JointHistory): string {
  if (state !== undefined) return JSON.stringify([state, remainingTurns]);
  const seen = agents.map(({ observation }) =>
    observation.messages.map((message) => message.content).join('\n'),
  );
  return JSON.stringify([seen, remainingTurns]);
}
