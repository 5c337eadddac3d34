/** The learning curves of a report, as data for chart-svg.ts. */
import type { MetricsRecord } from '../run-store/records.js';
import { thinned } from '../statistics/learning-curve.js';
import { figures } from './figures.js';

export interface ChartPoint {
  readonly x: number;
  readonly y: number;
  /** Ends of a band around y. */
  readonly low?: number;
  readonly high?: number;
}

export interface Curve {
  readonly label: string;
  /** x ascending. */
  readonly points: readonly ChartPoint[];
  /** Which colour, dash and mark it has, from 0; its place among the curves where none is given. */
  readonly style?: number;
}

export interface Chart {
  readonly title: string;
  /** What the curves mean, in a sentence. */
  readonly note: string;
  readonly xLabel: string;
  readonly curves: readonly Curve[];
  /** Names of places on the x axis, where it has no numbers. */
  readonly places?: readonly { readonly at: number; readonly label: string }[];
}

/** Points of a curve that are drawn at most: more would neither be seen nor fit a file that one sends. */
const MOST_POINTS = 160;

/** Every chart that the run has data for. */
export function learningCharts(metrics: readonly MetricsRecord[]): Chart[] {
  const train = metrics.filter((record) => record.kind === 'train');
  const evaluations = metrics.filter((record) => record.kind === 'eval');
  const each = (member: string, name: string) => memberCurves(train, member, name);
  const critics = (name: string) => [...each('critic', name), ...each('agent', name)];
  const charts = [
    ...figures.map(({ name, label, better }) =>
      chart(
        evaluations,
        `Evaluation: ${label}`,
        `Mean ± standard error over the evaluation episodes; ${better} is better.`,
        [{ label, metric: `eval/${name}` }],
      ),
    ),
    chart(train, 'Return while training', 'Mean over the episodes of each step, sampled.', [
      { label: 'return', metric: 'train/return_mean' },
    ]),
    chart(
      train,
      'Value loss',
      'Error of critics, or of value heads on agents, before each update.',
      critics('value_loss'),
    ),
    chart(
      train,
      'Explained variance',
      '1: the values foresee the targets; 0 or less: they know nothing.',
      critics('explained_variance'),
    ),
    chart(
      train,
      'Policy entropy',
      'Per token. Near 0 an agent has stopped exploring.',
      each('agent', 'entropy'),
    ),
    chart(train, 'Divergence from the start', 'Per token, as the loss has it.', [
      ...each('agent', 'kl_k3'),
      ...each('agent', 'kl_exact'),
    ]),
    chart(train, 'Gradient norm', 'Before clipping.', [
      ...each('agent', 'grad_norm'),
      ...each('critic', 'grad_norm'),
    ]),
    chart(
      train,
      'Gradient variance',
      'Of the policy gradient, between rollouts of the same items.',
      each('agent', 'gradient_variance'),
    ),
    chart(
      train,
      "Drift of the other agents' policies",
      'What an agent and its critic do not see coming, in every step that is measured.',
      each('agent', 'others_drift'),
    ),
    chart(train, 'Response length', 'Tokens per response.', each('agent', 'response_tokens')),
  ];
  return charts.filter(({ curves }) => curves.length > 0);
}

/** Curves of metrics over finished steps; those that no record has are left out. */
function chart(
  records: readonly MetricsRecord[],
  title: string,
  note: string,
  wanted: readonly { label: string; metric: string }[],
): Chart {
  const curves = wanted.flatMap(({ label, metric }) => {
    const points = records.flatMap((record) => pointOf(record, metric) ?? []);
    return points.length === 0 ? [] : { label, points };
  });
  const longest = Math.max(0, ...curves.map(({ points }) => points.length));
  return {
    title,
    note:
      longest <= MOST_POINTS ? note : `${note} ${MOST_POINTS} of ${longest} points are drawn, evenly chosen.`,
    xLabel: 'training steps',
    curves: curves.map(({ label, points }) => ({ label, points: thinned(points, MOST_POINTS) })),
  };
}

function pointOf({ step, metrics }: MetricsRecord, metric: string): ChartPoint | null {
  const value = metrics[metric];
  if (value === undefined) return null;
  const error = metrics[`${metric}_se`];
  return error === undefined
    ? { x: step, y: value }
    : { x: step, y: value, low: value - error, high: value + error };
}

/** A metric of every agent or critic that has it; one critic alone has no number. */
function memberCurves(records: readonly MetricsRecord[], member: string, name: string) {
  const pattern = new RegExp(`^${member}(?:_(\\d+))?/${name}$`);
  const found = new Map<string, number | null>();
  for (const { metrics } of records) {
    for (const metric of Object.keys(metrics)) {
      const match = pattern.exec(metric);
      if (match) found.set(metric, match[1] === undefined ? null : Number(match[1]));
    }
  }
  return [...found]
    .sort(([, a], [, b]) => (a ?? 0) - (b ?? 0))
    .map(([metric, number]) => ({ label: number === null ? member : `${member} ${number}`, metric }));
}
