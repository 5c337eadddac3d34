import type { Algorithm, ValueSettings } from '../algorithms/algorithm.js';
import type { CommonAlgorithmOptions } from '../config.js';
import type { PolicyUpdate, Sampling, ValueUpdate } from '../messages.js';
import { scoringTemperature } from './reference-faults.js';

/** The policy loss that an algorithm's options ask for, at the temperature the data was sampled with (but for D5). */
export function policyUpdate(
  { options, value, critics }: Algorithm,
  sampling: Pick<Sampling, 'temperature'>,
  learningRateFactor: number,
  warmingUp = false,
): PolicyUpdate {
  return {
    loss: options.policyLoss,
    clipEps: options.clipEps,
    ratioLevel: options.ratioLevel,
    aggregation: options.lossAggregation,
    temperature: scoringTemperature(sampling, options),
    isCorrection: options.isCorrection,
    isCap: options.isCap,
    // While a value head warms up nothing else of its agent moves.
    kl: warmingUp ? null : klLoss(options),
    entropyCoef: warmingUp ? 0 : options.entropyCoef,
    learningRateFactor: warmingUp ? 0 : learningRateFactor,
    value:
      value === null || critics(1) > 0
        ? null
        : { ...valueUpdate(value, learningRateFactor), stopGradient: warmingUp || value.stopGradient },
  };
}

/** The value loss of critics of their own. */
export function valueUpdate(value: ValueSettings, learningRateFactor: number): ValueUpdate {
  const { valueLossCoef, valueClipRange } = value;
  return { valueLossCoef, valueClipRange, learningRateFactor };
}

function klLoss({ klMode, klCoef }: CommonAlgorithmOptions): PolicyUpdate['kl'] {
  if (klMode === 'lossK3') return { estimator: 'k3', coef: klCoef };
  return klMode === 'lossExact' ? { estimator: 'exact', coef: klCoef } : null;
}
