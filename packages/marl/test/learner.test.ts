/** What options of collecting and updating do to a team, by hand where it can be written down. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PolicySample, PolicyUpdate } from '../src/index.js';
import { seededOrder } from '../src/seeded.js';
import { expectClose } from './arbitraries.js';
import { matrixGame } from './fakes/matrix-game.js';
import { AC, CC, DC, type FakeRun, fakeRun, folderStore, GRPO, MAGRPO, TRAINER } from './fakes/runs.js';
import type { SoftmaxAgent } from './fakes/softmax-agent.js';

const ONE_STEP = { maxSteps: 1, evalInterval: 0, checkpointEvery: 0 };

describe('minibatches of a tree', () => {
  it.each(['path', 'equal'] as const)(
    'add up to the gradient of all, light nodes and heavy ones: %s',
    async (nodeWeighting) => {
      // At learning rate 0 every minibatch is seen by the same policy.
      const run = (trainBatchSize: number | null) =>
        fakeRun({
          algorithm: { ...MAGRPO, nodeWeighting, trainBatchSize, policyLoss: 'ppo' },
          options: ONE_STEP,
          learningRate: 0,
        });
      const whole = gradientsOf(await run(null));
      // Two nodes a minibatch: a root beside a leaf, or two leaves, which weigh a quarter each.
      const parts = gradientsOf(await run(2));
      expect(whole).toHaveLength(1);
      expect(parts).toHaveLength(8);
      const count = parts.reduce((sum, part) => sum + part.count, 0);
      for (const [prompt, expected] of whole[0]?.gradient ?? []) {
        const sum = expected.map((_, a) =>
          parts.reduce((all, part) => all + ((part.gradient.get(prompt)?.[a] ?? 0) * part.count) / count, 0),
        );
        expectClose(sum, expected);
      }
    },
  );

  /** Gradients of the first agent's minibatches, and how many samples they have. */
  function gradientsOf(run: FakeRun) {
    const agent = run.agents[0] as SoftmaxAgent;
    return agent.updateCalls.map((samples, call) => ({
      count: samples.length,
      gradient: agent.gradientOf(samples, agent.updateSettings[call] as PolicyUpdate).gradient,
    }));
  }
});

describe('rolloutBufferSize', () => {
  const updatesOf = (run: FakeRun) => run.agents[0]?.updateCalls.map((batch) => batch.length);
  const options = { ...ONE_STEP, itemsPerStep: 3 };

  it.each([
    // A round of 3 items: 3 x 2 trajectories x 2 turns = 12 joint transitions.
    [null, 12],
    [1, 12],
    [12, 12],
    [13, 24],
    [30, 36],
  ])(
    '%s joint transitions: rounds are played until there are so many (%i)',
    async (rolloutBufferSize, wanted) => {
      const run = await fakeRun({ algorithm: { ...CC, rolloutBufferSize }, options });
      expect(updatesOf(run)).toEqual([wanted]);
      expect(run.result.state.items).toBe(wanted / 4);
    },
  );

  it.each([
    // A round: 3 x (1 + 4) nodes of 4 responses.
    [15, 15],
    [16, 30],
  ])('%i nodes', async (rolloutBufferSize, nodes) => {
    const run = await fakeRun({ algorithm: { ...MAGRPO, rolloutBufferSize }, options });
    expect(updatesOf(run)).toEqual([4 * nodes]);
  });

  it('the last step takes what is left', async () => {
    const run = await fakeRun({
      algorithm: { ...CC, rolloutBufferSize: 24 },
      options: { ...options, maxSteps: null, numTrainEpochs: 2 },
    });
    // 8 items: rounds of 3, 3 and 2.
    expect(updatesOf(run)).toEqual([24, 8]);
  });
});

describe('shared actors', () => {
  it.each([CC, DC, MAGRPO])(
    '$name: one optimiser step a minibatch for all roles, and one folder',
    async (method) => {
      const root = await mkdtemp(join(tmpdir(), 'collm-shared-'));
      const run = await fakeRun({
        algorithm: { ...method, numGenerations: 2, trainBatchSize: 4 },
        environment: matrixGame(3),
        options: ONE_STEP,
        checkpoints: folderStore(root),
        share: true,
      });
      const [agent] = run.agents;
      expect(new Set(run.agents).size).toBe(1);
      // 12 joint transitions, or 3 x (1 + 2) nodes of 2 responses; each of three roles has its own samples in a step.
      const units = method === MAGRPO ? [8, 8, 2] : [4, 4, 4];
      expect(agent?.updateCalls.map((batch) => batch.length)).toEqual(units.map((count) => 3 * count));
      for (const batch of agent?.updateCalls ?? []) {
        const roles = batch.map(({ promptTokens }) => String.fromCharCode(...promptTokens).split(' ')[1]);
        for (const role of ['0', '1', '2'])
          expect(roles.filter((one) => one === role)).toHaveLength(batch.length / 3);
      }
      // One call a turn asks it for all roles.
      expect(agent?.actCalls).toHaveLength(2);
      const saved = await readdir(join(root, 'step-000001'));
      expect(saved.filter((name) => name.startsWith('agent'))).toEqual(['agent-0']);
      await rm(root, { recursive: true });
    },
  );
});

describe('sequential updates (P16)', () => {
  it.each([[[0.5, 1.5]], [[1e-6, 1e6]]] as const)(
    'each agent’s advantages times the ratios of those before it, cut to %j',
    async (sequentialClip) => {
      const [low, high] = sequentialClip;
      for (const method of [CC, { ...MAGRPO, numGenerations: 2 }] as const) {
        const run = await fakeRun({
          algorithm: { ...method, updateOrder: 'sequential', sequentialClip },
          environment: matrixGame(3),
          options: ONE_STEP,
          learningRate: 5,
        });
        const plain = await fakeRun({ algorithm: method, environment: matrixGame(3), options: ONE_STEP });
        const batchOf = ({ agents }: FakeRun, agent: number) =>
          agents[agent]?.updateCalls[0] as readonly PolicySample[];
        const factors = batchOf(run, 0).map(() => 1);
        for (const agent of seededOrder(3, TRAINER.seed, 'agent-order', 0)) {
          const base = batchOf(plain, agent).map(({ advantage }) => advantage as number);
          const given = batchOf(run, agent);
          expectClose(
            given.map(({ advantage }) => advantage as number),
            base.map((advantage, k) => advantage * (factors[k] as number)),
          );
          given.forEach(({ promptTokens, tokens, oldLogProbs }, k) => {
            const now = run.agents[agent]?.probabilities(String.fromCharCode(...promptTokens)) as number[];
            const ratio =
              Math.fround(Math.log(now[tokens[0] as number] as number)) - (oldLogProbs[0] as number);
            factors[k] = Math.max(low, Math.min(high, (factors[k] as number) * Math.exp(ratio)));
          });
        }
        expect(factors.some((factor) => Math.abs(factor - 1) > 0.1)).toBe(true);
      }
    },
  );

  it('is the same as simultaneous for one agent', async () => {
    for (const method of [AC, GRPO]) {
      const one = await fakeRun({ algorithm: method, options: ONE_STEP });
      const sequential = await fakeRun({
        algorithm: { ...method, updateOrder: 'sequential' },
        options: ONE_STEP,
      });
      expect(sequential.weights).toBe(one.weights);
    }
  });
});

describe('passes of critics of their own', () => {
  const FAULTY = { ...CC, parity: true, referenceFaults: ['D1'] } as const;

  it.each([
    ['collm_cc', CC],
    ['collm_dc', DC],
    ['a critic in every update of an agent (D1)', FAULTY],
  ])('are those of the agents, or more: %s', async (_, method) => {
    const algorithm = { ...method, trainBatchSize: 2, policyLoss: 'ppo' } as const;
    const usual = await fakeRun({ algorithm, options: ONE_STEP });
    const more = await fakeRun({ algorithm: { ...algorithm, criticUpdateEpochs: 3 }, options: ONE_STEP });
    expect(more.agents.map(({ updateCalls }) => updateCalls)).toEqual(
      usual.agents.map(({ updateCalls }) => updateCalls),
    );
    for (const [member, { fitCalls }] of more.critics.entries()) {
      const before = usual.critics[member]?.fitCalls ?? [];
      expect(before.length).toBeGreaterThan(1);
      expect(fitCalls).toHaveLength(3 * before.length);
    }
  });

  it('take all joint transitions in an order of their own, the first that of the agents', async () => {
    const algorithm = { ...CC, trainBatchSize: 2, policyLoss: 'ppo', criticUpdateEpochs: 4 } as const;
    const { agents, critics } = await fakeRun({ algorithm, options: ONE_STEP });
    const samples = critics[0]?.fitCalls.flat() ?? [];
    const all = new Set(samples);
    const passes = [0, 1, 2, 3].map((pass) => samples.slice(pass * all.size, (pass + 1) * all.size));
    for (const pass of passes) expect(new Set(pass)).toEqual(all);
    expect(new Set(passes.map((pass) => pass.map((sample) => [...all].indexOf(sample)).join())).size).toBe(4);
    const places = (list: readonly { turn: number; itemId: string }[]) =>
      list.map(({ turn, itemId }) => `${itemId} ${turn}`);
    expect(
      places((passes[0] ?? []).map(({ query, itemId }) => ({ turn: query.history.turn, itemId }))),
    ).toEqual(places(agents[0]?.updateCalls.flat() ?? []));
  });
});

describe('critic warm-up', () => {
  it('of a head on the agents: values are learned, the policy stays where it is', async () => {
    const algorithm = {
      ...DC,
      useSeparateCritic: false,
      criticWarmupSteps: 1,
      klMode: 'lossK3',
      entropyCoef: 0.1,
    } as const;
    const { agents } = await fakeRun({ algorithm, options: ONE_STEP });
    for (const agent of agents) {
      expect(agent.updateCalls).toHaveLength(1);
      expect(
        agent.updateCalls[0]?.every(({ advantage, value }) => advantage === 0 && value !== undefined),
      ).toBe(true);
      expect(agent.updateSettings[0]).toMatchObject({
        kl: null,
        entropyCoef: 0,
        value: { stopGradient: true },
      });
      expect(JSON.parse(agent.weights()).values.length).toBeGreaterThan(0);
      for (const prompt of agent.updateCalls[0]?.map(({ promptTokens }) =>
        String.fromCharCode(...promptTokens),
      ) ?? [])
        expect(agent.logits(prompt)).toEqual([0, 0]);
    }
  });

  it('ends', async () => {
    const algorithm = { ...DC, criticWarmupSteps: 2 };
    const { agents, critics } = await fakeRun({ algorithm, options: { ...ONE_STEP, maxSteps: 3 } });
    for (const agent of agents) expect(agent.updateCalls).toHaveLength(1);
    for (const critic of critics) expect(critic.fitCalls).toHaveLength(3);
  });
});
