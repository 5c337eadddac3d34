import type { JointMode } from '../config.js';

/**
 * The joint samples of a node as tuples of response indices, one index per agent. `aligned` pairs
 * response g of every agent (G tuples); `cross` takes every tuple (G^n), row-major with the last
 * agent fastest. With one agent both are the same.
 */
export function jointIndices(numAgents: number, numGenerations: number, mode: JointMode): number[][] {
  const count = mode === 'aligned' ? numGenerations : numGenerations ** numAgents;
  return Array.from({ length: count }, (_, joint) =>
    Array.from({ length: numAgents }, (_, agent) =>
      mode === 'aligned' ? joint : responseIndex(joint, agent, numAgents, numGenerations),
    ),
  );
}

/**
 * One return per response of `agent` from the returns of a node's joint samples (P7): the mean, or the sum as in the
 * reference, over all joint samples that contain the response. In a full cross node they differ by G^(n-1).
 *
 * @param choices the joint samples as tuples of response indices
 * @returns one entry per response, null for one that no joint sample contains (D29)
 */
export function reduceOverTeammates(
  jointReturns: readonly number[],
  choices: readonly (readonly number[])[],
  agent: number,
  numGenerations: number,
  reduce: 'mean' | 'sum',
): (number | null)[] {
  if (jointReturns.length !== choices.length) {
    throw new RangeError(
      `A node of ${choices.length} joint samples was given ${jointReturns.length} returns; give one each.`,
    );
  }
  const sums = new Array<number>(numGenerations).fill(0);
  const counts = new Array<number>(numGenerations).fill(0);
  jointReturns.forEach((value, joint) => {
    const response = choices[joint]?.[agent] as number;
    sums[response] = (sums[response] as number) + value;
    counts[response] = (counts[response] as number) + 1;
  });
  return sums.map((sum, response) => {
    const count = counts[response] as number;
    if (count === 0) return null;
    return reduce === 'mean' ? sum / count : sum;
  });
}

function responseIndex(joint: number, agent: number, numAgents: number, numGenerations: number): number {
  return Math.floor(joint / numGenerations ** (numAgents - 1 - agent)) % numGenerations;
}
