/** A team of fakes whose members have workers of their own, as far as anybody can tell, and lose them. */
import { type Agent, type Critic, WorkerLostError } from '@collm/marl';
import type { TeamFactory } from '../src/team.js';
import { fakeTeam } from './fake-team.js';

export interface LosingOptions {
  /** Whether the worker that gets the `call`-th call of all, from 1, dies of it. */
  readonly dies: (call: number, name: string) => boolean;
  /** Whether the `time`-th opening of lost workers, from 1, fails with another loss. */
  readonly revivingFails?: (time: number) => boolean;
  /** Counts the calls. */
  readonly onCall?: (name: string) => void;
}

const calls = ['act', 'update', 'logProbs', 'values', 'fit', 'save', 'load'];
const how = 'its process was killed by SIGKILL';

export function losingTeam({ dies, revivingFails, onCall }: LosingOptions): TeamFactory {
  return async (config, environment, purpose) => {
    const make = () => fakeTeam()(config, environment, purpose);
    const members: Hosted<Agent | Critic>[] = [];
    let count = 0;
    const onEvery = (name: string) => {
      onCall?.(name);
      count += 1;
      return dies(count, name);
    };
    const host = <M extends Agent | Critic>(member: M, name: string): M => {
      const hosted = new Hosted(member, name, onEvery);
      members.push(hosted);
      return hosted.outside as M;
    };
    const first = await make();
    const agents = first.agents.map((agent, role) => host(agent, `agent-${role}`));
    const critics = first.critics.map((critic) => host(critic, 'critic'));
    let times = 0;
    const revive = async () => {
      times += 1;
      if (revivingFails?.(times)) throw new WorkerLostError('agent-0', how);
      const fresh = await make();
      for (const [index, member] of members.entries())
        member.revive([...fresh.agents, ...fresh.critics][index] as Agent | Critic);
    };
    return { ...first, agents, critics, revive };
  };
}

/** A member behind a worker that can die. */
class Hosted<M extends object> {
  readonly outside: M;
  #lost = false;

  constructor(
    private inside: M,
    private readonly name: string,
    private readonly dies: (call: string) => boolean,
  ) {
    this.outside = new Proxy(inside, {
      get: (_, property) => {
        const own = Reflect.get(this.inside, property);
        if (typeof own !== 'function') return own;
        if (!calls.includes(String(property))) return own.bind(this.inside);
        return async (...given: unknown[]) => {
          if (!this.#lost) this.#lost = this.dies(String(property));
          if (this.#lost) throw new WorkerLostError(this.name, how);
          return own.apply(this.inside, given);
        };
      },
    });
  }

  revive(fresh: M): void {
    if (this.#lost) this.inside = fresh;
    this.#lost = false;
  }
}
