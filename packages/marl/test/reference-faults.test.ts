/** Faults of the reference (learner/reference-faults.ts) against its formulas, written out here, in tabular teams. */
import { describe, expect, it, vi } from 'vitest';
import { klEstimate } from '../src/credit/kl.js';
import type { AlgorithmOptions, PolicySample, Sampling, ValueQuery, ValueSample } from '../src/index.js';
import {
  asTrained,
  paddedGroups,
  scoredAsReference,
  scoringTemperature,
} from '../src/learner/reference-faults.js';
import { expectClose } from './arbitraries.js';
import { advantagesOf, lessonRun, OpinionatedCritic, play } from './fakes/lessons.js';
import { matrixGame } from './fakes/matrix-game.js';
import { CC, DC, fakeRun, MAGRPO } from './fakes/runs.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';
import { historyKey } from './fakes/table-critic.js';

const withFaults = <Options extends AlgorithmOptions>(
  options: Options,
  ...referenceFaults: AlgorithmOptions['referenceFaults'][number][]
): Options => ({ ...options, referenceFaults });

describe('D1: the critic is stepped inside every agent’s update', () => {
  const ONE_STEP = { maxSteps: 1, evalInterval: 0, checkpointEvery: 0 };
  const run = () =>
    fakeRun({
      algorithm: withFaults({ ...CC, trainBatchSize: 4 }, 'D1'),
      environment: matrixGame(3),
      options: ONE_STEP,
    });
  const placeOf = (sample: PolicySample | ValueSample) =>
    `${sample.itemId} ${'turn' in sample ? sample.turn : sample.query.history.turn}`;

  it('agent after agent: its own steps, then those of the critic on the same minibatches', async () => {
    const { agents, critics, events } = await run();
    const phases = events.flatMap((event) =>
      event.type === 'phase-started' && event.phase.startsWith('update') ? [event.agent ?? event.phase] : [],
    );
    expect(phases).toEqual([0, 'update-critic', 1, 'update-critic', 2, 'update-critic']);
    const fits = critics[0]?.fitCalls ?? [];
    expect(fits).toHaveLength(9);
    const orders = agents.map(({ updateCalls }, agent) => {
      expect(updateCalls.map((batch) => batch.map(placeOf))).toEqual(
        fits.slice(3 * agent, 3 * agent + 3).map((batch) => batch.map(placeOf)),
      );
      return updateCalls.flat().map(placeOf);
    });
    // Everybody goes through all 12 transitions once, in an order of its own.
    for (const order of orders) expect([...order].sort()).toEqual([...(orders[0] as string[])].sort());
    expect(new Set(orders.map(String)).size).toBe(3);
    const metrics = events.findLast((event) => event.type === 'step-finished')?.metrics ?? {};
    expect(metrics['critic/updates']).toBe(9);
    expect(metrics['agent_3/updates']).toBe(3);
    expect(metrics).toHaveProperty('critic/value_mean', 0);
  });

  it('n passes on the targets of the rollout: V ← V - η ∇ c · mean (target - V)², for every agent again', async () => {
    const { critics } = await run();
    const plain = await fakeRun({ algorithm: CC, environment: matrixGame(3), options: ONE_STEP });
    const once = plain.critics[0]?.fitCalls[0] ?? [];
    const targetsOf = (samples: readonly ValueSample[]) =>
      samples.map((sample) => `${placeOf(sample)}: ${sample.targets}`).sort();
    const fits = critics[0]?.fitCalls ?? [];
    const values = new Map<string, number>();
    for (let agent = 0; agent < 3; agent++) {
      const own = fits.slice(3 * agent, 3 * agent + 3);
      expect(targetsOf(own.flat())).toEqual(targetsOf(once));
      for (const batch of own) {
        const steps = batch.map(({ query, targets: [target = 0] }) => {
          const key = historyKey(query.history);
          return [key, (2 * CC.valueLossCoef * (target - (values.get(key) ?? 0))) / batch.length] as const;
        });
        for (const [key, step] of steps) values.set(key, (values.get(key) ?? 0) + step);
      }
    }
    const learned = new Map<string, number>(JSON.parse(critics[0]?.weights() as string));
    expect([...learned.keys()].sort()).toEqual([...values.keys()].sort());
    for (const [key, value] of values) expect(learned.get(key)).toBeCloseTo(value, 12);
  });

  it('every agent’s update has that agent’s targets: with k3 off its reward they conflict (D7)', async () => {
    const plain = await play(CC);
    const shaped = await play(withFaults({ ...CC, klMode: 'rewardK3', klCoef: 0.3 }, 'D1'));
    const targets = shaped.units.map(({ policy, regression }, unit) =>
      policy.map(([sample], agent) => {
        const { oldLogProbs, advantage } = sample as PolicySample;
        const before = plain.units[unit]?.regression[0]?.[0] as ValueSample;
        const [learned] = regression[agent] as [ValueSample];
        const k3 = klEstimate('k3', oldLogProbs, Float32Array.of(Math.log(0.5)));
        const target = learned.targets[0] as number;
        expect(target).toBeCloseTo((before.targets[0] as number) - 0.3 * k3, 12);
        expect(learned.query).toEqual(before.query);
        expect(advantage).toBeCloseTo(target - (learned.oldValues[0] as number), 12);
        return target;
      }),
    );
    expect(targets.some(([one, two]) => one !== two)).toBe(true);
  });

  it('and the critic learns agent i’s targets in agent i’s update', async () => {
    const { agents, critics } = await fakeRun({
      algorithm: withFaults({ ...CC, klMode: 'rewardK3', klCoef: 2, trainBatchSize: 4 }, 'D1'),
      options: { ...ONE_STEP, maxSteps: 3 },
    });
    // The third step: policies differ from their references by then. 12 transitions, three minibatches an agent.
    const fits = critics[0]?.fitCalls.slice(12) ?? [];
    expect(fits).toHaveLength(6);
    const targets = agents.map(({ updateCalls }, agent) =>
      updateCalls.slice(6).flatMap((batch, k) =>
        batch.map((sample, position) => {
          const fitted = fits[3 * agent + k]?.[position] as ValueSample;
          const [target = Number.NaN] = fitted.targets;
          expect(sample.advantage).toBeCloseTo(target - (fitted.oldValues[0] as number), 12);
          return target;
        }),
      ),
    );
    expect([...(targets[0] ?? [])].sort()).not.toEqual([...(targets[1] ?? [])].sort());
  });

  it('with the team’s reward alone agents have the advantages that they have without it', async () => {
    const options = { ...CC, advantageNormalization: 'turn' } as const;
    for (const agent of [0, 1])
      expectClose(
        advantagesOf(await play(withFaults(options, 'D1')), agent),
        advantagesOf(await play(options), agent),
      );
  });
});

describe('D2: the advantage of Q is its own TD error', () => {
  it.each([CC, DC, { ...DC, useSeparateCritic: false }])(
    '$name, separate critic $useSeparateCritic: r + γ Q(h’, a’) - Q(h, a)',
    async (method) => {
      const options = { ...method, criticType: 'q', discount: 0.8 } as const;
      const { units } = await play(withFaults(options, 'D2'));
      const critic = new OpinionatedCritic();
      const hasHead = units[0]?.regression.length === 0;
      for (const [index, { episode, turn, policy, regression }] of units.entries()) {
        const next = units.find((one) => one.episode === episode && one.turn === turn + 1);
        const reward = episode.transitions.find((one) => one.turn === turn)?.result.processedReward as number;
        for (const [agent, [sample]] of policy.entries()) {
          // A head of a new agent says 0 of everything.
          const at = method.name === 'collm_cc' ? 0 : agent;
          const worth = async (unit: typeof next) =>
            unit === undefined || hasHead
              ? 0
              : ((await critic.values([unit.regression[at]?.[0]?.query as ValueQuery]))[0]?.[0] as number);
          const target = reward + 0.8 * (await worth(next));
          expect(sample?.advantage).toBeCloseTo(target - (await worth(units[index])), 12);
          const learned = hasHead ? sample?.value : regression[at]?.[0];
          expect(learned?.targets[0]).toBeCloseTo(target, 12);
          // Nothing but Q is learned: there is no baseline.
          if (!hasHead) expect(regression[at]?.map(({ query }) => query.read)).toEqual(['action']);
        }
      }
    },
  );
});

describe('D3: padding', () => {
  it('is asked of agents, and those that have none are told', async () => {
    await expect(play(withFaults(MAGRPO, 'D3'))).rejects.toThrow(
      /agent-0 does not say which token it pads with.*leave D3 out/,
    );
  });
});

describe('D5: log-probs at temperature 1', () => {
  it.each([
    [[], 0.5],
    [['D5'], 1],
  ] as const)('with %j: losses, references, ratios and drift at %s', async (referenceFaults, temperature) => {
    const asked = vi.spyOn(SoftmaxAgent.prototype, 'logProbs');
    const { agents } = await fakeRun({
      algorithm: { ...CC, klMode: 'lossK3', updateOrder: 'sequential', referenceFaults },
      options: {
        maxSteps: 1,
        evalInterval: 0,
        checkpointEvery: 0,
        sampling: { temperature: 0.5, topK: null, topP: 1, maxNewTokens: 1 },
        diagnostics: { interval: 1, items: 2, rollouts: 2 },
      },
    });
    const temperatures = [
      ...asked.mock.calls.map(([, , at]) => at),
      ...agents.flatMap(({ updateSettings }) => updateSettings.map((settings) => settings.temperature)),
    ];
    asked.mockRestore();
    expect(new Set(temperatures)).toEqual(new Set([temperature]));
    expect(temperatures.length).toBeGreaterThan(8);
  });
});

describe('without a fault', () => {
  it('nothing is asked, made or changed', async () => {
    const { episodes, units } = await play(MAGRPO);
    const sampling: Sampling = { temperature: 0.5, topK: null, topP: 1, maxNewTokens: 1, greedy: false };
    const nobody = lessonRun({ environment: matrixGame(), agents: [], critics: [], seed: 1 }, () => []);
    const run = { ...nobody, sampling };
    expect(await scoredAsReference(run, episodes, MAGRPO)).toBe(episodes);
    expect(await paddedGroups(run, episodes[0]?.nodes ?? [], MAGRPO)).toEqual(new Map());
    const sample = units[0]?.policy[0]?.[0] as PolicySample;
    expect(asTrained(sample, undefined)).toBe(sample);
    expect(scoringTemperature(sampling, MAGRPO)).toBe(0.5);
  });
});
