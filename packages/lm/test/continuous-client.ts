/** A client of a ContinuousBatch in tests: a request, and what it was told. */
import { noGrad, tensor, tidy } from '@collm/torch';
import { expect } from 'vitest';
import { uniform } from '../src/generation/random.js';
import { sampleTokens } from '../src/generation/sampler.js';
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

/**
 * The same tokens, or as many of them as it got before it was cancelled; log-probs agree within 1e-4. Where it parts from
 * them the two tokens must be a tie, which rounding decides.
 */
export async function expectAsAlone(decoder: Decoder, client: Client): Promise<void> {
  expect(client.error).toBeUndefined();
  const expected = await alone(decoder, client);
  const { tokens } = client;
  const parted = tokens.findIndex((token, i) => i < expected.tokens.length && token !== expected.tokens[i]);
  if (parted >= 0) {
    const two = [tokens[parted], expected.tokens[parted]] as [number, number];
    expectTie(decoder, client.request, tokens.slice(0, parted), two);
  } else {
    expect(tokens).toEqual(client.cancelled ? expected.tokens.slice(0, tokens.length) : expected.tokens);
    expect(client.finish).toBe(client.cancelled ? undefined : expected.finish);
  }
  const same = parted >= 0 ? client.told.slice(0, parted) : client.told;
  for (const [i, { logProb, behaviourLogProb }] of same.entries()) {
    expect(Math.abs(logProb - (expected.logProbs[i] as number))).toBeLessThan(1e-4);
    expect(Math.abs(behaviourLogProb - (expected.behaviourLogProbs[i] as number))).toBeLessThan(1e-4);
  }
}

/** Two tokens that are as probable, so that their order is open, or lie on both sides of the border that the uniform falls on. */
function expectTie(
  decoder: Decoder,
  { prompt, key, sampling }: StreamRequest,
  before: readonly number[],
  two: readonly [number, number],
): void {
  tidy(() =>
    noGrad(() => {
      const ids = Int32Array.from([...prompt, ...before]);
      const hidden = decoder.forward(tensor(ids, [1, ids.length]));
      const logits = decoder.logits(hidden).select(1, ids.length - 1);
      const logProbs = logits.logSoftmax(-1).toArray();
      const [a, b] = two.map((token) => logProbs[token] as number) as [number, number];
      if (Math.abs(a - b) < 1e-4) return;
      const drawn = uniform(key, before.length);
      const around = [Math.max(0, drawn - 1e-5), Math.min(drawn + 1e-5, 1 - 2 ** -24)];
      const { tokens } = sampleTokens(logits.expand([2, logits.size(-1)]), around, sampling);
      expect(tokens.toArray().sort()).toEqual([...two].sort());
    }),
  );
}
