/** Value heads on an agent's own backbone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackwardPass, Decoder, decoderConfig, responseLogProbs, trainingForward } from '@collm/lm';
import { Generator, randn, type Tensor, tensor, tidy } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import type { LmAgentOptions } from '../src/agents/lm-agent.js';
import { meetingPoint, SharedHead, type SharedHeadOptions } from '../src/agents/shared-head.js';
import {
  type HeadUpdate,
  LmAgent,
  type PolicySample,
  type PolicyUpdate,
  type ValueRead,
} from '../src/index.js';
import { fixedSamples, modelOptions, policyGradient } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

expectNoLeaks();

const reads = ['state', 'action', 'tokens'] as const;
const VOCABULARY = 300;

/** A small decoder in training with a head whose weights are not zero. */
async function withHead<T>(use: (decoder: Decoder, head: SharedHead) => Promise<T>): Promise<T> {
  using decoder = Decoder.random(
    decoderConfig({
      modelType: 'qwen3',
      vocabSize: VOCABULARY,
      hiddenSize: 16,
      intermediateSize: 24,
      numLayers: 2,
      numHeads: 2,
      numKvHeads: 1,
      headDim: 8,
      maxPositions: 64,
      tieEmbeddings: true,
      initializerRange: 0.3,
    }),
    { seed: 2 },
  );
  decoder.train();
  const head = new SharedHead(decoder, { hiddenDim: null, seed: 1, learningRate: 1, reads }, 'cpu');
  using generator = new Generator(4);
  tidy(() => {
    for (const weight of Object.values(head.weights)) weight.detach().copy_(randn(weight.shape, generator));
  });
  try {
    return await use(decoder, head);
  } finally {
    head.dispose();
  }
}

const prompt = [7, 8, 9];
const sequence = (...tokens: number[]) => ({ promptTokens: prompt, tokens });
const valued = (read: ValueRead, ...targets: number[]): PolicySample => ({
  ...sequence(11, 12, 13, 14),
  oldLogProbs: new Float32Array(4),
  behaviourLogProbs: new Float32Array(4),
  advantage: 1,
  weight: 1,
  value: { read, targets, oldValues: targets },
  itemId: 'item',
  turn: 0,
});

/** Gradients by parameter of policy loss, value loss or both, as one backward pass. */
async function gradients(
  decoder: Decoder,
  head: SharedHead,
  parts: { policy: boolean; value: boolean; stopGradient?: boolean; checkpointed?: boolean; chunk?: number },
): Promise<{ backbone: number[]; head: number[] }> {
  const { policy, value, stopGradient = false, checkpointed = false, chunk = 2 ** 20 } = parts;
  const samples = [valued('state', 2), valued('action', -1), valued('tokens', 1, 2, 3, 4)];
  const ids = [...prompt, 11, 12, 13, 14];
  const settings: HeadUpdate = {
    valueLossCoef: 0.5,
    valueClipRange: null,
    learningRateFactor: 1,
    stopGradient,
  };
  using pass = new BackwardPass(decoder);
  const loss = tidy(() => {
    const trunk = trainingForward(decoder, tensor(ids, [1, 7], { dtype: 'i64' }), pass, {
      gradientCheckpointing: checkpointed,
    });
    const hidden = meetingPoint(trunk, pass);
    const shares: Tensor[] = [];
    if (policy) {
      const places = tensor(Int32Array.from([2, 3, 4, 5]), [4]);
      const targets = tensor(Int32Array.from([11, 12, 13, 14]), [4]);
      const { logProbs } = responseLogProbs(decoder, hidden, { places, targets }, 1, pass, { chunk });
      shares.push(logProbs.sum());
    }
    const placed = samples.map((sample) => ({ sample, start: 0 }));
    if (value) shares.push(head.loss(hidden, placed, 6, settings) as Tensor);
    return pass.hold(shares.reduce((sum, share) => sum.add(share)));
  });
  await pass.backward(loss);
  const take = (weights: readonly Tensor[]) =>
    weights.flatMap((weight) => {
      const made = tidy(() => weight.grad?.toArray() ?? new Array(weight.numel).fill(0)) as number[];
      weight.setGrad(null);
      return made;
    });
  return { backbone: take(decoder.parameters()), head: take(Object.values(head.weights)) };
}

const sums = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + (b[i] as number));
const largest = (a: readonly number[]) => Math.max(...a.map(Math.abs));
const expectClose = (a: readonly number[], b: readonly number[]) =>
  expect(largest(a.map((value, i) => value - (b[i] as number)))).toBeLessThan(2e-5 * Math.max(1, largest(b)));

describe('the gradient of policy and value together', () => {
  it.each([
    { checkpointed: false, chunk: 2 ** 20 },
    { checkpointed: true, chunk: 2 ** 20 },
    { checkpointed: false, chunk: 600 },
    { checkpointed: true, chunk: 600 },
  ])('is the sum of both, in whatever stages it goes backward (%o)', (stages) =>
    withHead(async (decoder, head) => {
      const policy = await gradients(decoder, head, { policy: true, value: false });
      const value = await gradients(decoder, head, { policy: false, value: true });
      const both = await gradients(decoder, head, { policy: true, value: true, ...stages });
      expect(largest(value.backbone)).toBeGreaterThan(0.01);
      expectClose(both.backbone, sums(policy.backbone, value.backbone));
      expectClose(both.head, value.head);
    }),
  );

  it('with stopGradient is that of the policy alone in the backbone, and the same in the head', () =>
    withHead(async (decoder, head) => {
      const policy = await gradients(decoder, head, { policy: true, value: false });
      const value = await gradients(decoder, head, { policy: false, value: true });
      const both = await gradients(decoder, head, { policy: true, value: true, stopGradient: true });
      expectClose(both.backbone, policy.backbone);
      expectClose(both.head, value.head);
    }));
});

describe('values of a shared head', () => {
  const budget = 4096;

  it('are read at the last prompt token, the last response token, and before each token', () =>
    withHead(async (_, head) => {
      const [[state]] = (await head.values([sequence(11, 12, 13)], 'state', budget)) as [[number]];
      const [tokens] = (await head.values([sequence(11, 12, 13)], 'tokens', budget)) as [number[]];
      expect(tokens).toHaveLength(3);
      expect(tokens[0]).toBeCloseTo(state, 5);
      // V before token k is V at the end of a prompt that holds the tokens before it; Q has a head of its own.
      const longer = { promptTokens: [...prompt, 11, 12], tokens: [] };
      expect(tokens[2]).toBeCloseTo((await head.values([longer], 'state', budget))[0]?.[0] as number, 5);
      const [[q], [same]] = (await head.values([sequence(11, 12), longer], 'action', budget)) as [
        [number],
        [number],
      ];
      expect(q).toBeCloseTo(same, 5);
      expect(q).not.toBeCloseTo(tokens[2] as number, 2);
    }));

  it('of an empty response are Q of its prompt and none for tokens', () =>
    withHead(async (_, head) => {
      expect(await head.values([sequence()], 'tokens', budget)).toEqual([[]]);
      const [[q]] = (await head.values([sequence()], 'action', budget)) as [[number]];
      const [[other]] = (await head.values([sequence(11)], 'action', budget)) as [[number]];
      expect(q).not.toBeCloseTo(other, 3);
    }));

  it('do not see later tokens, nor the rest of the batch', () =>
    withHead(async (_, head) => {
      const batch = [sequence(11, 12, 13, 14), sequence(11, 12, 99, 14), sequence(5), sequence()];
      for (const read of reads) {
        const together = await head.values(batch, read, budget);
        for (const [i, one] of batch.entries()) {
          const [alone] = await head.values([one], read, 1);
          for (const [k, value] of (alone as number[]).entries())
            expect(together[i]?.[k]).toBeCloseTo(value, 5);
        }
        if (read !== 'tokens') continue;
        const [one, other] = together as [number[], number[]];
        expect(other.slice(0, 3)).toEqual(one.slice(0, 3));
        expect(other[3]).not.toBeCloseTo(one[3] as number, 3);
      }
    }));
});

describe('an agent with a head on its backbone', () => {
  let model: ReturnType<typeof writeTinyModel>;
  beforeAll(() => {
    model = writeTinyModel();
  });
  afterAll(() => model.remove());

  const headOptions: SharedHeadOptions = { hiddenDim: null, seed: 3, learningRate: 1e-2, reads };
  async function withAgent<T>(
    over: Partial<LmAgentOptions>,
    use: (agent: LmAgent) => Promise<T>,
  ): Promise<T> {
    const agent = await LmAgent.open({ ...modelOptions(model.dir), valueHead: headOptions, ...over });
    try {
      return await use(agent);
    } finally {
      agent.dispose();
    }
  }

  const value = (read: ValueRead, ...targets: number[]) => ({
    read,
    targets,
    oldValues: targets.map(() => 0),
  });
  const [four, eight, twelve] = fixedSamples as [PolicySample, PolicySample, PolicySample];
  const samples: PolicySample[] = [
    { ...four, value: value('tokens', 1, 2, -1, 0) },
    { ...eight, value: value('state', -2) },
    { ...twelve, value: value('action', 3) },
  ];
  const learning: PolicyUpdate = {
    ...policyGradient,
    value: { valueLossCoef: 0.5, valueClipRange: null, learningRateFactor: 1, stopGradient: false },
  };
  const still = samples.map((sample) => ({ ...sample, advantage: 0 }));
  const stopped: PolicyUpdate = {
    ...learning,
    value: { valueLossCoef: 0.5, valueClipRange: null, learningRateFactor: 1, stopGradient: true },
  };
  const backbone = (agent: LmAgent) => agent.logProbs(samples, 'current', 1);

  it('adds coef times the mean error of all values to the policy loss', async () => {
    const { loss: policy } = await withAgent({}, (agent) => agent.update(samples, policyGradient));
    for (const tokensPerMicroBatch of [1, 30, 4096])
      await withAgent({ tokensPerMicroBatch }, async (agent) => {
        const { loss, metrics } = await agent.update(samples, learning);
        const error = (1 + 4 + 1 + 0 + 4 + 9) / 6; // at V = 0
        expect(metrics.value_loss).toBeCloseTo(0.5 * error, 5);
        expect(loss).toBeCloseTo(policy + 0.5 * error, 4);
        expect(metrics.entropy).toBeGreaterThan(0);
      });
  });

  it('learns its values, at the learning rate of the head where the gradient stops', () =>
    withAgent({}, async (agent) => {
      const before = await backbone(agent);
      let last = await agent.update(still, stopped);
      const start = last.loss;
      for (let i = 0; i < 60; i++) last = await agent.update(still, stopped);
      expect(last.loss).toBeLessThan(0.5 * start);
      expect(await backbone(agent)).toEqual(before);
    }));

  it('moves the backbone where it does not stop', () =>
    withAgent({}, async (agent) => {
      const before = await backbone(agent);
      // Two steps: a head of zeros passes no gradient on.
      for (let i = 0; i < 2; i++) await agent.update(still, learning);
      expect(await backbone(agent)).not.toEqual(before);
    }));

  it('values an empty response too, and leaves it out of the policy', () =>
    withAgent({}, async (agent) => {
      const none = new Float32Array(0);
      const silent = { ...four, tokens: [], oldLogProbs: none, behaviourLogProbs: none };
      const valued = { ...silent, value: value('action', 2) };
      const alone = await agent.update([valued], { ...learning, ratioLevel: 'sequenceMean', loss: 'ppo' });
      expect(alone.loss).toBeCloseTo(0.5 * 4, 5);
      expect(alone.gradNorm).toBeGreaterThan(0);
      expect(alone.metrics.value_loss).toBeCloseTo(2, 5);
      const both = await agent.update([valued, four], {
        ...learning,
        ratioLevel: 'sequenceMean',
        loss: 'ppo',
      });
      expect(both.loss).not.toBeNaN();
      expect((await agent.update([silent], policyGradient)).loss).toBe(0);
    }));

  it('measures the spread of the policy gradient alone', () =>
    withAgent({}, async (agent) => {
      const batches = [[samples[0] as PolicySample], [samples[1] as PolicySample]];
      expect(await agent.gradientSpread(batches, learning)).toEqual(
        await agent.gradientSpread(batches, policyGradient),
      );
    }));

  it.each(['none', 'running', 'popart'] as const)(
    'goes on from a saved state bit for bit (%s)',
    (valueNorm) =>
      withAgent({ valueHead: { ...headOptions, valueNorm } }, async (agent) => {
        const dir = mkdtempSync(join(tmpdir(), 'collm-head-'));
        for (let i = 0; i < 2; i++) await agent.update(samples, learning);
        await agent.save(dir);
        await withAgent({ valueHead: { ...headOptions, valueNorm, seed: 9 } }, async (other) => {
          await other.load(dir);
          expect(await other.update(samples, learning)).toEqual(await agent.update(samples, learning));
          for (const read of reads)
            expect(await other.values?.(samples, read)).toEqual(await agent.values?.(samples, read));
        });
        rmSync(dir, { recursive: true });
      }),
  );

  it('leaves weights and statistics alone when the value loss is not finite', () =>
    withAgent({ valueHead: { ...headOptions, valueNorm: 'popart' } }, async (agent) => {
      await agent.update(samples, learning);
      const before = [await backbone(agent), await agent.values?.(samples, 'state')];
      const bad = { ...four, value: value('state', Number.NaN) };
      expect((await agent.update([bad, ...samples], learning)).loss).toBeNaN();
      expect([await backbone(agent), await agent.values?.(samples, 'state')]).toEqual(before);
    }));

  it('is needed for values and their update', () =>
    withAgent({ valueHead: null }, async (agent) => {
      expect(agent.values).toBeUndefined();
      await expect(agent.update(samples, learning)).rejects.toThrow(/has no value head to update/);
    }));
});
