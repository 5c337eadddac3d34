/** How much a run had to play until its evaluations reached `train.target_return`. */
import type { Config } from '../config/schema.js';
import { formatNumber } from '../format.js';
import type { MetricsRecord } from '../run-store/records.js';

/** A sentence; null when the run has no target. */
export function targetText({ train }: Config, metrics: readonly MetricsRecord[]): string | null {
  if (train.target_return === null) return null;
  const reached = metrics.findLast((record) => record.kind === 'eval')?.metrics['eval/env_steps_to_target'];
  const target = `A return of ${formatNumber(train.target_return)}`;
  return reached === undefined
    ? `${target} has not been reached in an evaluation.`
    : `${target} was reached after ${reached} environment steps.`;
}
