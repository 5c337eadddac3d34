import { join } from 'node:path';

/** Where things lie in a run folder. */
export function runPaths(dir: string) {
  return {
    dir,
    config: join(dir, 'config.yaml'),
    meta: join(dir, 'meta.json'),
    status: join(dir, 'status.json'),
    metrics: join(dir, 'metrics.jsonl'),
    episodes: join(dir, 'episodes.jsonl'),
    logs: join(dir, 'logs'),
    checkpoints: join(dir, 'checkpoints'),
    recovery: join(dir, 'recovery'),
    report: join(dir, 'report.html'),
    lock: join(dir, 'run.lock'),
    control: join(dir, 'control'),
  };
}

export type RunPaths = ReturnType<typeof runPaths>;
