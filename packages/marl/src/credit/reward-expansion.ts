/** What the numbers of a reward list stand for (P2). */
export type RewardShape = 'team' | 'perSample' | 'perAgent';

/**
 * Expands a reward list to `matrix[agent][sample]` (P2). The shape may be left out when the length says
 * it all: 1 is `team`, G is `perSample`, n is `perAgent`. When n = G > 1 the length does not say, and a
 * shape is required.
 */
export function expandRewards(
  rewards: readonly number[],
  numAgents: number,
  numGenerations: number,
  shape?: RewardShape,
): number[][] {
  const resolved = shape ?? inferShape(rewards.length, numAgents, numGenerations);
  const wanted = { team: 1, perSample: numGenerations, perAgent: numAgents }[resolved];
  if (rewards.length !== wanted) {
    throw new RangeError(
      `A '${resolved}' reward for ${numAgents} agents and ${numGenerations} samples has ${wanted} numbers, ` +
        `but ${rewards.length} were given.`,
    );
  }
  const at = {
    team: () => 0,
    perSample: (_: number, sample: number) => sample,
    perAgent: (agent: number) => agent,
  };
  return Array.from({ length: numAgents }, (_, agent) =>
    Array.from({ length: numGenerations }, (_, sample) => rewards[at[resolved](agent, sample)] as number),
  );
}

function inferShape(length: number, numAgents: number, numGenerations: number): RewardShape {
  if (length === 1) return 'team';
  if (length === numGenerations && length === numAgents) {
    throw new RangeError(
      `${length} rewards for ${numAgents} agents and ${numGenerations} samples can mean one per sample or one ` +
        `per agent. Say which: 'perSample' or 'perAgent'.`,
    );
  }
  if (length === numGenerations) return 'perSample';
  if (length === numAgents) return 'perAgent';
  throw new RangeError(
    `${length} rewards fit neither the team (1), nor ${numGenerations} samples, nor ${numAgents} agents.`,
  );
}
