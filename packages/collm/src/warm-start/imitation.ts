/** Supervised learning with the agents' own update: a policy gradient in which every demonstration has advantage 1. */
import type { Tokenizer } from '@collm/lm';
import { type LmAgentOptions, type PolicySample, type PolicyUpdate, promptTokens } from '@collm/marl';
import type { Demonstration, Encode } from './demonstrations.js';

/** The optimiser of warm starts, besides its learning rate. */
export const imitationOptimiser: Omit<LmAgentOptions, 'model' | 'device' | 'learningRate'> = {
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.99,
  eps: 1e-8,
  maxGradNorm: 1,
  tokensPerMicroBatch: 8192,
  maxPromptTokens: null,
};

/**
 * The update whose loss is the mean of -log p over the tokens of the demonstrations, in nats.
 *
 * @param step from 1
 */
export function imitationUpdate(step: number, steps: number): PolicyUpdate {
  return {
    loss: 'pg',
    aggregation: 'tokenMean',
    temperature: 1,
    clipEps: 0.2,
    ratioLevel: 'token',
    isCorrection: 'off',
    isCap: 1,
    kl: null,
    entropyCoef: 0,
    learningRateFactor: schedule(step, steps),
    value: null,
  };
}

/** Linear warm-up over a twentieth, then a cosine down to a tenth. */
function schedule(step: number, steps: number): number {
  const warm = steps / 20;
  if (step < warm) return step / warm;
  return 0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - warm)) / (steps - warm)));
}

/** A demonstration as the update takes it. */
export function imitationSample(
  { history, response, agent }: Demonstration,
  tokenizer: Tokenizer,
  encode: Encode,
): PolicySample {
  const tokens = encode(response);
  const none = new Float32Array(tokens.length);
  const prompt = promptTokens(tokenizer, history, Number.POSITIVE_INFINITY).tokens;
  return {
    promptTokens: prompt,
    tokens,
    oldLogProbs: none,
    behaviourLogProbs: none,
    advantage: 1,
    weight: 1,
    itemId: `agent ${agent}`,
    turn: history.past.length,
  };
}
