/** A central critic that sees the environment's state in place of the joint history. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import { type AlgorithmOptions, type Critic, LmCritic, type TrainerEvent, train } from '../src/index.js';
import { type CoinState, coinGame } from './fakes/coin-game.js';
import { differentTeam, lessonOf } from './fakes/lessons.js';
import { matrixGame } from './fakes/matrix-game.js';
import { CC, fakeRun, MAGRPO, TRAINER } from './fakes/runs.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';
import { TableCritic } from './fakes/table-critic.js';
import { modelOptions } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const ORACLE = { ...CC, criticSees: 'state' } as const;
const figure = 'critic/return_explained_variance';

let model: ReturnType<typeof writeTinyModel>;
beforeAll(() => {
  model = writeTinyModel();
});
afterAll(() => model.remove());
expectNoLeaks();

/** Explained variance of returns in the steps of a training, the last one last. */
async function learn(algorithm: AlgorithmOptions, critic: Critic, numTrainEpochs: number): Promise<number[]> {
  const events: TrainerEvent[] = [];
  await train({
    environment: coinGame(),
    agents: [new SoftmaxAgent(), new SoftmaxAgent()],
    critics: [critic],
    algorithm,
    options: { ...TRAINER, itemsPerStep: 4, numTrainEpochs, evalInterval: 0 },
    checkpoints: null,
    onEvent: (event) => events.push(event),
  });
  return events.flatMap((event) => (event.type === 'step-finished' ? [event.metrics[figure] as number] : []));
}

describe('a critic that sees states', () => {
  it('is asked for the state of every node and of the end, and shown no history', async () => {
    const environment = coinGame();
    const seen: CoinState[] = [];
    const run = await fakeRun({
      algorithm: { ...ORACLE, bootstrapOnHorizon: true },
      environment: {
        ...environment,
        describeState: (state: CoinState) => {
          seen.push(state);
          return `${state.heads} ${state.turn}`;
        },
      } as typeof environment,
      options: { maxSteps: 1, evalInterval: 0 },
    });
    const queries = run.critics[0]?.valueCalls.flat() ?? [];
    // 3 items x 2 trajectories, at both turns and after them.
    expect(queries).toHaveLength(18);
    expect(seen).toHaveLength(18);
    for (const { history, ...rest } of queries) {
      expect(rest).toEqual({ read: 'state' });
      expect(history).toEqual({
        agents: [],
        turn: history.turn,
        remainingTurns: 2 - history.turn,
        state: expect.stringMatching(`^(true|false) ${history.turn}$`),
      });
    }
  });

  it.each([
    ['actions', { criticType: 'q', qBaseline: 'counterfactual', baselineSamples: 2 }],
    ['tokens', { valueLevel: 'token' }],
  ] as const)('can learn the values of %s', async (_, over) => {
    const lesson = await lessonOf({
      algorithm: { ...ORACLE, ...over },
      environment: coinGame(),
      agents: differentTeam(2),
      critics: [new TableCritic()],
    });
    const samples = lesson.units.flatMap(({ regression }) => regression.flat());
    expect(samples.length).toBeGreaterThan(0);
    for (const { query } of samples)
      expect(query.history).toMatchObject({ agents: [], state: expect.stringMatching(/^(heads|tails)$/) });
  });

  it('learns the values of a game whose states histories do not tell', async () => {
    const oracle = new TableCritic(2);
    expect((await learn(ORACLE, oracle, 40)).at(-1)).toBeCloseTo(1, 6);
    const queries = (['heads', 'tails'] as const).flatMap((state) =>
      [2, 1].map((remainingTurns) => ({
        read: 'state' as const,
        history: { agents: [], turn: 2 - remainingTurns, remainingTurns, state },
      })),
    );
    const values = (await oracle.values(queries)).flat();
    for (const [i, value] of [2, 1, -2, -1].entries()) expect(values[i]).toBeCloseTo(value, 3);
    const blind = await learn(CC, new TableCritic(2), 40);
    expect(Math.max(...blind)).toBeLessThan(0.2);
  });

  it('learns them as a language model too', async () => {
    const options = { ...modelOptions(model.dir), learningRate: 3e-3, valueHeadHiddenDim: null, seed: 1 };
    const run = async (algorithm: AlgorithmOptions) => {
      const critic = await LmCritic.open(options);
      try {
        return (await learn({ ...algorithm, gaeLambda: 1 } as AlgorithmOptions, critic, 60)).slice(-5);
      } finally {
        critic.dispose();
      }
    };
    for (const explained of await run(ORACLE)) expect(explained).toBeGreaterThan(0.9);
    for (const explained of await run(CC)) expect(explained).toBeLessThan(0.3);
  });

  it('leaves those that see histories as they are: nothing is described for them', async () => {
    const environment = coinGame();
    const silent: typeof environment = {
      ...environment,
      describeState: () => {
        throw new Error('nobody asked');
      },
    };
    for (const algorithm of [CC, MAGRPO]) {
      const told = await fakeRun({ algorithm, environment: silent });
      expect(told.weights).toBe((await fakeRun({ algorithm, environment })).weights);
    }
  });

  it('needs an environment that tells its state', async () => {
    const run = fakeRun({ algorithm: ORACLE, environment: matrixGame() });
    await expect(run).rejects.toThrow(/matrix_game has no describeState.*criticSees/);
  });

  it.each([
    ['what is no text', () => 5, /described its state as number/],
    [
      'nothing, and throws',
      () => {
        throw new Error('lost it');
      },
      /failed to describe its state: lost it/,
    ],
  ])('makes an episode fail whose environment gives %s', async (_, describeState, message) => {
    const environment = { ...coinGame(), describeState: describeState as () => never };
    await expect(fakeRun({ algorithm: ORACLE, environment })).rejects.toThrow(message);
  });
});
