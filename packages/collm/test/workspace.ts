/** A temporary folder with a configuration and a model folder that only looks like one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../src/main.js';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import type { TeamFactory } from '../src/team.js';
import { fakeTeam } from './fake-team.js';

export const yaml = `
env:
  type: str_build
  prompt_style: compact
  num_turns: 2
agent_model:
  path: model
algorithm:
  name: collm_cc
  num_generations: 2
train:
  items_per_step: 4
  num_train_epochs: 100
  max_steps: 6
  temperature: 1
  top_p: 1
  eval_interval: 3
  eval_temperature: 1
  eval_generations: 3
  checkpoint_every: 2
`;

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Workspace {
  readonly dir = mkdtempSync(join(tmpdir(), 'collm-test-'));

  constructor() {
    writeFileSync(join(this.dir, 'run.yaml'), yaml);
    mkdirSync(join(this.dir, 'model'));
    writeFileSync(join(this.dir, 'model/config.json'), '{"max_position_embeddings": 512}');
    writeFileSync(join(this.dir, 'model/tokenizer.json'), '{}');
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  write(name: string, content: string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Runs the command line in this process with fake models. */
  async collm(args: readonly string[], openTeam: TeamFactory = fakeTeam()): Promise<Outcome> {
    let out = '';
    let err = '';
    const code = await main(args, {
      cwd: this.dir,
      openTeam,
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
    });
    return { code, out, err };
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Everything that a run reports, without times and attempts. */
export function content(run: string) {
  const metrics = readMetrics(run).map(({ attempt: _a, time: _t, metrics: own, ...rest }) => ({
    ...rest,
    metrics: Object.fromEntries(Object.entries(own).filter(([name]) => !name.startsWith('time/'))),
  }));
  const episodes = readEpisodes(run).map(({ attempt: _a, time: _t, ...rest }) => rest);
  return { metrics, episodes };
}
