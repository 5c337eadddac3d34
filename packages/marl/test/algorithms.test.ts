import type { Environment, Item } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { meanAdvantage } from '../src/credit/normalisation.js';
import { mean } from '../src/credit/statistics.js';
import { NonFiniteError, TeamError } from '../src/errors.js';
import type { EpisodeRecord } from '../src/events.js';
import { planMinibatches } from '../src/learner/minibatches.js';
import type { PolicySample, ValueQuery } from '../src/messages.js';
import { train } from '../src/trainer/train.js';
import { type GameState, matrixGame } from './fakes/matrix-game.js';
import { AC, CC, DC, type FakeRun, fakeRun, GRPO, MAGRPO, TRAINER } from './fakes/runs.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';
import { TableCritic } from './fakes/table-critic.js';

const ONE_STEP = { maxSteps: 1, evalInterval: 0, checkpointEvery: 0 };

const advantageOf = ({ advantage }: PolicySample): number => meanAdvantage(advantage);

const episodesOf = (run: FakeRun): EpisodeRecord[] =>
  run.events.flatMap((event) =>
    event.type === 'episode' && event.record.phase === 'train' ? [event.record] : [],
  );

/** The matrix game whose every turn has a chance of stopping early. */
function stoppable(numAgents: number): Environment<Item, GameState> {
  return { ...matrixGame(numAgents), earlyTerminationThreshold: 0.4 };
}

describe('collm_cc', () => {
  it.each([1, 2, 3])(
    'with %i agents steps the critic once per minibatch of joint transitions (D1)',
    async (n) => {
      const algorithm = { ...CC, trainBatchSize: 4, updateEpochs: 2, policyLoss: 'ppo' } as const;
      const {
        critics: [critic],
        agents,
      } = await fakeRun({ algorithm, environment: matrixGame(n), options: ONE_STEP });
      // 3 items x 2 trajectories x 2 turns = 12 joint transitions: 3 minibatches in each of 2 epochs.
      expect(critic?.fitCalls.map((batch) => batch.length)).toEqual([4, 4, 4, 4, 4, 4]);
      expect(critic?.valueCalls.map((queries) => queries.length)).toEqual([12]);
      for (const agent of agents)
        expect(agent.updateCalls.map((batch) => batch.length)).toEqual([4, 4, 4, 4, 4, 4]);
      for (const queries of critic?.valueCalls ?? []) {
        for (const { history } of queries) expect(history.agents).toHaveLength(n);
      }
    },
  );

  it('gives every agent the same advantage for a joint transition', async () => {
    const run = await fakeRun({
      algorithm: { ...CC, advantageNormalization: 'batch' },
      environment: matrixGame(3),
    });
    for (const [call, batch] of (run.agents[0]?.updateCalls ?? []).entries()) {
      for (const other of run.agents.slice(1)) {
        expect(other.updateCalls[call]?.map((sample) => sample.advantage)).toEqual(
          batch.map(({ advantage }) => advantage),
        );
      }
    }
  });

  it.each([
    [false, null],
    [true, null],
    [false, 0.4],
    [true, 0.4],
  ])(
    'computes TD errors from the recorded values (bootstrap %s, threshold %s)',
    async (bootstrapOnHorizon, threshold) => {
      const discount = 0.9;
      const algorithm = { ...CC, discount, bootstrapOnHorizon };
      const options = { ...TRAINER, evalInterval: 0, earlyTerminationThreshold: threshold };
      const run = await fakeRun({ algorithm, environment: stoppable(2), options });
      const ends = new Set<string | null>();
      for (const { turns, step } of episodesOf(run)) {
        turns.forEach((turn, t) => {
          ends.add(turn.end);
          const next = turns[t + 1]?.value;
          if (next !== undefined) expect(turn.target).toBeCloseTo(turn.processedReward + discount * next, 12);
          // The table has no entry for the state after the horizon, so its bootstrap is 0; the next test gives it one.
          else expect(turn.target).toBe(turn.processedReward);
          const tdError = (turn.target as number) - (turn.value as number);
          expect(turn.advantages).toEqual([tdError, tdError]);
        });
        expect(step).toBeGreaterThan(0);
      }
      expect(ends.has('early')).toBe(threshold !== null);
      expect(ends.has('horizon')).toBe(true);
      // The value after a horizon cut is asked for exactly when it is used.
      const asked = run.critics[0]?.valueCalls
        .flat()
        .filter(({ history }) => history.remainingTurns === 0).length;
      const cuts = episodesOf(run).filter((episode) => episode.turns.at(-1)?.end === 'horizon').length;
      expect(asked).toBe(bootstrapOnHorizon ? cuts : 0);
    },
  );

  it('bootstraps a horizon cut from the critic’s value of the joint history after it', async () => {
    class Optimist extends TableCritic {
      override async values(queries: readonly ValueQuery[]): Promise<number[][]> {
        return queries.map(({ history }) => [history.remainingTurns === 0 ? 10 : 1]);
      }
    }
    const records: EpisodeRecord[] = [];
    await train({
      environment: matrixGame(),
      agents: [new SoftmaxAgent(), new SoftmaxAgent()],
      critics: [new Optimist()],
      algorithm: { ...CC, bootstrapOnHorizon: true, discount: 0.5 },
      options: { ...TRAINER, ...ONE_STEP },
      checkpoints: null,
      onEvent: (event) => {
        if (event.type === 'episode') records.push(event.record);
      },
    });
    for (const { turns } of records) {
      expect(turns[0]?.target).toBe((turns[0]?.processedReward as number) + 0.5);
      expect(turns[1]?.target).toBe((turns[1]?.processedReward as number) + 5);
    }
    expect(records).toHaveLength(6);
  });

  it('leaves the agents alone while the critic warms up', async () => {
    const {
      agents,
      critics: [critic],
    } = await fakeRun({
      algorithm: { ...CC, criticWarmupSteps: 2 },
      options: { ...ONE_STEP, maxSteps: 3 },
    });
    expect(critic?.fitCalls).toHaveLength(3);
    for (const agent of agents) expect(agent.updateCalls).toHaveLength(1);
  });

  it('normalises over joint transitions, within a turn when asked to', async () => {
    const run = await fakeRun({ algorithm: { ...CC, advantageNormalization: 'turn' }, options: ONE_STEP });
    const samples = run.agents[0]?.updateCalls.flat() ?? [];
    for (const turn of [0, 1]) {
      const own = samples.filter((sample) => sample.turn === turn).map(advantageOf);
      expect(own).toHaveLength(6);
      expect(mean(own)).toBeCloseTo(0, 12);
    }
  });
});

describe('magrpo', () => {
  it.each(['aligned', 'cross'] as const)(
    'trains each response on its return minus the mean of its node (%s)',
    async (mode) => {
      const discount = 0.9;
      const algorithm = { ...MAGRPO, jointMode: mode, numGenerations: 2, discount };
      const run = await fakeRun({ algorithm, options: ONE_STEP });
      for (const { turns } of episodesOf(run)) {
        const branching = mode === 'aligned' ? 2 : 4;
        const childrenOf = (turn: number, path: number) =>
          turns.filter((t) => t.turn === turn + 1 && Math.floor(t.path / branching) === path);
        for (const turn of turns) {
          const following = childrenOf(turn.turn, turn.path);
          const tail = following.length > 0 ? discount * mean(following.map((t) => t.return)) : 0;
          expect(turn.return).toBeCloseTo(turn.processedReward + tail, 12);
          const node = turns.filter(
            (t) =>
              t.turn === turn.turn && Math.floor(t.path / branching) === Math.floor(turn.path / branching),
          );
          expect(node).toHaveLength(branching);
          const baseline = mean(node.map((t) => t.return));
          [0, 1].forEach((agent) => {
            // Position within the node: the last agent's response index runs fastest.
            const responseOf = (path: number) =>
              mode === 'aligned' ? path % 2 : agent === 0 ? Math.floor((path % 4) / 2) : path % 2;
            const own = node.filter((t) => responseOf(t.path) === responseOf(turn.path)).map((t) => t.return);
            expect(turn.advantages?.[agent]).toBeCloseTo(mean(own) - baseline, 12);
          });
        }
      }
    },
  );

  it('forms minibatches of whole nodes, over turns and items', async () => {
    const { agents } = await fakeRun({ algorithm: { ...MAGRPO, trainBatchSize: 4 }, options: ONE_STEP });
    // 3 items x (1 + 4) nodes = 15 nodes of 4 responses.
    for (const agent of agents) {
      expect(agent.updateCalls.map((batch) => batch.length)).toEqual([16, 16, 16, 12]);
      for (const batch of agent.updateCalls) {
        for (let start = 0; start < batch.length; start += 4) {
          expect(
            batch.slice(start, start + 4).reduce((sum, sample) => sum + advantageOf(sample), 0),
          ).toBeCloseTo(0, 12);
        }
      }
    }
  });

  it('is the same aligned and crossed for one agent', async () => {
    const environment = matrixGame(1);
    const aligned = await fakeRun({ algorithm: MAGRPO, environment });
    const cross = await fakeRun({ algorithm: { ...MAGRPO, jointMode: 'cross' }, environment });
    expect(cross.weights).toBe(aligned.weights);
  });
});

describe('what is not finite is never trained on', () => {
  async function failure(
    algorithm: typeof CC | typeof MAGRPO,
    change: (agents: SoftmaxAgent[], critic: TableCritic) => void,
  ) {
    const agents = [new SoftmaxAgent(), new SoftmaxAgent()];
    const critic = new TableCritic();
    change(agents, critic);
    const run = train({
      environment: matrixGame(),
      agents,
      critics: algorithm.name === 'collm_cc' ? [critic] : [],
      algorithm,
      options: { ...TRAINER, ...ONE_STEP },
      checkpoints: null,
      onEvent: () => {},
    });
    const error = await run.then(
      () => expect.unreachable('the run should have stopped'),
      (reason: unknown) => reason,
    );
    return { error, agents };
  }

  it('a policy loss: names the agent, the turns and the items', async () => {
    const { error } = await failure(MAGRPO, ([, second]) => {
      if (second) second.update = async () => ({ loss: Number.NaN, gradNorm: 1, metrics: {} });
    });
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ quantity: 'policy loss', agent: 1 });
    expect(String(error)).toMatch(
      /policy loss of agent-1 is NaN \(turns .*; items game-\d, game-\d, game-\d\)/,
    );
  });

  it('a value: stops before any update', async () => {
    const { error, agents } = await failure(CC, (_, critic) => {
      critic.values = async (queries) => queries.map(() => [Number.POSITIVE_INFINITY]);
    });
    expect(error).toMatchObject({ code: 'NON_FINITE', quantity: 'value', agent: null, turns: [0] });
    for (const agent of agents) expect(agent.updateCalls).toHaveLength(0);
  });

  it('a value loss', async () => {
    const { error, agents } = await failure(CC, (_, critic) => {
      critic.fit = async () => ({ loss: 1, gradNorm: Number.POSITIVE_INFINITY, metrics: {} });
    });
    expect(error).toMatchObject({ quantity: 'value gradient norm', agent: null });
    for (const agent of agents) expect(agent.updateCalls).toHaveLength(0);
  });
});

describe('a team that does not fit', () => {
  const parts = {
    environment: matrixGame(),
    algorithm: CC,
    options: TRAINER,
    checkpoints: null,
    onEvent: () => {},
  };
  const agents = [new SoftmaxAgent(), new SoftmaxAgent()];
  const shared = new SoftmaxAgent();
  const critic = new TableCritic();
  it.each([
    [
      /1 agents were given, but matrix_game is played by 2/,
      { ...parts, agents: [shared], critics: [new TableCritic()] },
    ],
    [/collm_cc wants 1 critics for 2 agents, but 0 were given/, { ...parts, agents, critics: [] }],
    [/collm_dc wants 2 critics .* but 1 were/, { ...parts, agents, critics: [critic], algorithm: DC }],
    [
      /One critic object was given for several agents/,
      { ...parts, agents, critics: [critic, critic], algorithm: DC },
    ],
    [
      /wants agents with a value head/,
      { ...parts, agents, critics: [], algorithm: { ...DC, useSeparateCritic: false } },
    ],
    [
      /cannot bootstrap on the horizon without critics/,
      {
        ...parts,
        agents: agents.map(() => new SoftmaxAgent({ valueHead: true })),
        critics: [],
        algorithm: { ...DC, useSeparateCritic: false, bootstrapOnHorizon: true },
      },
    ],
    [/magrpo wants 0 critics/, { ...parts, agents, critics: [critic], algorithm: MAGRPO }],
    [/grpo is for a single agent.*Use magrpo/, { ...parts, agents, critics: [], algorithm: GRPO }],
    [/ac is for a single agent/, { ...parts, agents, critics: [critic, new TableCritic()], algorithm: AC }],
    [/no training items/, { ...parts, agents, critics: [critic], environment: matrixGame(2, 0) }],
  ])('is refused: %s', async (message, run) => {
    const error = await train(run).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TeamError);
    expect(String(error)).toMatch(message);
  });
});

it('minibatches take every unit once per epoch, in an order of their own', () => {
  const plan = planMinibatches([0, 1, 2, 3, 4, 5, 6], 3, 2, 42, 5);
  expect(plan.map((units) => units.length)).toEqual([3, 3, 1, 3, 3, 1]);
  expect(plan.slice(0, 3).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(plan.slice(3).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(plan.slice(0, 3)).not.toEqual(plan.slice(3));
  expect(planMinibatches([0, 1, 2], null, 1, 42, 5)).toHaveLength(1);
});

it('minibatches keep the units of an episode side by side', () => {
  const episodes = [0, 1, 2, 3, 0, 1, 2, 3];
  for (const units of planMinibatches(episodes, 2, 3, 42, 5)) {
    expect(new Set(units.map((unit) => episodes[unit])).size).toBe(1);
  }
});
