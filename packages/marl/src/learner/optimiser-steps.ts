import type { Progress, StepRun } from '../algorithms/algorithm.js';
import { mean } from '../credit/statistics.js';
import { type FailedUpdate, NonFiniteError } from '../errors.js';
import type { Metrics } from '../events.js';
import type { UpdateStats } from '../messages.js';

/** Unit indices of each optimiser step. */
export type Minibatches = readonly (readonly number[])[];

/** One optimiser step of a member per minibatch; those that are not finite are left out, as far as the run allows. */
export async function eachMinibatch(
  run: StepRun,
  member: string,
  minibatches: Minibatches,
  progress: Progress,
  update: (units: readonly number[]) => Promise<UpdateStats>,
): Promise<UpdateStats[]> {
  const stats: UpdateStats[] = [];
  for (const [index, units] of minibatches.entries()) {
    try {
      stats.push(await update(units));
      run.accepted(member);
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
      // The weights are as they were: leave the minibatch out, or stop.
      run.refused(member, error);
    }
    progress(index + 1, minibatches.length);
  }
  return stats;
}

/** @throws NonFiniteError when a figure of the update is not finite; the member has then left its weights alone */
export function checked(stats: UpdateStats, update: FailedUpdate): UpdateStats {
  const { kind, member, samples } = update;
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
      kind === 'policy' ? member : null,
      samples.map((sample) => ('turn' in sample ? sample.turn : sample.query.history.turn)),
      samples.map((sample) => sample.itemId),
      update,
    );
  }
  return stats;
}

/** Means over the optimiser steps, under one metric group; steps that were left out are not in them. */
export function summarise(group: string, lossName: string, stats: readonly UpdateStats[]): Metrics {
  if (stats.length === 0) return { [`${group}/updates`]: 0 };
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
