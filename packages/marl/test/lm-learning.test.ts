import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LmAgent } from '../src/agents/lm-agent.js';
import { LmCritic } from '../src/agents/lm-critic.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import type { AlgorithmOptions } from '../src/config.js';
import { train } from '../src/trainer/train.js';
import { letterGame } from './fakes/letter-game.js';
import { AC, agentsFor, CC, DC, GRPO, MAGRPO, MAREINFORCE, MAREMAX, MARLOO, TRAINER } from './fakes/runs.js';
import { writeLetterModel } from './letter-model.js';

let model: ReturnType<typeof writeLetterModel>;
beforeAll(() => {
  model = writeLetterModel();
});
afterAll(() => model.remove());

/** Critics learn faster than actors, which follow them; a biased gradient wants small steps. */
const rates = { actorWithCritic: 0.01, critic: 0.05, monteCarlo: 0.015, biased: 0.006 };

const optimiser = {
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.95,
  eps: 1e-8,
  maxGradNorm: 1,
  tokensPerMicroBatch: 8192,
  maxPromptTokens: null,
} as const;

/** Env steps at the first evaluation, of 64 sampled episodes, whose mean return is 95 % of the optimum. */
async function envStepsToTarget(algorithm: AlgorithmOptions, seed: number): Promise<number> {
  const environment = letterGame(agentsFor(algorithm));
  const { numAgents } = environment;
  const common = { model: model.dir, device: 'cpu', ...optimiser } as const;
  const biased = 'maxSource' in algorithm && algorithm.maxSource === 'group';
  const withoutCritic = biased ? rates.biased : rates.monteCarlo;
  const learningRate = 'gaeLambda' in algorithm ? rates.actorWithCritic : withoutCritic;
  const agents = await Promise.all(
    Array.from({ length: numAgents }, () => LmAgent.open({ ...common, learningRate })),
  );
  const critics = await Promise.all(
    Array.from({ length: createAlgorithm(algorithm).critics(numAgents) }, () =>
      LmCritic.open({ ...common, learningRate: rates.critic, valueHeadHiddenDim: null, seed }),
    ),
  );
  let reached = Number.POSITIVE_INFINITY;
  const stop = new AbortController();
  try {
    await train({
      environment,
      agents,
      critics,
      algorithm,
      options: {
        ...TRAINER,
        seed,
        itemsPerStep: 4,
        numTrainEpochs: 225,
        evalInterval: 5,
        evalNumSamples: 4,
        evalGenerations: 16,
        checkpointEvery: 0,
        targetReturn: 0.95,
      },
      checkpoints: null,
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type !== 'evaluation-finished') return;
        const steps = event.metrics['eval/env_steps_to_target'];
        if (steps === undefined) return;
        reached = steps;
        stop.abort();
      },
    });
  } finally {
    for (const member of [...agents, ...critics]) await member.dispose();
  }
  return reached;
}

const WITH_CRITIC = {
  numGenerations: 8,
  criticWarmupSteps: 10,
  valueLossCoef: 1,
  advantageNormalization: 'turn',
} as const;

/** Env steps within which every one of the seeds gets there; a little over what was seen. */
const METHODS: readonly (readonly [string, AlgorithmOptions, number])[] = [
  ['collm_cc', { ...CC, ...WITH_CRITIC }, 5500],
  // TD(0) gets there from every seed only with slower actors: local critics chase the other agent.
  ['collm_dc with GAE(0.9)', { ...DC, ...WITH_CRITIC, criticWarmupSteps: 15, gaeLambda: 0.9 }, 5500],
  ['mareinforce', MAREINFORCE, 5000],
  ['magrpo', MAGRPO, 5000],
  ['marloo', MARLOO, 5000],
  // The best of the group as baseline only ever pushes away from what was said: an entropy bonus keeps the team looking.
  ['maremax with an entropy bonus', { ...MAREMAX, entropyCoef: 0.02 }, 18_000],
  ['maremax with a greedy baseline', { ...MAREMAX, maxSource: 'greedy' }, 7500],
  ['grpo', GRPO, 3500],
  ['ac', { ...AC, ...WITH_CRITIC }, 4500],
];

describe('teams of language models reach 95 % of the optimum of a two-turn game, from 5 of 5 seeds', () => {
  it.each(METHODS)('%s', { timeout: 300_000 }, async (_, algorithm, budget) => {
    for (const seed of [1, 2, 3, 4, 5])
      expect(await envStepsToTarget(algorithm, seed), `env steps of seed ${seed}`).toBeLessThanOrEqual(
        budget,
      );
  });
});
