import type { LmCriticOptions } from '../agents/lm-critic.js';
import type { Critic, UpdateStats, ValueQuery, ValueSample, ValueUpdate } from '../messages.js';
import { type Host, Hosting } from './hosting.js';
import { plainQuery, plainValueSample } from './plain-messages.js';
import type { CriticCalls } from './protocol.js';

/** An `LmCritic` that lives in a thread or a process of its own. Once that is gone, calls throw WorkerLostError. */
export class HostedCritic implements Critic {
  private constructor(private readonly hosting: Hosting<CriticCalls>) {}

  /** @throws what `LmCritic.open` throws, and WorkerLostError */
  static async open(options: LmCriticOptions, host: Host): Promise<HostedCritic> {
    return new HostedCritic(await Hosting.open<CriticCalls>(host, { kind: 'critic', options }));
  }

  values(queries: readonly ValueQuery[]): Promise<number[][]> {
    return this.hosting.call('values', queries.map(plainQuery));
  }

  fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats> {
    return this.hosting.call('fit', samples.map(plainValueSample), settings);
  }

  save(dir: string): Promise<void> {
    return this.hosting.call('save', dir);
  }

  load(dir: string): Promise<void> {
    return this.hosting.call('load', dir);
  }

  /** Opens the critic again, with the weights of its model's folder, when its worker is gone; else does nothing. */
  revive(): Promise<void> {
    return this.hosting.revive();
  }

  dispose(): Promise<void> {
    return this.hosting.end();
  }
}
