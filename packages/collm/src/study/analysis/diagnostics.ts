/** Metrics of training by cell: gradient variance, explained variance, drift and whatever else a study keeps. */
import { mean } from '../../statistics/descriptive.js';
import { overSeeds } from '../../statistics/over-seeds.js';
import type { PointRecord, StudyRecords } from '../types.js';
import type { Diagnostic } from './results.js';

/** There are many of these intervals, and they are no claims. */
const OPTIONS = { resamples: 2000 } as const;
/** The last quarter of the steps. */
const LATE = 3 / 4;

/** They count up from the start: a mean of them says nothing. */
const COUNTERS = ['train/env_steps', 'train/epoch', 'train/progress'];

/** A metric of one trial. */
interface TrialMetric {
  readonly whole: number;
  /** Null where it is not measured so late. */
  readonly late: number | null;
}

/** Metrics by name, in alphabetical order. */
export function diagnosticsOf(trials: StudyRecords['trials']): Record<string, Diagnostic> {
  const byTrial = trials.map(({ points }) => trialMetrics(points));
  const names = [...new Set(byTrial.flatMap((metrics) => [...metrics.keys()]))].sort();
  return Object.fromEntries(
    names.map((name) => {
      const found = byTrial.flatMap((metrics) => metrics.get(name) ?? []);
      const whole = found.map((metric) => metric.whole);
      const late = found.flatMap((metric) => metric.late ?? []);
      return [
        name,
        {
          whole: overSeeds(whole, OPTIONS),
          late: late.length === 0 ? null : overSeeds(late, OPTIONS),
          values: { whole, late },
        },
      ];
    }),
  );
}

/** Means over the steps of a trial; in each step over the members of the team first. */
function trialMetrics(points: readonly PointRecord[]): Map<string, TrialMetric> {
  const steps = points.filter(({ kind }) => kind === 'train');
  const last = Math.max(0, ...steps.map(({ step }) => step));
  const values = new Map<string, { step: number; value: number }[]>();
  for (const { step, metrics } of steps) {
    for (const [name, members] of byTeam(metrics)) {
      const all = values.get(name) ?? [];
      all.push({ step, value: mean(members) });
      values.set(name, all);
    }
  }
  return new Map(
    [...values].map(([name, all]) => {
      const late = all.filter(({ step }) => step > LATE * last).map(({ value }) => value);
      return [
        name,
        { whole: mean(all.map(({ value }) => value)), late: late.length === 0 ? null : mean(late) },
      ];
    }),
  );
}

/** `agent_1/entropy` and `agent_2/entropy` under `agent/entropy`, `critic_1/…` and `critic/…` under `critic/…`. */
function byTeam(metrics: PointRecord['metrics']): Map<string, number[]> {
  const team = new Map<string, number[]>();
  for (const [name, value] of Object.entries(metrics)) {
    if (COUNTERS.includes(name)) continue;
    const shared = name.replace(/^(agent|critic)_\d+\//, '$1/');
    team.set(shared, [...(team.get(shared) ?? []), value]);
  }
  return team;
}
