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
  const numAgents = agentCount(train);
  const perAgent = (name: string) =>
    Array.from({ length: numAgents }, (_, agent) => ({
      label: `agent ${agent + 1}`,
      metric: `agent_${agent + 1}/${name}`,
    }));
  const charts = [
    trainChart(train, 'Return while training', 'Mean over the episodes of each step, sampled.', [
      { label: 'return', metric: 'train/return_mean' },
    ]),
    ...figures.map((figure) => evaluationChart(episodes, figure)),
    trainChart(train, 'Value loss', 'Error of the critic before each update.', [
      { label: 'value loss', metric: 'critic/value_loss' },
    ]),
    trainChart(
      train,
      'Explained variance',
      '1: the critic foresees the targets; 0 or less: it knows nothing.',
      [{ label: 'explained variance', metric: 'critic/explained_variance' }],
    ),
    trainChart(
      train,
      'Policy entropy',
      'Per token. Near 0 an agent has stopped exploring.',
      perAgent('entropy'),
    ),
    trainChart(train, 'Gradient norm', 'Before clipping.', [
      ...perAgent('grad_norm'),
      { label: 'critic', metric: 'critic/grad_norm' },
    ]),
    trainChart(train, 'Response length', 'Tokens per response.', perAgent('response_tokens')),
  ];
  return charts.filter((chart) => chart.curves.length > 0 && chart.steps.length > 0);
}

function trainChart(
  records: readonly MetricsRecord[],
  title: string,
  note: string,
  wanted: readonly { label: string; metric: string }[],
): Chart {
  const curves = wanted
    .filter(({ metric }) => records.some((record) => metric in record.metrics))
    .map(({ label, metric }) => ({ label, values: records.map((record) => record.metrics[metric] ?? null) }));
  return { title, note, steps: records.map((record) => record.step), curves };
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

function agentCount(records: readonly MetricsRecord[]): number {
  const numbers = Object.keys(records[0]?.metrics ?? {}).flatMap(
    (name) => /^agent_(\d+)\//.exec(name)?.[1] ?? [],
  );
  return Math.max(0, ...numbers.map(Number));
}
