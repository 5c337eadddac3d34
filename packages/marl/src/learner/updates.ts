import type { Progress, StepRun } from '../algorithms/algorithm.js';
import type { CommonAlgorithmOptions } from '../config.js';
import { mean } from '../credit/statistics.js';
import { assertFinite, NonFiniteError } from '../errors.js';
import type { Metrics } from '../events.js';
import type {
  Critic,
  PolicySample,
  PolicyUpdate,
  Response,
  UpdateStats,
  ValueSample,
  ValueUpdate,
} from '../messages.js';
import { sideBySide } from '../side-by-side.js';

/** A response and its advantage as a training sample; refuses advantages that are not finite. */
export function policySample(
  response: Response,
  advantage: number,
  agent: number,
  turn: number,
  itemId: string,
): PolicySample {
  assertFinite('advantage', [advantage], agent, turn, itemId);
  const { promptTokens, tokens, logProbs, behaviourLogProbs } = response;
  return { promptTokens, tokens, oldLogProbs: logProbs, behaviourLogProbs, advantage, itemId, turn };
}

/** The policy loss an algorithm's options ask for, at the temperature the data was sampled with. */
export function policyUpdate(options: CommonAlgorithmOptions, temperature: number): PolicyUpdate {
  return {
    loss: options.policyLoss,
    clipEps: options.clipEps,
    ratioLevel: options.ratioLevel,
    aggregation: options.lossAggregation,
    temperature,
  };
}

/** One critic step per minibatch of joint transitions, however many agents there are (D1). */
export async function updateCritic(
  run: StepRun,
  critic: Critic,
  samples: readonly ValueSample[],
  minibatches: readonly (readonly number[])[],
  settings: ValueUpdate,
): Promise<Metrics> {
  run.commit();
  const stats = await run.phase('update-critic', (progress) =>
    eachMinibatch(minibatches, progress, async (units) => {
      const batch = units.map((unit) => samples[unit] as ValueSample);
      const turns = batch.map((sample) => sample.history.turn);
      return checked(await critic.fit(batch, settings), 'value', null, turns, batch);
    }),
  );
  return summarise('critic', 'value_loss', stats);
}

/**
 * One step of every agent per minibatch, the agents side by side.
 *
 * @param samples `samples[agent][unit]`: the agent's samples in each unit
 * @param minibatches unit indices of each optimiser step
 */
export async function updateAgents(
  run: StepRun,
  samples: readonly (readonly (readonly PolicySample[])[])[],
  minibatches: readonly (readonly number[])[],
  settings: PolicyUpdate,
): Promise<Metrics> {
  run.commit();
  const perAgent = await sideBySide(
    run.agents.map((agent, index) => () => {
      const own = samples[index] as readonly (readonly PolicySample[])[];
      return run.phase(
        'update-agent',
        (progress) =>
          eachMinibatch(minibatches, progress, async (units) => {
            const batch = units.flatMap((unit) => own[unit] as readonly PolicySample[]);
            const turns = batch.map((sample) => sample.turn);
            return checked(await agent.update(batch, settings), 'policy', index, turns, batch);
          }),
        index,
      );
    }),
  );
  return Object.assign(
    {},
    ...perAgent.map((stats, index) => summarise(`agent_${index + 1}`, 'policy_loss', stats)),
  );
}

async function eachMinibatch(
  minibatches: readonly (readonly number[])[],
  progress: Progress,
  update: (units: readonly number[]) => Promise<UpdateStats>,
): Promise<UpdateStats[]> {
  const stats: UpdateStats[] = [];
  for (const units of minibatches) {
    stats.push(await update(units));
    progress(stats.length, minibatches.length);
  }
  return stats;
}

function checked(
  stats: UpdateStats,
  kind: 'policy' | 'value',
  agent: number | null,
  turns: readonly number[],
  samples: readonly { itemId: string }[],
): UpdateStats {
  const figures = {
    [`${kind} loss`]: stats.loss,
    [`${kind} gradient norm`]: stats.gradNorm,
    ...stats.metrics,
  };
  for (const [name, value] of Object.entries(figures)) {
    if (Number.isFinite(value)) continue;
    throw new NonFiniteError(
      name,
      value,
      agent,
      turns,
      samples.map((sample) => sample.itemId),
    );
  }
  return stats;
}

/** Means over the optimiser steps, under one metric group. */
function summarise(group: string, lossName: string, stats: readonly UpdateStats[]): Metrics {
  const metrics: Record<string, number> = {
    [`${group}/${lossName}`]: mean(stats.map((one) => one.loss)),
    [`${group}/grad_norm`]: mean(stats.map((one) => one.gradNorm)),
    [`${group}/updates`]: stats.length,
  };
  for (const name of Object.keys(stats[0]?.metrics ?? {})) {
    metrics[`${group}/${name}`] = mean(stats.flatMap((one) => one.metrics[name] ?? []));
  }
  return metrics;
}
