/** The learning curves of a report, as data for uPlot. */
import type { LoggedEpisode, MetricsRecord } from '../run-store/records.js';
import { estimate, evaluationsByStep, figures } from './comparison.js';

export interface Curve {
  readonly label: string;
  /** One value per step of the chart; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Standard error around every value, drawn as a band. */
  readonly errors?: readonly (number | null)[];
}

export interface Chart {
  readonly title: string;
  /** What the curves mean, in a sentence. */
  readonly note: string;
  /** Finished steps, ascending. */
  readonly steps: readonly number[];
  readonly curves: readonly Curve[];
}

/** Every chart that the run has data for. */
export function learningCharts(
  metrics: readonly MetricsRecord[],
  episodes: readonly LoggedEpisode[],
): Chart[] {
  const train = metrics.filter((record) => record.kind === 'train');
  const each = (member: string, name: string) => memberCurves(train, member, name);
  const critics = (name: string) => [...each('critic', name), ...each('agent', name)];
  const charts = [
    trainChart(train, 'Return while training', 'Mean over the episodes of each step, sampled.', [
      { label: 'return', metric: 'train/return_mean' },
    ]),
    ...figures.map((figure) => evaluationChart(episodes, figure)),
    trainChart(
      train,
      'Value loss',
      'Error of critics, or of value heads on agents, before each update.',
      critics('value_loss'),
    ),
    trainChart(
      train,
      'Explained variance',
      '1: the values foresee the targets; 0 or less: they know nothing.',
      critics('explained_variance'),
    ),
    trainChart(
      train,
      'Policy entropy',
      'Per token. Near 0 an agent has stopped exploring.',
      each('agent', 'entropy'),
    ),
    trainChart(train, 'Divergence from the start', 'Per token, as the loss has it.', [
      ...each('agent', 'kl_k3'),
      ...each('agent', 'kl_exact'),
    ]),
    trainChart(train, 'Gradient norm', 'Before clipping.', [
      ...each('agent', 'grad_norm'),
      ...each('critic', 'grad_norm'),
    ]),
    trainChart(
      train,
      'Gradient variance',
      'Of the policy gradient, between rollouts of the same items.',
      each('agent', 'gradient_variance'),
    ),
    trainChart(
      train,
      "Drift of the other agents' policies",
      'What an agent and its critic do not see coming, in every step that is measured.',
      each('agent', 'others_drift'),
    ),
    trainChart(train, 'Response length', 'Tokens per response.', each('agent', 'response_tokens')),
  ];
  return charts.filter((chart) => chart.curves.length > 0 && chart.steps.length > 0);
}

function trainChart(
  records: readonly MetricsRecord[],
  title: string,
  note: string,
  wanted: readonly { label: string; metric: string }[],
): Chart {
  // Some things are not measured in every step.
  const own = records.filter((record) => wanted.some(({ metric }) => metric in record.metrics));
  const curves = wanted
    .filter(({ metric }) => own.some((record) => metric in record.metrics))
    .map(({ label, metric }) => ({ label, values: own.map((record) => record.metrics[metric] ?? null) }));
  return { title, note, steps: own.map((record) => record.step), curves };
}

function evaluationChart(
  episodes: readonly LoggedEpisode[],
  { name, label, better }: (typeof figures)[number],
): Chart {
  const points = [...evaluationsByStep(episodes)].flatMap(([step, group]) => {
    const point = estimate(group, name);
    return point === null ? [] : [{ step, ...point }];
  });
  const curve = {
    label,
    values: points.map(({ mean }) => mean),
    errors: points.map(({ standardError }) => standardError),
  };
  return {
    title: `Evaluation: ${label}`,
    note: `Mean and standard error over the evaluation episodes; ${better} is better.`,
    steps: points.map(({ step }) => step),
    curves: points.length === 0 ? [] : [curve],
  };
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
