import type { TrainerOptions } from '../config.js';

/**
 * What the learning rates are multiplied with in a step: a linear rise over the first `warmupSteps`, times a decay
 * over the run: none, linear, or half a cosine. Never 0, so that no step is in vain.
 *
 * @param step finished steps
 * @param progress share of the run that is done, in [0, 1)
 */
export function learningRateFactor(
  { lrSchedule, warmupSteps }: Pick<TrainerOptions, 'lrSchedule' | 'warmupSteps'>,
  step: number,
  progress: number,
): number {
  const rise = warmupSteps === 0 ? 1 : Math.min(1, (step + 1) / warmupSteps);
  const decay = {
    constant: 1,
    linear: 1 - progress,
    cosine: (1 + Math.cos(Math.PI * progress)) / 2,
  }[lrSchedule];
  return rise * decay;
}
