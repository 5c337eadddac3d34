/** A client of a ContinuousBatch in tests: a request, and what it was told. */
import { expect } from 'vitest';
import {
  type ContinuousBatch,
  type Decoder,
  type Generation,
  generate,
  type SamplingParameters,
  type StreamRequest,
  type StreamRow,
  type StreamToken,
} from '../src/index.js';

export const plain: SamplingParameters = { greedy: false, temperature: 1, topK: null, topP: 1 };
export const key = (sample: number) => ({ seed: 7, words: [0, 0, sample] as const });
export const prompt = (length: number, from: number) =>
  Array.from({ length }, (_, i) => 5 + ((from + 11 * i) % 250));

export class Client {
  readonly told: StreamToken[] = [];
  readonly request: StreamRequest;
  finish: 'stop' | 'length' | undefined;
  error: unknown;
  row: StreamRow | undefined;
  cancelled = false;

  constructor(more: Partial<StreamRequest> = {}) {
    const { onToken, ...rest } = more;
    this.request = {
      prompt: [5],
      key: key(0),
      maxNewTokens: 8,
      sampling: plain,
      stopTokens: [],
      onToken: (token) => {
        this.expectAlive();
        this.told.push(token);
        return onToken?.(token);
      },
      onEnd: (finish) => {
        this.expectAlive();
        this.finish = finish;
      },
      onError: (error) => {
        this.expectAlive();
        this.error = error;
      },
      ...rest,
    };
  }

  join(batch: ContinuousBatch): this {
    this.row = batch.add(this.request);
    return this;
  }

  cancel(batch: ContinuousBatch): void {
    this.cancelled = this.finish === undefined;
    batch.cancel(this.row as StreamRow);
  }

  get tokens(): number[] {
    return this.told.map(({ token }) => token);
  }

  /** Told nothing after its end. */
  private expectAlive(): void {
    expect([this.finish, this.error, this.cancelled]).toEqual([undefined, undefined, false]);
  }
}

export function runToEnd(batch: ContinuousBatch): void {
  for (let steps = 0; batch.running + batch.waiting > 0; steps++) {
    expect(steps).toBeLessThan(2000);
    batch.step();
  }
}

/** What `generate` gives a client, alone. */
export async function alone(decoder: Decoder, { request }: Client): Promise<Generation> {
  const { sampling, maxNewTokens, stopTokens } = request;
  const [made] = await generate(decoder, [request], { ...sampling, maxNewTokens, stopTokens });
  return made as Generation;
}

/** The same tokens, or as many of them as it got before it was cancelled; log-probs agree within 1e-4. */
export async function expectAsAlone(decoder: Decoder, client: Client): Promise<void> {
  expect(client.error).toBeUndefined();
  const expected = await alone(decoder, client);
  expect(client.tokens).toEqual(
    client.cancelled ? expected.tokens.slice(0, client.told.length) : expected.tokens,
  );
  expect(client.finish).toBe(client.cancelled ? undefined : expected.finish);
  for (const [i, { logProb, behaviourLogProb }] of client.told.entries()) {
    expect(Math.abs(logProb - (expected.logProbs[i] as number))).toBeLessThan(1e-4);
    expect(Math.abs(behaviourLogProb - (expected.behaviourLogProbs[i] as number))).toBeLessThan(1e-4);
  }
}
