import { type Agent, type Critic, type Team, WorkerLostError } from '../../src/index.js';

const calls = ['act', 'update', 'logProbs', 'values', 'fit', 'gradientSpread', 'save', 'load'];

/** A team that counts the calls of its members, and loses the worker of the one that gets the `moment`-th, from 1. */
export function losingTeam(team: Team, moment: number): Team & { readonly calls: () => number } {
  let count = 0;
  const made = new Map<Agent | Critic, Agent | Critic>();
  const losing = <M extends Agent | Critic>(member: M, name: string): M => {
    const known = made.get(member);
    if (known !== undefined) return known as M;
    let lost = false;
    const proxy = new Proxy(member, {
      get(target, property) {
        const own = Reflect.get(target, property);
        if (typeof own !== 'function') return own;
        if (!calls.includes(String(property))) return own.bind(target);
        return async (...given: unknown[]) => {
          count += 1;
          lost ||= count === moment;
          if (lost) throw new WorkerLostError(name, 'its process was killed by SIGKILL');
          return own.apply(target, given);
        };
      },
    });
    made.set(member, proxy);
    return proxy;
  };
  return {
    agents: team.agents.map((agent, role) => losing(agent, `agent-${role}`)),
    critics: team.critics.map((critic, index) => losing(critic, `critic ${index}`)),
    calls: () => count,
  };
}
