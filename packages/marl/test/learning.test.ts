import { describe, expect, it } from 'vitest';
import { evaluate, evaluationSampling } from '../src/evaluation/evaluate.js';
import { matrixGame } from './fakes/matrix-game.js';
import { CC, type FakeRunOptions, fakeRun, MAGRPO, TRAINER } from './fakes/runs.js';

/** Greedy return of the trained team; 3 is the optimum, a team that maximises turn 1 alone gets 0.5. */
async function greedyReturn(setup: FakeRunOptions): Promise<number> {
  const environment = setup.environment ?? matrixGame();
  const { agents } = await fakeRun({
    ...setup,
    environment,
    // Small enough that no seed is swept into the greedy first turn before turn 2 has been valued.
    learningRate: setup.learningRate ?? 0.3,
    options: { numTrainEpochs: 300, itemsPerStep: 4, evalInterval: 0, checkpointEvery: 0, ...setup.options },
  });
  const evaluation = await evaluate(environment, agents, {
    items: environment.evalItems,
    generations: 1,
    seed: 1,
    sampling: evaluationSampling(TRAINER.sampling, 0),
    earlyTerminationThreshold: null,
    discount: 1,
  });
  return evaluation.summary.return?.mean as number;
}

describe('on a two-turn game that needs credit over turns', () => {
  it('untrained agents miss the optimum', async () => {
    expect(await greedyReturn({ algorithm: CC, options: { maxSteps: 0 } })).toBeLessThan(3);
  });

  it.each([1, 2, 3])('collm_cc reaches the optimum from seed %i', async (seed) => {
    expect(await greedyReturn({ algorithm: CC, options: { seed } })).toBe(3);
  });

  it.each([1, 2, 3])('magrpo reaches the optimum from seed %i', async (seed) => {
    expect(await greedyReturn({ algorithm: MAGRPO, options: { seed } })).toBe(3);
  });

  it.each([
    ['collm_cc with GAE', { ...CC, gaeLambda: 0.9 }],
    [
      'collm_cc with two epochs of clipped minibatches',
      { ...CC, policyLoss: 'ppo', updateEpochs: 2, trainBatchSize: 8 },
    ],
    ['magrpo with all tuples', { ...MAGRPO, numGenerations: 2, jointMode: 'cross' }],
    ['magrpo normalised per node', { ...MAGRPO, advantageNormalization: 'node' }],
  ] as const)('%s too', async (_, algorithm) => {
    expect(await greedyReturn({ algorithm })).toBe(3);
  });

  it('collm_cc with normalised advantages too, after the critic alone has been warmed up', async () => {
    const algorithm = { ...CC, advantageNormalization: 'batch', criticWarmupSteps: 30 } as const;
    expect(await greedyReturn({ algorithm, learningRate: 0.1, options: { numTrainEpochs: 400 } })).toBe(3);
  });

  it.each([
    ['AC, one agent with a critic', CC],
    ['GRPO, one agent without', MAGRPO],
  ])('%s too', async (_, algorithm) => {
    expect(await greedyReturn({ algorithm, environment: matrixGame(1) })).toBe(3);
  });
});
