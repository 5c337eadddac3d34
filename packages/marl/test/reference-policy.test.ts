/** Log-probs of given responses, under the policy as it is and as it was before the first update. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder, type LoraOptions } from '@collm/lm';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import type { ActRequest, LmAgent, ModelOptions, Response, TokenSequence } from '../src/index.js';
import { fixedSamples, policyGradient, sampleOf, withTeam } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const model = writeTinyModel();
afterAll(() => model.remove());
afterEach(() => {
  vi.restoreAllMocks();
});
expectNoLeaks();

const lora: LoraOptions = { rank: 4, alpha: 8, targets: 'all-linear', dropout: 0.3, seed: 11 };
/** The ways to have a reference. */
const kinds: [string, Partial<ModelOptions>][] = [
  ['an adapter', { lora }],
  ['all weights, with a copy', { reference: {} }],
];

const withAgents = (over: Partial<ModelOptions>[], use: (...agents: LmAgent[]) => Promise<void>) =>
  withTeam(model.dir, over, use);

/** Responses of several lengths, in an order of their own. */
async function play(agent: LmAgent, temperature = 1): Promise<Response[]> {
  const requests = ['north', 'a longer prompt', 'up'].map((content, episode): ActRequest => {
    const history = {
      past: [],
      observation: { messages: [{ role: 'user' as const, content }], startsAfresh: false },
    };
    const place = { seed: 3, phase: 'train', episode, turn: 0, agent: 0 } as const;
    return { history, keys: [0, 1].map((sample) => ({ ...place, sample })) };
  });
  const sampling = { temperature, topK: null, topP: 1, maxNewTokens: 9, greedy: false };
  return (await agent.act(requests, sampling)).flat();
}

function expectNear(ours: readonly Float32Array[], theirs: readonly Float32Array[], tolerance = 1e-4): void {
  expect(ours.map(({ length }) => length)).toEqual(theirs.map(({ length }) => length));
  for (const [i, values] of ours.entries())
    for (const [k, value] of values.entries())
      expect(Math.abs(value - (theirs[i]?.[k] as number))).toBeLessThan(tolerance);
}

const train = async (agent: LmAgent) => {
  for (let i = 0; i < 2; i++) await agent.update(fixedSamples, policyGradient);
};

describe('log-probs of given responses', () => {
  it.each([1, 0.6])('are what was reported when they were sampled, at temperature %s', (temperature) =>
    withAgents([{}], async (agent) => {
      const responses = await play(agent, temperature);
      const own = responses.map(({ logProbs }) => logProbs);
      expectNear(await agent.logProbs(responses, 'current', temperature), own);
    }),
  );

  it.each([1, 40, 4096])('do not depend on the batch: micro-batches of %s tokens', (tokensPerMicroBatch) =>
    withAgents([{ tokensPerMicroBatch }], async (agent) => {
      const responses = await play(agent);
      const forward = vi.spyOn(Decoder.prototype, 'forward');
      expectNear(
        await agent.logProbs(responses, 'current', 1),
        responses.map(({ logProbs }) => logProbs),
      );
      expect(forward.mock.calls.length > 1).toBe(tokensPerMicroBatch < 4096);
    }),
  );

  it('are empty for an empty response, and for no response', () =>
    withAgents([{}], async (agent) => {
      const [response] = (await play(agent)) as [Response];
      const empty: TokenSequence = { promptTokens: response.promptTokens, tokens: [] };
      const [none, own, again] = await agent.logProbs([empty, response, empty], 'current', 1);
      expect([none, again]).toEqual([new Float32Array(0), new Float32Array(0)]);
      expectNear([own as Float32Array], [response.logProbs]);
      expect(await agent.logProbs([], 'current', 1)).toEqual([]);
      expect(await agent.logProbs([empty], 'current', 1)).toEqual([new Float32Array(0)]);
    }));

  it('change nothing: an update after them is the update without them', () =>
    withAgents([{ lora }, { lora }], async (agent, untouched) => {
      await agent?.logProbs(fixedSamples, 'current', 1);
      await agent?.logProbs(fixedSamples, 'reference', 1);
      expect(await agent?.update(fixedSamples, policyGradient)).toEqual(
        await untouched?.update(fixedSamples, policyGradient),
      );
    }));
});

describe('the reference', () => {
  it.each(kinds)('is the policy itself before the first update, and stays as it was: %s', (_, over) =>
    withAgents([over], async (agent) => {
      const first = await agent.logProbs(fixedSamples, 'reference', 0.8);
      expectNear(first, await agent.logProbs(fixedSamples, 'current', 0.8), 1e-5);
      await train(agent);
      expect(await agent.logProbs(fixedSamples, 'reference', 0.8)).toEqual(first);
      const now = await agent.logProbs(fixedSamples, 'current', 0.8);
      expect(Math.abs((now[0]?.[0] as number) - (first[0]?.[0] as number))).toBeGreaterThan(1e-3);
    }),
  );

  it.each(kinds)('is the initial policy, not the loaded one, after a resume: %s', (_, over) =>
    withAgents([over, over], async (agent, other) => {
      if (other === undefined) return;
      const first = await agent.logProbs(fixedSamples, 'reference', 1);
      await train(agent);
      const dir = join(model.dir, 'resumed');
      mkdirSync(dir, { recursive: true });
      await agent.save(dir);
      await other.load(dir);
      expect(await other.logProbs(fixedSamples, 'reference', 1)).toEqual(first);
      expectNear(
        await other.logProbs(fixedSamples, 'current', 1),
        await agent.logProbs(fixedSamples, 'current', 1),
        1e-6,
      );
    }),
  );

  it('is one copy for all agents of a folder', () =>
    withAgents([{ reference: {} }, { reference: {} }, { lora }], async (one, two, three) => {
      expect(one.reference).not.toBeNull();
      expect(two?.reference).toBe(one.reference);
      expect(three?.reference).toBe(one.reference);
    }));

  it('that nobody keeps is asked for in vain, with a word on what to set', () =>
    withAgents([{}], async (agent) => {
      const message = /no reference policy: the agent of .* Set `reference: \{\}`/;
      await expect(agent.logProbs(fixedSamples, 'reference', 1)).rejects.toThrow(message);
      const exact = { ...policyGradient, kl: { estimator: 'exact', coef: 0.1 } } as const;
      await expect(agent.update(fixedSamples, exact)).rejects.toThrow(message);
      const k3 = { ...policyGradient, kl: { estimator: 'k3', coef: 0.1 } } as const;
      await expect(agent.update(fixedSamples, k3)).rejects.toThrow(/k3 needs the log-probs/);
    }));

  it.each(kinds)('draws the policy to it: %s', (_, over) =>
    withAgents([over], async (agent) => {
      const samples = (await play(agent)).map((response) => sampleOf(response, 1));
      for (let i = 0; i < 3; i++) await agent.update(samples, policyGradient);
      const references = await agent.logProbs(samples, 'reference', 1);
      const still = samples.map((sample, i) => ({
        ...sample,
        advantage: 0,
        referenceLogProbs: references[i] as Float32Array,
      }));
      const estimators = ['exact', 'k3'] as const;
      for (const estimator of estimators) {
        const settings = { ...policyGradient, kl: { estimator, coef: 0.5 }, learningRateFactor: 0.5 };
        const before = await agent.update(still, settings);
        expect(before.metrics[`kl_${estimator}`]).toBeGreaterThan(1e-4);
        expect(before.loss).toBeCloseTo(0.5 * (before.metrics[`kl_${estimator}`] as number), 4);
        let after = before;
        for (let i = 0; i < 12; i++) after = await agent.update(still, settings);
        expect(after.loss).toBeLessThan(before.loss);
      }
    }),
  );
});
