import { mean, standardError } from '../credit/statistics.js';
import type { Estimate, EvaluatedEpisode } from '../evaluation/evaluate.js';

const sizes = [1, 3, 5, 10] as const;

/**
 * Chance that at least one of k completions is correct, estimated without bias from n of which m are: the share of
 * k-subsets that hold a correct one, 1 - C(n - m, k) / C(n, k) (coding spec 14). With n < k: 1 if any is correct.
 */
export function passAtK(n: number, m: number, k: number): number {
  if (n < k) return m > 0 ? 1 : 0;
  let allWrong = 1;
  for (let drawn = 0; drawn < k; drawn++) allWrong *= Math.max(n - m - drawn, 0) / (n - drawn);
  return 1 - allWrong;
}

/**
 * `pass@k` for k = 1, 3, 5, 10 as far as there are so many episodes per item, where the environment gives a metric
 * `correct` (above 0: yes). Items count alike: mean and standard error are over their estimates.
 *
 * @param generations episodes per item; an item whose episodes failed in part has fewer
 */
export function passRates(
  episodes: readonly Pick<EvaluatedEpisode, 'itemId' | 'figures'>[],
  generations: number,
): Record<string, Estimate> {
  const verdicts = new Map<string, boolean[]>();
  for (const { itemId, figures } of episodes) {
    const { correct } = figures;
    if (correct === undefined) continue;
    verdicts.set(itemId, [...(verdicts.get(itemId) ?? []), correct > 0]);
  }
  if (verdicts.size === 0) return {};
  return Object.fromEntries(
    sizes
      .filter((k) => k <= generations)
      .map((k) => {
        const rates = [...verdicts.values()].map((own) => passAtK(own.length, own.filter(Boolean).length, k));
        return [
          `pass@${k}`,
          { mean: mean(rates), standardError: standardError(rates), count: rates.length },
        ] as const;
      }),
  );
}
