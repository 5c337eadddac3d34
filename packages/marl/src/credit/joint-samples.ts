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
 * One return per response of `agent` from the G^n returns of a cross node (P7): the mean, or the sum as
 * in the reference, over all joint samples that contain the response. They differ by G^(n-1).
 */
export function reduceCross(
  jointReturns: readonly number[],
  agent: number,
  numAgents: number,
  numGenerations: number,
  reduce: 'mean' | 'sum',
): number[] {
  if (jointReturns.length !== numGenerations ** numAgents) {
    throw new RangeError(
      `A cross node of ${numAgents} agents with ${numGenerations} responses each has ` +
        `${numGenerations ** numAgents} joint returns, but ${jointReturns.length} were given.`,
    );
  }
  const sums = new Array<number>(numGenerations).fill(0);
  jointReturns.forEach((value, joint) => {
    const response = responseIndex(joint, agent, numAgents, numGenerations);
    sums[response] = (sums[response] as number) + value;
  });
  const share = reduce === 'mean' ? numGenerations ** (numAgents - 1) : 1;
  return sums.map((sum) => sum / share);
}

function responseIndex(joint: number, agent: number, numAgents: number, numGenerations: number): number {
  return Math.floor(joint / numGenerations ** (numAgents - 1 - agent)) % numGenerations;
}
