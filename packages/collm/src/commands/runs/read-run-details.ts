/** All that is known of a run, for `collm runs show` and `diff`. */
import { readFileSync } from 'node:fs';
import { messageOf, RunError } from '../../errors.js';
import { bytesUnder } from '../../run-store/disk-usage.js';
import { runPaths } from '../../run-store/paths.js';
import { type MetricsRecord, readMetrics, scoreMetric } from '../../run-store/records.js';
import { type RunFacts, readRun } from '../../run-store/run-facts.js';
import { type SavedCheckpoint, savedCheckpoints } from '../../run-store/saved-checkpoints.js';
import { parseYaml } from '../../yaml-tree.js';

export interface RunDetails {
  /** Absolute. */
  readonly dir: string;
  readonly facts: RunFacts;
  readonly bytes: number;
  readonly versions: Readonly<Record<string, string>>;
  /** As the run folder has it; null where it cannot be read. */
  readonly config: unknown;
  readonly metrics: readonly MetricsRecord[];
  readonly checkpoints: readonly SavedCheckpoint[];
  /** What could not be read, in sentences. */
  readonly problems: readonly string[];
}

/** Reads a run; what is damaged is left out and named. */
export function readRunDetails(dir: string): RunDetails {
  const run = readRun(dir, null);
  if (run === null) throw new RunError(`${dir} is no run folder any more: it has just been removed.`);
  const problems = run.facts.problem === null ? [] : [run.facts.problem];
  const attempt = <T>(what: string, read: () => T, otherwise: T): T => {
    try {
      return read();
    } catch (error) {
      problems.push(`${what} cannot be read: ${messageOf(error)}`);
      return otherwise;
    }
  };
  const paths = runPaths(dir);
  const config: unknown = attempt('config.yaml', () => parseYaml(readFileSync(paths.config, 'utf8')), null);
  const metrics = run.facts.problem?.includes('metrics.jsonl')
    ? []
    : attempt('metrics.jsonl', () => readMetrics(dir), []);
  const scores = new Map(
    metrics.flatMap(({ kind, step, metrics: { [scoreMetric]: score } }) =>
      kind === 'eval' && score !== undefined ? [[step, score] as const] : [],
    ),
  );
  return {
    dir,
    facts: run.facts,
    bytes: bytesUnder(dir),
    versions: readVersions(paths.meta),
    config,
    metrics,
    checkpoints: savedCheckpoints(dir, scores),
    problems,
  };
}

function readVersions(path: string): Record<string, string> {
  try {
    const { versions } = JSON.parse(readFileSync(path, 'utf8')) as { versions?: Record<string, string> };
    return versions ?? {};
  } catch {
    return {}; // readRun has said so
  }
}
