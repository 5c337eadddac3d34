/**
 * A team without language models, for tests of everything around the training: agents of fake-agent.ts, and critics that
 * keep one value per turn.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Critic, UpdateStats, ValueQuery, ValueSample } from '@collm/marl';
import { hasSeparateCritics, isActorCritic } from '../src/config/schema-algorithm.js';
import type { TeamFactory } from '../src/team.js';
import { criticCount } from '../src/team-members.js';
import { FakeAgent, type FakeOptions } from './fake-agent.js';

export class FakeCritic implements Critic {
  #values: number[] = [0, 0, 0, 0];

  async values(queries: readonly ValueQuery[]): Promise<number[][]> {
    return queries.map(({ history }) => [this.#values[history.turn] as number]);
  }

  async fit(samples: readonly ValueSample[]): Promise<UpdateStats> {
    let loss = 0;
    for (const { query, targets } of samples) {
      const { turn } = query.history;
      const error = (targets[0] as number) - (this.#values[turn] as number);
      loss += error ** 2 / samples.length;
      this.#values[turn] = (this.#values[turn] as number) + (0.3 * error) / samples.length;
    }
    return { loss, gradNorm: Math.sqrt(loss), metrics: {} };
  }

  async save(dir: string): Promise<void> {
    writeFileSync(join(dir, 'values.json'), JSON.stringify(this.#values));
  }

  async load(dir: string): Promise<void> {
    this.#values = JSON.parse(readFileSync(join(dir, 'values.json'), 'utf8'));
  }

  dispose(): void {}
}

/** Makes teams of fakes. */
export function fakeTeam(options: FakeOptions = {}): TeamFactory {
  return async (config, environment, purpose = 'training') => {
    const { agent_model: model, algorithm } = config;
    const one = new FakeAgent(options);
    const agents = Array.from({ length: environment.numAgents }, () =>
      model.share ? one : new FakeAgent(options),
    );
    if (isActorCritic(algorithm) && !hasSeparateCritics(algorithm))
      for (const agent of agents) agent.giveHead();
    const critics = purpose === 'training' ? criticCount(config) : 0;
    return {
      agents,
      critics: Array.from({ length: critics }, () => new FakeCritic()),
      versions: { fake: '1' },
      dispose: async () => {},
    };
  };
}
