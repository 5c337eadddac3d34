/** Run folders as a training leaves them, without a training: for measuring and testing what lists them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const figures = [
  'train/return_mean',
  'train/return_std',
  'train/score_mean',
  'train/episode_length',
  'train/failed_episodes',
  'critic/value_loss',
  'critic/explained_variance',
  'critic/gradient_norm',
  ...[1, 2].flatMap((agent) =>
    ['policy_loss', 'entropy', 'kl', 'gradient_norm', 'clip_fraction', 'response_tokens', 'truncated'].map(
      (name) => `agent_${agent}/${name}`,
    ),
  ),
  'time/rollout',
  'time/update',
  'time/step',
];

export interface SyntheticRun {
  readonly name: string;
  readonly number: number;
  /** Training steps; every tenth is evaluated. */
  readonly steps: number;
}

/** Writes a finished run. */
export function writeSyntheticRun(runsDir: string, { name, number, steps }: SyntheticRun): void {
  const dir = join(runsDir, name);
  for (const folder of ['logs', 'checkpoints']) mkdirSync(join(dir, folder), { recursive: true });
  const start = Date.UTC(2026, 0, 1) + number * 3_600_000;
  const time = (step: number) => new Date(start + step * 9_000).toISOString();
  const algorithm = ['collm_cc', 'collm_dc', 'magrpo'][number % 3] as string;
  const environment = ['str_build', 'writing'][number % 2] as string;
  const versions = { collm: '0.1.0', node: process.versions.node };
  const meta = { schema_version: 1, name, created: time(0), seed: number, algorithm, environment, versions };
  const value = (step: number, place: number) => Math.sin(number + step / 40 + place);
  const record = (kind: string, step: number, metrics: object) =>
    JSON.stringify({ kind, step, attempt: 1, time: time(step), env_steps: step * 16, metrics });
  const lines = [JSON.stringify({ kind: 'attempt', step: 0, attempt: 1, time: time(0) })];
  for (let step = 0; step <= steps; step++) {
    const trained = Object.fromEntries(figures.map((figure, place) => [figure, value(step, place)]));
    if (step > 0) lines.push(record('train', step, trained));
    if (step % 10 === 0)
      lines.push(record('eval', step, { 'eval/return': value(step, 0), 'eval/return_se': 0.1 }));
  }
  const status = {
    state: 'finished',
    step: steps,
    total_steps: steps,
    pid: 1,
    host: hostname(),
    updated: time(steps),
  };
  writeFileSync(join(dir, 'config.yaml'), `env:\n  type: ${environment}\nalgorithm:\n  name: ${algorithm}\n`);
  writeFileSync(join(dir, 'meta.json'), JSON.stringify(meta));
  writeFileSync(join(dir, 'metrics.jsonl'), `${lines.join('\n')}\n`);
  writeFileSync(join(dir, 'status.json'), JSON.stringify(status));
}
