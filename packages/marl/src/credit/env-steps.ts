import type { JointMode } from '../config.js';

/** Size of one full rollout tree: what it costs before any early stop (P14). */
export interface TreeCost {
  /** b: joint samples per node, G aligned or G^n cross. */
  readonly branching: number;
  readonly nodes: number;
  /** Responses of all agents together. */
  readonly responses: number;
  /** Joint samples scored. */
  readonly envSteps: number;
}

/** Counts of a full tree over `numTurns` decision turns; a chain is the case of one generation. */
export function treeCost(
  numAgents: number,
  numGenerations: number,
  numTurns: number,
  mode: JointMode,
): TreeCost {
  const branching = mode === 'aligned' ? numGenerations : numGenerations ** numAgents;
  let nodes = 0;
  for (let turn = 0; turn < numTurns; turn++) nodes += branching ** turn;
  return { branching, nodes, responses: numAgents * numGenerations * nodes, envSteps: branching * nodes };
}
