import { mean } from './statistics.js';

/** Baseline of a group of returns at one node: none, the mean, the mean of the others, the best. */
export type AdvantageMode = 'raw' | 'mean' | 'rloo' | 'max';

/**
 * Advantages of G returns of the same joint history (P4). `raw` is MAREINFORCE, `mean` MAGRPO and
 * GRPO, `rloo` MARLOO, `max` MAREMAX. With one return, `mean` and `rloo` have nothing to compare
 * with and give 0.
 *
 * Of these, `raw` and `rloo` leave the expected policy gradient as it is; `mean`, which contains the return itself,
 * scales it by (G-1)/G; `max` biases it.
 */
export function groupAdvantages(returns: readonly number[], mode: AdvantageMode): number[] {
  if (mode === 'raw') return [...returns];
  if (mode === 'max') {
    const best = Math.max(...returns);
    return returns.map((value) => value - best);
  }
  if (returns.length <= 1) return returns.map(() => 0);
  const baseline = mean(returns);
  const scale = mode === 'rloo' ? returns.length / (returns.length - 1) : 1;
  return returns.map((value) => scale * (value - baseline));
}
