/** Log-ratios beyond this are cut before exp (P11). */
const LOG_RATIO_LIMIT = 20;

/**
 * The factor M of sequential updates (P16; HAPPO, Kuba et al. 2022): after an agent was updated, the advantage of a
 * joint action counts for the agents after it by how much likelier the agent has made its part.
 *
 * @param factor M so far, 1 before the first agent
 * @param newLogProbs of the agent's response after its update
 * @param oldLogProbs of the same tokens when they were sampled
 * @param range [m_min, m_max] that M is cut to
 */
export function nextFactor(
  factor: number,
  newLogProbs: ArrayLike<number>,
  oldLogProbs: ArrayLike<number>,
  range: readonly [number, number],
): number {
  let logRatio = 0;
  for (let k = 0; k < newLogProbs.length; k++)
    logRatio += (newLogProbs[k] as number) - (oldLogProbs[k] as number);
  const ratio = Math.exp(Math.max(-LOG_RATIO_LIMIT, Math.min(LOG_RATIO_LIMIT, logRatio)));
  return Math.max(range[0], Math.min(range[1], factor * ratio));
}
