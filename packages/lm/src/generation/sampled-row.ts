import { cat } from '@collm/torch';
import type { SampledTokens } from './sampler.js';

export interface TokenLogProb {
  token: number;
  /** log p_T over the full vocabulary. */
  logProb: number;
}

/** What was sampled for one row. */
export interface SampledRow extends TokenLogProb {
  /** log-prob under the distribution that was drawn from. */
  behaviourLogProb: number;
  /** The most probable tokens where they were asked for, the first first. */
  top?: TokenLogProb[];
}

/** Rows of each part, in one transfer, since each waits for the device. Token ids are below 2^24, so exact in f32. */
export function toHost(parts: readonly SampledTokens[]): SampledRow[][] {
  const tensors = parts.flatMap(({ tokens, logProbs, behaviourLogProbs, top }) => [
    tokens.to({ dtype: 'f32' }),
    logProbs,
    behaviourLogProbs,
    ...(top === undefined ? [] : [top.tokens.to({ dtype: 'f32' }).flatten(), top.logProbs.flatten()]),
  ]);
  const all = cat(tensors).toFloat32Array();
  let at = 0;
  const next = (count: number) => {
    at += count;
    return all.subarray(at - count, at);
  };
  return parts.map(({ tokens: { numel: rows }, top }) => {
    const [tokens, logProbs, behaviour] = [next(rows), next(rows), next(rows)];
    const count = top?.tokens.size(1) ?? 0;
    const [topTokens, topLogProbs] = [next(rows * count), next(rows * count)];
    return Array.from(tokens, (token, row) => {
      const sampled: SampledRow = {
        token,
        logProb: logProbs[row] as number,
        behaviourLogProb: behaviour[row] as number,
      };
      if (top !== undefined)
        sampled.top = Array.from({ length: count }, (_, i) => ({
          token: topTokens[row * count + i] as number,
          logProb: topLogProbs[row * count + i] as number,
        }));
      return sampled;
    });
  });
}
