/**
 * Estimates of KL(policy || reference) from one response (P13), with d_k = reference_k - policy_k: k1 = -Σ d_k,
 * unbiased and of either sign; k3 = Σ (exp(d_k) - d_k - 1) >= 0.
 *
 * @param logProbs of the response's tokens under the policy that sampled it
 * @param reference of the same tokens under the reference policy
 */
export function klEstimate(
  estimator: 'k1' | 'k3',
  logProbs: ArrayLike<number>,
  reference: ArrayLike<number>,
): number {
  let sum = 0;
  for (let k = 0; k < logProbs.length; k++) {
    const d = (reference[k] as number) - (logProbs[k] as number);
    // exp(d) - 1 as one function: near d = 0 the difference would round to something below 0.
    sum += estimator === 'k1' ? -d : Math.expm1(d) - d;
  }
  return sum;
}

/**
 * k1 from each token to the end of the response: what a token can still change of it.
 *
 * @returns one number a token; the first is `klEstimate('k1')`
 */
export function klToGo(logProbs: ArrayLike<number>, reference: ArrayLike<number>): Float32Array {
  const result = new Float32Array(logProbs.length);
  let sum = 0;
  for (let k = logProbs.length - 1; k >= 0; k--) {
    sum += (logProbs[k] as number) - (reference[k] as number);
    result[k] = sum;
  }
  return result;
}
