/** Where the members of a team live, and with how many threads of libtorch. */
import { agentHomes, criticHomes, type Home } from './config/rules/placement.js';
import type { Config } from './config/schema.js';
import type { TeamPurpose } from './team.js';

/** A member's home with its number of threads, >= 1. */
export type Residence = Pick<Home, 'placement'> & { readonly threads: number };

export interface Residences {
  /** One per model of the agents. */
  readonly agents: readonly Residence[];
  readonly critics: readonly Residence[];
  /** Threads of the inline members, which live in one thread together; null without any. */
  readonly inline: number | null;
}

/** @param available threads that libtorch takes by itself */
export function residencesOf(config: Config, purpose: TeamPurpose, available: number): Residences {
  const agents = settle(agentHomes(config), available);
  const critics = purpose === 'training' ? settle(criticHomes(config), available) : [];
  const inline = [...agents, ...critics].filter(({ placement }) => placement === 'inline');
  return {
    agents,
    critics,
    inline: inline.length === 0 ? null : Math.min(...inline.map(({ threads }) => threads)),
  };
}

/** Agents work side by side, and so do critics; agents and critics take turns. */
function settle(homes: readonly Home[], available: number): Residence[] {
  const workers = homes.filter(({ placement }) => placement !== 'inline').length;
  const places = workers + (workers < homes.length ? 1 : 0);
  const share = Math.max(1, Math.floor(available / Math.max(1, places)));
  return homes.map(({ placement, threads }) => ({ placement, threads: threads ?? share }));
}
