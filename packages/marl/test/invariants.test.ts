/**
 * The invariants of algorithms spec section 5, for every algorithm that they concern and teams of one to eight. Those of
 * pure functions are tested beside the functions (src/credit), those of losses beside the agents (src/agents).
 */
import type { Environment, Observation } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import type { Lesson } from '../src/algorithms/algorithm.js';
import { normaliseWithin } from '../src/credit/normalisation.js';
import type { AlgorithmOptions } from '../src/index.js';
import { agentEpisodeReturns } from '../src/rollout/records.js';
import { seededHash } from '../src/seeded.js';
import { expectClose } from './arbitraries.js';
import { advantagesOf, lessonOf, samplesOf } from './fakes/lessons.js';
import { matrixGame } from './fakes/matrix-game.js';
import { type RandomGame, randomGame } from './fakes/random-game.js';
import { AC, CC, DC, fakeRun, GRPO, MAGRPO, MAREINFORCE, MAREMAX, MARLOO } from './fakes/runs.js';
import { ScriptedAgent } from './fakes/scripted-agent.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';

const TEAMS = [1, 2, 3, 4, 5, 6, 7, 8];
const MONTE_CARLO = [MAREINFORCE, MAGRPO, MARLOO, MAREMAX] as const;
const ONE_STEP = { maxSteps: 1, evalInterval: 0, checkpointEvery: 0 };

const teamOf = (n: number) => Array.from({ length: n }, () => new SoftmaxAgent());
const play = (
  algorithm: AlgorithmOptions,
  n: number,
  environment: Environment = randomGame({ numAgents: n }),
) => lessonOf({ algorithm, environment, agents: teamOf(n) });

describe.each(TEAMS)('a team of %i', (n) => {
  it('mean-mode advantages of a node sum to 0; leave-one-out is G/(G-1) times as much; max is never positive', async () => {
    const [mean, rloo, max] = await Promise.all([MAGRPO, MARLOO, MAREMAX].map((one) => play(one, n)));
    const G = MAGRPO.numGenerations;
    for (let agent = 0; agent < n; agent++) {
      for (const { policy } of mean?.units ?? [])
        expect(policy[agent]?.reduce((sum, { advantage }) => sum + (advantage as number), 0)).toBeCloseTo(
          0,
          12,
        );
      const scaled = advantagesOf(mean as Lesson, agent).map((value) => (value * G) / (G - 1));
      expectClose(advantagesOf(rloo as Lesson, agent), scaled);
      for (const { policy } of max?.units ?? [])
        expect(Math.max(...(policy[agent] ?? []).map(({ advantage }) => advantage as number))).toBe(0);
    }
  });

  it('two normalised advantages of a node are plus and minus one', async () => {
    const algorithm = { ...MAGRPO, numGenerations: 2, advantageNormalization: 'node' } as const;
    const { units } = await play(algorithm, n);
    for (const { policy } of units) {
      for (const own of policy) {
        const pair = own.map(({ advantage }) => advantage as number).sort((a, b) => a - b);
        // Both took the same joint action: nothing to tell them apart by.
        if (pair[1] === 0) expect(pair).toEqual([0, 0]);
        else
          expect([pair[0]?.toFixed(12), pair[1]?.toFixed(12)]).toEqual(['-1.000000000000', '1.000000000000']);
      }
    }
    expect(units.some(({ policy }) => policy[0]?.[0]?.advantage !== 0)).toBe(true);
  });

  it('GAE ends: TD errors at λ = 0, return minus value at λ = 1', async () => {
    const td = await play({ ...CC, gaeLambda: 0, discount: 0.9 }, n);
    const monteCarlo = await play({ ...CC, gaeLambda: 1, discount: 0.9 }, n);
    for (const [episode, credits] of td.credits) {
      episode.transitions.forEach(({ result }, t) => {
        const { value = Number.NaN, advantages } = credits[t] ?? {};
        const next = credits[t + 1]?.value ?? 0;
        expect(advantages?.[0]).toBeCloseTo(result.processedReward + 0.9 * next - value, 12);
      });
    }
    for (const [episode, credits] of monteCarlo.credits) {
      const returns = agentEpisodeReturns(episode, 0.9, 0);
      credits.forEach(({ value, advantages }, t) => {
        expect(advantages?.[0]).toBeCloseTo((returns[t] as number) - (value as number), 12);
      });
    }
  });

  it('as many critic steps as for any other team (D1)', async () => {
    for (const method of [CC, DC]) {
      const algorithm = { ...method, trainBatchSize: 4, updateEpochs: 2, policyLoss: 'ppo' } as const;
      const { critics } = await fakeRun({ algorithm, environment: matrixGame(n), options: ONE_STEP });
      expect(critics).toHaveLength(method === CC ? 1 : n);
      // 3 items x 2 trajectories x 2 turns = 12 joint transitions: 3 minibatches in each of 2 epochs.
      for (const critic of critics)
        expect(critic.fitCalls.map((batch) => batch.length)).toEqual([4, 4, 4, 4, 4, 4]);
    }
  });

  it.each(['none', 'turn', 'batch'] as const)(
    'CC: one advantage for every agent, normalised %s',
    async (mode) => {
      for (const gaeLambda of [0, 0.5]) {
        const lesson = await play({ ...CC, gaeLambda, advantageNormalization: mode, advantageClip: 1 }, n);
        const [first, ...others] = Array.from({ length: n }, (_, agent) => advantagesOf(lesson, agent));
        expect(new Set(first).size).toBeGreaterThan(1);
        for (const other of others) expect(other).toEqual(first);
      }
    },
  );

  it.each(['turn', 'batch'] as const)(
    'CC, normalised %s: a joint transition counts once, not once an agent',
    async (mode) => {
      const plain = await play(CC, n);
      const normalised = await play({ ...CC, advantageNormalization: mode }, n);
      const groups = plain.units.map(({ turn }) => (mode === 'turn' ? turn : 0));
      const wanted = normaliseWithin(advantagesOf(plain, 0), groups);
      expect(wanted).toHaveLength(plain.units.length);
      for (let agent = 0; agent < n; agent++) expectClose(advantagesOf(normalised, agent), wanted);
    },
  );

  it.each(['node', 'turn', 'batch'] as const)(
    'Monte Carlo, normalised %s: every agent by itself',
    async (mode) => {
      const plain = await play(MAREINFORCE, n);
      const normalised = await play({ ...MAREINFORCE, advantageNormalization: mode }, n);
      const groups = plain.units.flatMap(({ turn, policy }, node) =>
        (policy[0] ?? []).map(() => ({ node, turn, batch: 0 })[mode]),
      );
      for (let agent = 0; agent < n; agent++)
        expectClose(advantagesOf(normalised, agent), normaliseWithin(advantagesOf(plain, agent), groups));
    },
  );

  it('two lessons with one seed are the same to the bit', async () => {
    for (const algorithm of [CC, DC, ...MONTE_CARLO]) {
      const [first, second] = [await play(algorithm, n), await play(algorithm, n)];
      expect(second.units).toEqual(first.units);
    }
  });
});

describe('one agent', () => {
  const environment = matrixGame(1);
  it('CC = DC = AC, to the bit', async () => {
    for (const over of [
      {},
      { gaeLambda: 0.5, advantageNormalization: 'batch' },
      { criticType: 'q' },
    ] as const) {
      const runs = [CC, DC, AC].map((method) => fakeRun({ algorithm: { ...method, ...over }, environment }));
      const [joint, local, single] = await Promise.all(runs);
      expect(local?.weights).toBe(joint?.weights);
      expect(single?.weights).toBe(joint?.weights);
    }
  });

  it('MAGRPO = GRPO, to the bit', async () => {
    const magrpo = await fakeRun({ algorithm: MAGRPO, environment });
    expect((await fakeRun({ algorithm: GRPO, environment })).weights).toBe(magrpo.weights);
  });

  it.each([...MONTE_CARLO, GRPO])('$name: aligned = cross, to the bit', async (algorithm) => {
    const aligned = await fakeRun({ algorithm, environment });
    const cross = await fakeRun({ algorithm: { ...algorithm, jointMode: 'cross' }, environment });
    expect(cross.weights).toBe(aligned.weights);
    expect(aligned.agents[0]?.updateCalls.length).toBeGreaterThan(0);
  });
});

describe('early stop', () => {
  const stopping = (numAgents: number) =>
    randomGame({ numAgents, numTurns: 3, earlyTerminationThreshold: 0.2 });

  it.each(TEAMS)('never bootstraps; a horizon cut does when told to (%i agents)', async (n) => {
    for (const [method, gaeLambda] of [
      [CC, 0],
      [CC, 1],
      [DC, 0],
      [DC, 1],
    ] as const) {
      const algorithm = { ...method, gaeLambda, bootstrapOnHorizon: true, numGenerations: 8 };
      const { credits } = await play(algorithm, n, stopping(n));
      const ends = new Set<string | null>();
      for (const [{ transitions }, own] of credits) {
        const last = transitions.length - 1;
        const { end, result } = transitions[last] as (typeof transitions)[number];
        ends.add(end);
        // The critic has an opinion of every history, that after the end included.
        if (end === 'early') expect(own[last]?.target).toBe(result.processedReward);
        else expect(own[last]?.target).not.toBe(result.processedReward);
      }
      expect(ends).toEqual(new Set(['early', 'horizon']));
    }
  });

  it.each(MONTE_CARLO)('$name: what stopped has its reward as return', async (algorithm) => {
    const { episodes } = await play({ ...algorithm, numGenerations: 2 }, 2, stopping(2));
    let stopped = 0;
    for (const episode of episodes) {
      const returns = agentEpisodeReturns(episode, 1, 0);
      episode.transitions.forEach(({ end, result }, index) => {
        if (end !== 'early') return;
        stopped += 1;
        expect(returns[index]).toBe(result.processedReward);
        expect(episode.transitions.some(({ parent }) => parent === index)).toBe(false);
      });
    }
    expect(stopped).toBeGreaterThan(0);
  });
});

describe('permuting the agents permutes what each of them learns', () => {
  /** `order[position]`: the role that is played there; every role answers as it always does. */
  async function learned(algorithm: AlgorithmOptions, order: readonly number[]): Promise<string[][]> {
    const game = randomGame({ numAgents: order.length });
    const agents = order.map((role) => {
      const agent = new ScriptedAgent();
      agent.script = ({ episode, turn, sample }) => seededHash(role, 'items', episode, turn, sample % 2) % 2;
      return agent;
    });
    const environment: RandomGame = {
      ...game,
      observe: (state) => {
        const seen = game.observe(state);
        return order.map((role) => seen[role] as Observation);
      },
      step: (state, responses) =>
        game.step(
          state,
          order.map((_, role) => responses[order.indexOf(role)] as string),
        ),
    };
    const lesson = await lessonOf({ algorithm, environment, agents });
    // By role. Sums over teammates are in another order, and so are the branches of a cross node.
    return order.map((_, role) =>
      samplesOf(lesson, order.indexOf(role))
        .map(({ promptTokens, tokens, advantage, weight }) => {
          const rounded = Array.from(typeof advantage === 'number' ? [advantage] : advantage, (value) =>
            (value + 0).toFixed(6),
          );
          return `${String.fromCharCode(...promptTokens)}: ${tokens} ${rounded} ${weight}`;
        })
        .sort(),
    );
  }

  const two = { numGenerations: 2 } as const;
  const cases: readonly (readonly [string, AlgorithmOptions])[] = [
    ...[CC, DC].flatMap((method): (readonly [string, AlgorithmOptions])[] => [
      [method.name, { ...method, gaeLambda: 0.5, advantageNormalization: 'batch' }],
      [`${method.name} with tokens`, { ...method, valueLevel: 'token' }],
      ...(['v', 'mean', 'loo', 'counterfactual'] as const).map(
        (qBaseline) =>
          [
            `${method.name} with Q less ${qBaseline}`,
            { ...method, criticType: 'q', qBaseline, baselineSamples: 2 },
          ] as const,
      ),
    ]),
    ...MONTE_CARLO.flatMap((method): (readonly [string, AlgorithmOptions])[] => [
      [`${method.name} aligned`, { ...method, ...two }],
      [`${method.name} cross`, { ...method, ...two, jointMode: 'cross' }],
    ]),
    ['maremax greedy', { ...MAREMAX, ...two, maxSource: 'greedy' }],
  ];
  it.each(cases)('%s', async (_, algorithm) => {
    const [first, ...others] = await learned(algorithm, [0, 1, 2]);
    expect(await learned(algorithm, [2, 0, 1])).toEqual([first, ...others]);
    expect(new Set([first, ...others].map(String)).size).toBe(3);
  });
});
