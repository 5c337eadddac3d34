/** What an update does with its settings, on a tiny language model. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LoraOptions } from '@collm/lm';
import { loadSafetensors, memory, tidy } from '@collm/torch';
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import type {
  ActRequest,
  LmAgent,
  ModelOptions,
  PolicySample,
  PolicyUpdate,
  Response,
} from '../src/index.js';
import { fixedSamples, policyGradient, sampleOf, withTeam } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const model = writeTinyModel();
afterAll(() => model.remove());
expectNoLeaks();

const lora: LoraOptions = { rank: 4, alpha: 8, targets: 'all-linear', dropout: 0.3, seed: 11 };
const everything: PolicyUpdate = {
  ...policyGradient,
  loss: 'ppo',
  isCorrection: 'token',
  kl: { estimator: 'exact', coef: 0.1 },
  entropyCoef: 0.01,
};

const withAgents = (over: Partial<ModelOptions>[], use: (...agents: LmAgent[]) => Promise<void>) =>
  withTeam(model.dir, over, use);
const withAgent = (over: Partial<ModelOptions>, use: (agent: LmAgent) => Promise<void>) =>
  withAgents([over], (agent) => use(agent as LmAgent));

/** Everything an agent writes, by file name. */
async function saved(agent: LmAgent, name: string): Promise<Map<string, string>> {
  const dir = join(model.dir, name);
  mkdirSync(dir, { recursive: true });
  await agent.save(dir);
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => [
      join(relative(dir, parentPath), name),
      readFileSync(join(parentPath, name)).toString('base64'),
    ]),
  );
}

async function play(agent: LmAgent, topP: number): Promise<Response[]> {
  const requests = ['north', 'south'].map((content, episode): ActRequest => {
    const observation = { messages: [{ role: 'user' as const, content }], startsAfresh: false };
    const place = { seed: 3, phase: 'train', episode, turn: 0, agent: 0 } as const;
    return { history: { past: [], observation }, keys: [0, 1].map((sample) => ({ ...place, sample })) };
  });
  const sampling = { temperature: 1, topK: null, topP, maxNewTokens: 9, greedy: false };
  return (await agent.act(requests, sampling)).flat();
}

const total = (values: Iterable<number>) => [...values].reduce((sum, value) => sum + value, 0);

describe('an update', () => {
  it('is the same in any split of the minibatch, with all it can do', async () => {
    const steps: number[][] = [];
    for (const tokensPerMicroBatch of [1, 30, 4096]) {
      await withAgent({ tokensPerMicroBatch, reference: {} }, async (agent) => {
        const samples = fixedSamples.map((sample, i) => ({ ...sample, weight: 1 / (i + 1) }));
        await agent.update(samples, everything); // away from the reference
        const { loss, gradNorm, metrics } = await agent.update(samples, everything);
        expect(metrics.kl_exact).toBeGreaterThan(0);
        steps.push([loss, gradNorm, ...Object.values(metrics)]);
      });
    }
    for (const step of steps)
      for (const [i, value] of step.entries())
        expect(Math.abs(value - (steps[0]?.[i] as number))).toBeLessThan(1e-3 * (1 + Math.abs(value)));
  });

  it('corrects for top-p: what was renormalised counts for the mass that was kept (P15)', () =>
    withAgent({}, async (agent) => {
      const responses = await play(agent, 0.6);
      const kept = responses.map(({ logProbs, behaviourLogProbs }) =>
        logProbs.map((value, k) => Math.exp(value - (behaviourLogProbs[k] as number))),
      );
      for (const masses of kept) for (const mass of masses) expect(mass).toBeLessThanOrEqual(1 + 1e-5);
      expect(Math.min(...kept.flatMap((masses) => [...masses]))).toBeLessThan(0.9);
      const samples = responses.map((response, i) => sampleOf(response, i - 1.2));
      const tokens = total(samples.map((sample) => sample.tokens.length));
      const expected = (weight: (i: number, k: number) => number) => {
        const terms = samples.flatMap(({ oldLogProbs, advantage }, i) =>
          [...oldLogProbs].map((value, k) => -(advantage as number) * value * weight(i, k)),
        );
        return total(terms) / tokens;
      };
      const frozen = { ...policyGradient, learningRateFactor: 0 };
      const byToken = await agent.update(samples, { ...frozen, isCorrection: 'token' });
      expect(byToken.loss).toBeCloseTo(
        expected((i, k) => kept[i]?.[k] as number),
        4,
      );
      expect(byToken.metrics.is_weight).toBeCloseTo(total(kept.flatMap((masses) => [...masses])) / tokens, 4);
      const product = kept.map((masses) => masses.reduce((all, mass) => all * mass, 1));
      const bySequence = await agent.update(samples, { ...frozen, isCorrection: 'sequence' });
      expect(bySequence.loss).toBeCloseTo(
        expected((i) => product[i] as number),
        4,
      );
      const whole = await play(agent, 1);
      const untouched = await agent.update(
        whole.map((response) => sampleOf(response, 1)),
        { ...frozen, isCorrection: 'token' },
      );
      expect(untouched.metrics.is_weight).toBeCloseTo(1, 5);
    }));

  it('with an entropy bonus alone raises the entropy', () =>
    withAgent({}, async (agent) => {
      const still = fixedSamples.map((sample) => ({ ...sample, advantage: 0 }));
      const settings = { ...policyGradient, entropyCoef: 0.5 };
      const first = await agent.update(still, settings);
      expect(first.loss).toBeCloseTo(-0.5 * (first.metrics.entropy as number), 4);
      let last = first;
      for (let i = 0; i < 5; i++) last = await agent.update(still, settings);
      expect(last.metrics.entropy).toBeGreaterThan((first.metrics.entropy as number) + 0.05);
    }));

  it('refuses a ratio per response for advantages per token, and goes on afterwards', () =>
    withAgents([{}, {}], async (agent, untouched) => {
      const perToken = fixedSamples.map((sample) => ({ ...sample, advantage: sample.oldLogProbs }));
      const settings = { ...policyGradient, loss: 'ppo', ratioLevel: 'sequence' } as const;
      await expect(agent?.update(perToken, settings)).rejects.toThrow(/Set ratio_level to token/);
      expect(await agent?.update(fixedSamples, settings)).toEqual(
        await untouched?.update(fixedSamples, settings),
      );
    }));

  it('of responses without tokens does nothing, and next to others changes nothing of theirs', () =>
    withAgents([{}, {}], async (agent, other) => {
      const empty = { ...(fixedSamples[0] as PolicySample), tokens: [], oldLogProbs: new Float32Array(0) };
      const samples = [empty, ...fixedSamples].map((sample) => ({
        ...sample,
        behaviourLogProbs: sample.oldLogProbs,
      }));
      expect(await agent?.update([empty], policyGradient)).toEqual({ loss: 0, gradNorm: 0, metrics: {} });
      const [mixed, alone] = [
        await agent?.update(samples, { ...policyGradient, learningRateFactor: 0 }),
        await other?.update(fixedSamples, { ...policyGradient, learningRateFactor: 0 }),
      ];
      expect(mixed).toEqual(alone);
    }));

  it.each([
    ['the loss', Number.NaN],
    ['the gradient alone', 1e38],
  ])('leaves weights and optimiser alone when %s is not finite, and says so', (_, advantage) =>
    withAgent({}, async (agent) => {
      await agent.update(fixedSamples, policyGradient);
      const before = await saved(agent, 'before');
      // The advantages are so large that squares of the gradient overflow, while their terms cancel in the loss.
      const bad = [advantage, -advantage].map((value) => ({
        ...(fixedSamples[0] as PolicySample),
        advantage: value,
      }));
      const differ = bad.map((sample, i) => ({
        ...sample,
        oldLogProbs: sample.oldLogProbs.map((v) => v + i),
      }));
      const { loss, gradNorm } = await agent.update(differ, { ...policyGradient, loss: 'ppo', clipEps: 0.9 });
      expect(Number.isFinite(loss) && Number.isFinite(gradNorm)).toBe(false);
      expect(await saved(agent, 'after')).toEqual(before);
    }),
  );
});

describe('the learning rate of an update', () => {
  it("is the agent's own times the factor", () =>
    withAgents([{ learningRate: 1e-2 }, { learningRate: 5e-3 }], async (agent, half) => {
      await agent?.update(fixedSamples, { ...policyGradient, learningRateFactor: 0.5 });
      await half?.update(fixedSamples, policyGradient);
      expect(await saved(agent as LmAgent, 'factor')).toEqual(await saved(half as LmAgent, 'rate'));
    }));

  it('may be 0: the weights stay', () =>
    withAgent({ weightDecay: 0.1 }, async (agent) => {
      const before = (await saved(agent, 'zero')).get('model.safetensors');
      await agent.update(fixedSamples, { ...policyGradient, learningRateFactor: 0 });
      expect((await saved(agent, 'zero')).get('model.safetensors')).toBe(before);
    }));
});

it('bf16 weights move at a learning rate of 5e-6, through f32 masters', () =>
  withAgent({ dtype: 'bf16', learningRate: 5e-6, eps: 1e-12 }, async (agent) => {
    const dir = join(model.dir, 'bf16');
    const stored = async () => {
      await saved(agent, 'bf16');
      return tidy(() =>
        Object.values(loadSafetensors(join(dir, 'model.safetensors'))).flatMap((t) => t.toArray()),
      );
    };
    const start = await stored();
    for (let i = 0; i < 20; i++) await agent.update(fixedSamples, policyGradient);
    const now = await stored();
    // From 2^-7 on neighbours are 2^-14 apart or more: a step of 5e-6 rounds back to where it began, every time.
    const large = [...start.keys()].filter((i) => Math.abs(start[i] as number) >= 2 ** -7);
    const moved = large.filter((i) => now[i] !== start[i]);
    expect(moved.length / large.length).toBeGreaterThan(0.05);
  }));

it.each([
  ['all weights', { reference: {} }],
  ['an adapter with dropout', { lora, tokensPerMicroBatch: 30 }],
])('a saved agent goes on bit for bit with all that an update can do: %s', (_, over) =>
  withAgents([over, over], async (agent, other) => {
    if (agent === undefined || other === undefined) return;
    const settings = { ...everything, learningRateFactor: 0.7 };
    await agent.update(fixedSamples, settings);
    const before = await saved(agent, 'resume');
    await other.load(join(model.dir, 'resume'));
    expect(await saved(other, 'resumed')).toEqual(before);
    for (let i = 0; i < 2; i++)
      expect(await other.update(fixedSamples, settings)).toEqual(await agent.update(fixedSamples, settings));
    expect(await saved(other, 'x')).toEqual(await saved(agent, 'y'));
  }),
);

describe('the spread of gradients', () => {
  const [a, b, c] = fixedSamples as [PolicySample, PolicySample, PolicySample];
  const settings = { ...policyGradient, aggregation: 'seqSum' } as const;
  const frozen = { ...settings, learningRateFactor: 0 };

  it('is that of the gradients which updates see', () =>
    withAgent({ tokensPerMicroBatch: 20 }, async (agent) => {
      const norm = async (samples: PolicySample[]) => (await agent.update(samples, frozen)).gradNorm;
      const batches = [
        [a, b],
        [c, a],
      ];
      const { meanNorm, variance } = await agent.gradientSpread(batches, settings);
      // Batches of one size: the mean gradient is the gradient of them all.
      const mean = await norm(batches.flat());
      expect(meanNorm).toBeCloseTo(mean, 4);
      const squares =
        (await norm(batches[0] as PolicySample[])) ** 2 + (await norm(batches[1] as PolicySample[])) ** 2;
      expect(variance / (squares - 2 * mean ** 2)).toBeCloseTo(1, 3);
    }));

  it('is none between equal batches, and wants two', () =>
    withAgent({}, async (agent) => {
      const { meanNorm, variance } = await agent.gradientSpread([[a], [a], [a]], settings);
      expect(meanNorm).toBeGreaterThan(0.1);
      expect(variance).toBeLessThan(1e-8 * meanNorm ** 2);
      await expect(agent.gradientSpread([[a]], settings)).rejects.toThrow(/two batches or more/);
    }));

  it('changes nothing: weights, optimiser and the dropout of later updates', () =>
    withAgents([{ lora }, { lora }], async (agent, untouched) => {
      if (agent === undefined || untouched === undefined) return;
      for (const one of [agent, untouched]) await one.update(fixedSamples, settings);
      const before = await saved(agent, 'before');
      const bytes = memory().bytes;
      await agent.gradientSpread([[a, b], [c], [b]], settings);
      expect(memory().bytes).toBe(bytes);
      expect(await saved(agent, 'after')).toEqual(before);
      expect(await agent.update(fixedSamples, settings)).toEqual(
        await untouched.update(fixedSamples, settings),
      );
    }));
});
