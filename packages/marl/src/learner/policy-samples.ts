import type { LessonRun } from '../algorithms/algorithm.js';
import type { CommonAlgorithmOptions } from '../config.js';
import { klEstimate, klToGo } from '../credit/kl.js';
import type { ResponseAdvantage } from '../credit/normalisation.js';
import { assertFinite } from '../errors.js';
import type { HeadTarget, PolicySample, Response } from '../messages.js';
import { sideBySide } from '../side-by-side.js';
import { scoringTemperature } from './reference-faults.js';

/** Log-probs of responses under the reference policies; empty where the KL mode needs none. */
export type References = ReadonlyMap<Response, Float32Array>;

/**
 * Asks every agent's reference for the responses that the agent gave, in one batch each.
 *
 * @param responses `responses[agent]`
 */
export async function referencesFor(
  run: LessonRun,
  responses: readonly (readonly Response[])[],
  options: CommonAlgorithmOptions,
): Promise<References> {
  const { klMode } = options;
  const references = new Map<Response, Float32Array>();
  if (klMode === 'off' || klMode === 'lossExact') return references;
  await run.phase('reference', () =>
    sideBySide(
      run.agents.map((agent, index) => async () => {
        const own = responses[index] as readonly Response[];
        if (own.length === 0) return;
        const logProbs = await agent.logProbs(own, 'reference', scoringTemperature(run.sampling, options));
        own.forEach((response, k) => {
          references.set(response, logProbs[k] as Float32Array);
        });
      }),
    ),
  );
  return references;
}

/** Estimate of a response's KL to the reference (P13). */
export function klOf(response: Response, references: References, estimator: 'k1' | 'k3'): number {
  return klEstimate(estimator, response.logProbs, references.get(response) as Float32Array);
}

/** Where a sample comes from, and what it counts for. */
export interface SamplePlace {
  readonly agent: number;
  readonly turn: number;
  readonly itemId: string;
  /** See `PolicySample.weight`. */
  readonly weight: number;
}

/**
 * A response and its advantage as a training sample. With `klMode: 'rewardK1'` the agent's own divergence is taken off
 * its advantage here, after normalisation: the critic never sees it (D7).
 *
 * @throws NonFiniteError for an advantage that is not finite
 */
export function policySample(
  response: Response,
  advantage: ResponseAdvantage,
  place: SamplePlace,
  references: References,
  { klMode, klCoef }: CommonAlgorithmOptions,
  value?: HeadTarget,
): PolicySample {
  const { promptTokens, tokens, logProbs, behaviourLogProbs } = response;
  const reference = references.get(response);
  let own = advantage;
  if (klMode === 'rewardK1' && reference !== undefined) {
    if (typeof own === 'number') own -= klCoef * klOf(response, references, 'k1');
    else {
      const toGo = klToGo(logProbs, reference);
      own = own.map((each, k) => each - klCoef * (toGo[k] as number));
    }
  }
  const { agent, turn, itemId, weight } = place;
  assertFinite('advantage', typeof own === 'number' ? [own] : own, agent, turn, itemId);
  return {
    promptTokens,
    tokens,
    oldLogProbs: logProbs,
    behaviourLogProbs,
    ...(klMode === 'lossK3' && reference !== undefined ? { referenceLogProbs: reference } : {}),
    advantage: own,
    weight,
    ...(value === undefined ? {} : { value }),
    itemId,
    turn,
  };
}
