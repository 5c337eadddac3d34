/**
 * The protocols that trained teams are compared with (writing spec 9, coding spec 14): who is asked, in which order, and
 * what of the others' responses each agent is shown. Within a turn only; between turns the environment speaks.
 *
 *   raw          one model does the whole task alone
 *   parallel     all answer at once, unseen by each other
 *   pipeline     one after another; each sees what those before it answered this turn
 *   discussion   two rounds; in the second each sees what all answered in the first, and only the second is played
 *   trained      what a team was trained for: each sees the environment's own observations, as in `evaluate`
 */
import type { Environment } from '@collm/envs';
import { TeamError } from '../errors.js';

export const protocolNames = ['raw', 'parallel', 'pipeline', 'discussion', 'trained'] as const;

export type ProtocolName = (typeof protocolNames)[number];

/**
 * The environment that a protocol is played in: for `raw` the task as one model has it, else the team's.
 *
 * @throws TeamError when the task has no form for one model, or a protocol of several agents has only one
 */
export function protocolEnvironment(environment: Environment, protocol: ProtocolName): Environment {
  const { name, numAgents } = environment;
  if (protocol === 'raw') {
    if (numAgents === 1) return environment;
    if (environment.singleModel !== undefined) return environment.singleModel();
    throw new TeamError(
      `The task ${name} cannot be done by one model alone, so it has no protocol raw. Leave raw out, or give the ` +
        'environment a `singleModel()`.',
    );
  }
  if (protocol === 'trained' || numAgents > 1) return environment;
  throw new TeamError(
    `The protocol ${protocol} is for a team, but ${name} has one agent here. Set its number of agents to 2 or more.`,
  );
}
