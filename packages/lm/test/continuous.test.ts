/** Rows that come and go beside others get what `generate` gives them alone. */
import { fileURLToPath } from 'node:url';
import { noGrad, tensor, tidy } from '@collm/torch';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import {
  ContinuousBatch,
  type ContinuousBatchOptions,
  Decoder,
  type DecoderConfig,
  decoderConfig,
  type GenerationOptions,
  generate,
  LoraAdapter,
  loadDecoder,
  ModelError,
  PrefixCache,
  type SamplingParameters,
  type StreamRequest,
  type StreamRow,
  type StreamToken,
} from '../src/index.js';
import { tinyConfig } from './tiny.js';

expectNoLeaks();

const plain: SamplingParameters = { greedy: false, temperature: 1, topK: null, topP: 1 };
const key = (sample: number) => ({ seed: 7, words: [0, 0, sample] as const });
const prompt = (length: number, from: number) =>
  Array.from({ length }, (_, i) => 5 + ((from + 11 * i) % 250));

/** A request with what it was told. */
class Client {
  readonly told: StreamToken[] = [];
  finish: 'stop' | 'length' | undefined;
  error: unknown;
  row: StreamRow | undefined;
  readonly request: StreamRequest;

  constructor(more: Partial<StreamRequest>) {
    this.request = {
      prompt: [5],
      key: key(0),
      maxNewTokens: 8,
      sampling: plain,
      stopTokens: [],
      onToken: (token) => {
        this.told.push(token);
      },
      onEnd: (finish) => {
        expect([this.finish, this.error]).toEqual([undefined, undefined]);
        this.finish = finish;
      },
      onError: (error) => {
        expect([this.finish, this.error]).toEqual([undefined, undefined]);
        this.error = error;
      },
      ...more,
    };
  }

  join(batch: ContinuousBatch): this {
    this.row = batch.add(this.request);
    return this;
  }

  get tokens(): number[] {
    return this.told.map(({ token }) => token);
  }
}

function finish(batch: ContinuousBatch): void {
  for (let steps = 0; batch.running + batch.waiting > 0; steps++) {
    expect(steps).toBeLessThan(1000);
    batch.step();
  }
}

/** What `generate` gives it, alone. */
async function alone(decoder: Decoder, { request }: Client) {
  const { sampling, maxNewTokens, stopTokens } = request;
  const options: GenerationOptions = { ...sampling, maxNewTokens, stopTokens };
  const [made] = await generate(decoder, [request], options);
  return made as NonNullable<typeof made>;
}

/** Tokens are the same, or begin the same where a row was cancelled; log-probs agree within 1e-4. */
async function expectAsAlone(decoder: Decoder, client: Client): Promise<void> {
  expect(client.error).toBeUndefined();
  const expected = await alone(decoder, client);
  const count = client.row?.ended === true && client.finish === undefined ? client.told.length : undefined;
  expect(client.tokens).toEqual(expected.tokens.slice(0, count));
  if (count === undefined) expect(client.finish).toBe(expected.finish);
  for (const [i, { logProb, behaviourLogProb }] of client.told.entries()) {
    expect(Math.abs(logProb - (expected.logProbs[i] as number))).toBeLessThan(1e-4);
    expect(Math.abs(behaviourLogProb - (expected.behaviourLogProbs[i] as number))).toBeLessThan(1e-4);
  }
}

describe('one batch', () => {
  it('serves rows of very different lengths that come at different times', async () => {
    using decoder = Decoder.random({ ...tinyConfig, maxPositions: 1024 }, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 6, prefillTokens: 64 });
    const clients: Client[] = [];
    for (const [i, length] of [3, 300, 1, 40, 64, 65, 700, 5, 5, 200, 12].entries()) {
      const sampling = { ...plain, greedy: i % 3 === 0, topK: i % 2 === 0 ? 20 : null };
      const request = { prompt: prompt(length, i), key: key(i), sampling, maxNewTokens: 5 + 7 * (i % 4) };
      clients.push(new Client(request).join(batch));
      batch.step();
      expect(batch.running).toBeLessThanOrEqual(6);
    }
    finish(batch);
    for (const client of clients) await expectAsAlone(decoder, client);
  });
});
