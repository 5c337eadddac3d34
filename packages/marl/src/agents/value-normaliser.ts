import { ModelError } from '@collm/lm';

/** How targets are normalised; see `ValueNormaliser`. */
export type ValueNorm = 'none' | 'running' | 'popart';

/** The statistics forget: no more than so many past targets count. */
const MEMORY = 10_000;
/** Targets that hardly vary are not blown up to variance 1. */
const SMALLEST_STD = 1e-2;

/** All that a normaliser knows. */
export interface TargetStatistics {
  /** Targets that count, at most `MEMORY`. */
  readonly count: number;
  readonly mean: number;
  /** Population variance. */
  readonly variance: number;
}

/**
 * Running mean and variance of regression targets. The value function learns targets of mean 0 and variance 1 whatever
 * the scale of the rewards; values leave it in the targets' units.
 *
 * A batch of m targets enters with weight m / n, n being the number of targets that count, m included. n grows with
 * the targets seen up to 10,000 and stays there: before that the statistics are those of all targets, after it an
 * exponential average. The start, mean 0 and variance 1, counts as one target, so that the first few do not make up the
 * scale alone. (van Hasselt et al. 2016, "Learning values across many orders of magnitude"; Yu et al. 2022,
 * "The surprising effectiveness of PPO in cooperative multi-agent games".)
 *
 * With mode `none` it changes no number.
 */
export class ValueNormaliser {
  private statistics: TargetStatistics = { count: 1, mean: 0, variance: 1 };

  constructor(readonly mode: ValueNorm) {}

  get mean(): number {
    return this.statistics.mean;
  }

  get std(): number {
    return Math.max(Math.sqrt(this.statistics.variance), SMALLEST_STD);
  }

  normalise(value: number): number {
    return this.mode === 'none' ? value : (value - this.mean) / this.std;
  }

  denormalise(value: number): number {
    return this.mode === 'none' ? value : value * this.std + this.mean;
  }

  /** Takes targets into the statistics. */
  observe(targets: readonly number[]): void {
    if (this.mode === 'none' || targets.length === 0) return;
    const { count, mean, variance } = this.statistics;
    const total = Math.min(count + targets.length, MEMORY);
    const share = Math.min(targets.length / total, 1);
    const batchMean = targets.reduce((sum, target) => sum + target, 0) / targets.length;
    const batchVariance =
      targets.reduce((sum, target) => sum + (target - batchMean) ** 2, 0) / targets.length;
    const shift = batchMean - mean;
    this.statistics = {
      count: total,
      mean: mean + share * shift,
      // Of the mixture of both; what lies between their means is a part of it.
      variance: (1 - share) * variance + share * batchVariance + share * (1 - share) * shift * shift,
    };
  }

  state(): TargetStatistics {
    return this.statistics;
  }

  /** @throws ModelError when that is no state. */
  restore(state: unknown): void {
    const { count, mean, variance } = (state ?? {}) as Partial<Record<keyof TargetStatistics, unknown>>;
    if (![count, mean, variance].every(Number.isFinite))
      throw new ModelError(
        `statistics of value targets must be finite numbers, not ${JSON.stringify(state)}.`,
      );
    this.statistics = { count, mean, variance } as TargetStatistics;
  }
}
