/** Whether runs can be compared at all, and what speaks against it. */
import { RunError } from '../errors.js';
import { valueText } from './group-runs.js';
import type { ComparedRun } from './load-run.js';

/** Settings that change what a sampled evaluation measures. */
const ofSampling = ['train.top_p', 'train.top_k'];
const ofEvaluation = ['train.eval_temperature', 'train.eval_num_samples', 'train.max_new_tokens'];
/** Keys of the environment that teams and their training may differ in: the task stays the same. */
const allowedInEnv = ['env.num_agents', 'env.train_split'];

/** A key that runs differ in, and why that matters. */
interface Objection {
  readonly key: string;
  readonly text: string;
}

/**
 * What a reader of the comparison has to know.
 *
 * @param metric that is compared
 * @param allowed keys that may differ, because that was asked for
 * @throws RunError when the runs did not face the same task, items and evaluation
 */
export function checkFairness(
  runs: readonly ComparedRun[],
  metric: string,
  allowed: readonly string[],
): string[] {
  const objections = objectionsTo(runs, metric);
  const asked = objections.filter(({ key }) => allowed.includes(key));
  const others = objections.filter(({ key }) => !allowed.includes(key));
  if (others.length > 0) {
    throw new RunError(
      `These runs cannot be compared fairly by ${metric}:\n${others.map(({ text }) => `  - ${text}`).join('\n')}\n` +
        'Compare runs of one task that were evaluated alike. Where such a difference is wanted, say so with `--allow <key>`.',
    );
  }
  return [...asked.map(({ text }) => text), ...warningsOf(runs)];
}

function objectionsTo(runs: readonly ComparedRun[], metric: string): Objection[] {
  const tasks = valuesOf(runs, 'env.type');
  if (tasks.length > 1) return [differing(runs, 'env.type', 'they are runs of other tasks')];
  const envKeys = [...new Set(runs.flatMap(({ config }) => [...config.keys()]))].filter(
    (key) => key.startsWith('env.') && !allowedInEnv.includes(key),
  );
  const evaluated = metric.startsWith('eval/');
  const sampled = runs.some(({ config }) => config.get('train.eval_temperature') !== 0);
  const evaluation = evaluated ? [...ofEvaluation, ...(sampled ? ofSampling : [])] : [];
  const keys = [
    ...envKeys.map((key) => [key, 'the task is not the same'] as const),
    ...evaluation.map((key) => [key, 'they were evaluated otherwise'] as const),
    ...(/return/.test(metric)
      ? [
          [
            'algorithm.discount',
            'returns are discounted sums, so they mean other things (`--metric eval/score` and the metrics of the task do not depend on it)',
          ] as const,
        ]
      : []),
  ];
  return [
    ...keys.flatMap(([key, why]) => (valuesOf(runs, key).length > 1 ? differing(runs, key, why) : [])),
    ...(evaluated ? itemObjections(runs) : []),
  ];
}

/** Runs of one seed draw the same evaluation items; where they did not, the data behind them are others. */
function itemObjections(runs: readonly ComparedRun[]): Objection[] {
  const firsts = new Map<number, ComparedRun>();
  for (const run of runs) {
    if (run.items.length === 0) continue;
    const first = firsts.get(run.seed) ?? run;
    firsts.set(run.seed, first);
    if (first.items.join() === run.items.join()) continue;
    const text =
      `evaluation items differ with seed ${run.seed}: ${first.name} played ${itemsText(first)}, ${run.name} ` +
      itemsText(run);
    return [{ key: 'env.eval_split', text }];
  }
  return [];
}

function itemsText({ items }: ComparedRun): string {
  return items.length <= 3
    ? items.join(', ')
    : `${items.slice(0, 3).join(', ')} and ${items.length - 3} more`;
}

function warningsOf(runs: readonly ComparedRun[]): string[] {
  const differ = (key: string) => valuesOf(runs, key).length > 1;
  const items = new Set(runs.filter((run) => run.items.length > 0).map((run) => run.items.join()));
  const versions = new Set(runs.map((run) => JSON.stringify(Object.entries(run.versions).sort())));
  const ends = runs.map(({ curve }) => curve.at(-1)?.envSteps ?? 0);
  const [shortest, longest] = [Math.min(...ends), Math.max(...ends)];
  return [
    ...(items.size > 1
      ? ['Seeds draw different evaluation items, so intervals over seeds are over items as well.']
      : []),
    ...(differ('env.num_agents') ? ['Teams differ in size: env.num_agents.'] : []),
    ...(differ('env.train_split') ? ['They were trained on other items: env.train_split.'] : []),
    ...(differ('train.eval_generations')
      ? ['Evaluations differ in episodes per item, and so in noise: train.eval_generations.']
      : []),
    ...(versions.size > 1 ? ['They were run with other versions of CoLLM, Node.js or libtorch.'] : []),
    ...(shortest < 0.9 * longest
      ? [
          `They are compared where the shortest run ends, ${runs[ends.indexOf(shortest)]?.name}; the longest has ${longest.toLocaleString('en-US')} environment steps.`,
        ]
      : []),
  ];
}

function valuesOf(runs: readonly ComparedRun[], key: string): string[] {
  return [...new Set(runs.map(({ config }) => JSON.stringify(config.get(key) ?? null)))];
}

/** Says which values stand against each other, each with a run that has it. */
function differing(runs: readonly ComparedRun[], key: string, why: string): Objection {
  const examples = new Map<string, ComparedRun>();
  for (const run of runs) {
    const value = JSON.stringify(run.config.get(key) ?? null);
    if (!examples.has(value)) examples.set(value, run);
  }
  const values = [...examples.values()]
    .slice(0, 4)
    .map((run) => `${valueText(run.config.get(key) ?? null)} in ${run.name}`);
  return { key, text: `${key} is ${values.join(', ')}: ${why}` };
}
