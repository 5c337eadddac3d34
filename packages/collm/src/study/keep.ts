/** Which metrics of a trial go into the records of a study. */

/** What is kept of training steps where a study file does not say: enough for curves, health and the diagnostics. */
export const defaultKeep: readonly string[] = [
  'train/return_mean',
  'train/return_std',
  'train/reward_mean',
  'train/env_steps',
  'train/tied_nodes',
  'critic*/explained_variance',
  'critic*/return_explained_variance',
  'critic*/value_loss',
  'agent_*/policy_loss',
  'agent_*/entropy',
  'agent_*/grad_norm',
  'agent_*/approx_kl',
  'agent_*/gradient_variance',
  'agent_*/gradient_mean_norm',
  'agent_*/advantage_variance',
  'agent_*/drift',
  'agent_*/others_drift',
  'agent_*/response_tokens',
  'agent_*/truncated',
];

/**
 * Whether a metric of training is kept.
 *
 * @param patterns names, in which `*` stands for any letters but "/"
 */
export function keeps(patterns: readonly string[]): (metric: string) => boolean {
  const rules = patterns.map((pattern) => {
    const words = pattern.split('*').map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${words.join('[^/]*')}$`);
  });
  const known = new Map<string, boolean>();
  return (metric) => {
    const kept = known.get(metric) ?? rules.some((rule) => rule.test(metric));
    known.set(metric, kept);
    return kept;
  };
}

/** Whether a metric of an evaluation is kept: all but standard errors, and of single turns the reward alone. */
export function keepsOfEvaluation(metric: string): boolean {
  if (!metric.startsWith('eval/') || metric.endsWith('_se')) return false;
  return !metric.startsWith('eval/turn_') || /^eval\/turn_\d+\/reward$/.test(metric);
}

const DIGITS = 6;

/** Finite values with 6 significant digits. */
export function rounded(
  metrics: Readonly<Record<string, number>>,
  kept: (metric: string) => boolean,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) =>
      kept(name) && Number.isFinite(value) ? [[name, Number(value.toPrecision(DIGITS))]] : [],
    ),
  );
}
