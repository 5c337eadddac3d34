/** A run as comparisons see it: its configuration, and one metric over environment steps. */
import { basename } from 'node:path';
import { RunError } from '../errors.js';
import { nearest } from '../nearest.js';
import { flatKeys } from '../report/config-section.js';
import { journalEntries } from '../run-store/journal.js';
import { runPaths } from '../run-store/paths.js';
import { type LoggedEpisode, type MetricsRecord, readMetrics } from '../run-store/records.js';
import { openRun } from '../run-store/run-folder.js';
import { type LearningCurve, learningCurve } from '../statistics/learning-curve.js';
import { visibleLine } from '../terminal-text.js';

export interface ComparedRun {
  /** Safe for terminals, as all text here but that of the configuration. */
  readonly name: string;
  readonly dir: string;
  readonly seed: number;
  /** Leaves of the configuration by dotted key; lists are leaves. */
  readonly config: ReadonlyMap<string, unknown>;
  /** The metric over environment steps, at least one point. */
  readonly curve: LearningCurve;
  /** Ids of the items of the first evaluation, sorted; empty where none is logged. */
  readonly items: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Reads what a comparison needs of a run.
 *
 * @param metric such as `eval/return`
 * @throws RunError when it is no run, or has no such metric
 */
export function loadRun(dir: string, metric: string): ComparedRun {
  const { config, meta } = openRun(dir);
  const records = readMetrics(dir);
  const curve = curveOf(records, metric);
  if (curve.length === 0) throw new RunError(withoutMetric(dir, metric, records));
  return {
    ...{ name: visibleLine(meta.name), dir, seed: config.train.seed, curve, versions: meta.versions },
    config: new Map(flatKeys(config).map(({ key, value }) => [key, value])),
    items: evaluatedItems(dir),
  };
}

function curveOf(records: readonly MetricsRecord[], metric: string): LearningCurve {
  return learningCurve(
    records.flatMap(({ env_steps: envSteps, metrics }) => {
      const value = metrics[metric];
      return value === undefined ? [] : { envSteps, value };
    }),
  );
}

function withoutMetric(dir: string, metric: string, records: readonly MetricsRecord[]): string {
  const known = [...new Set(records.flatMap(({ metrics }) => Object.keys(metrics)))];
  const run = basename(dir);
  if (known.length === 0) return `${run} has reported nothing yet. Wait for its first step, or leave it out.`;
  const meant = nearest(metric, known);
  const evaluates = known.some((name) => name.startsWith('eval/'));
  const cure =
    meant !== undefined
      ? `Did you mean \`${meant}\`?`
      : metric.startsWith('eval/') && !evaluates
        ? 'It never evaluated; give a metric of training, such as `--metric train/return_mean`, or leave it out.'
        : 'docs/metrics.md has the names.';
  return `${run} has no metric \`${metric}\`. ${cure}`;
}

/** Reads the log up to the end of the first evaluation, which stands at its beginning. */
function evaluatedItems(dir: string): string[] {
  const items = new Set<string>();
  for (const { record } of journalEntries(runPaths(dir).episodes)) {
    const { kind, phase, itemId } = record as LoggedEpisode;
    if (kind !== 'episode') continue;
    if (phase === 'evaluation') items.add(visibleLine(itemId));
    else break;
  }
  return [...items].sort();
}
