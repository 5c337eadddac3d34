/** What methods of a study differ in although they are compared: the task, its evaluation, the discount. */
import type { CheckedTrial } from './check-trials.js';

/** How an evaluation is made; protocols have a sampling of their own. */
const ofEvaluation = ['train.eval_num_samples', 'train.eval_generations'];
const ofSampledEvaluation = [
  ...['train.eval_temperature', 'train.max_new_tokens'],
  // How often: the threshold is found, and the curve drawn, the finer the more evaluations there are.
  ...['train.eval_env_steps', 'train.eval_interval'],
];
/** They matter to evaluations that are not greedy. */
const ofSampling = ['train.top_p', 'train.top_k'];
/** What may differ between teams and trainings of one task. */
const allowed = ['env.num_agents', 'env.train_split'];

/** A sentence for every key that trials of one task and conditions differ in, each once. */
export function unequalTerms(trials: readonly CheckedTrial[]): string[] {
  const compared = new Map<string, CheckedTrial[]>();
  for (const trial of trials) {
    const key = JSON.stringify([trial.task, trial.conditions]);
    compared.set(key, [...(compared.get(key) ?? []), trial]);
  }
  const found = [...compared.values()].flatMap((own) =>
    keysOf(own).flatMap((key) => {
      // What a protocol is sampled with is not of its configuration.
      const ofTrained = ofSampledEvaluation.includes(key) || ofSampling.includes(key);
      const asked = ofTrained ? own.filter(({ protocol }) => protocol === null) : own;
      const values = new Map<string, string>();
      for (const trial of asked) {
        const value = JSON.stringify(settingOf(trial, key) ?? null);
        if (!values.has(value)) values.set(value, trial.method);
      }
      if (values.size < 2) return [];
      const shown = [...values].map(([value, method]) => `${value} with ${method}`).join(', ');
      return `${own[0]?.task}: ${key} is ${shown}, so ${reasonOf(key)}.`;
    }),
  );
  return [...new Set(found)];
}

function keysOf(trials: readonly CheckedTrial[]): string[] {
  const env = new Set(trials.flatMap(({ checked }) => Object.keys(checked.env).map((key) => `env.${key}`)));
  const byReturn = trials.some(({ cell }) => cell.task.metric.includes('return'));
  return [
    ...[...env].filter((key) => !allowed.includes(key)),
    ...ofEvaluation,
    ...ofSampledEvaluation,
    ...(trials.some(({ checked }) => checked.train.eval_temperature > 0) ? ofSampling : []),
    ...(byReturn ? ['algorithm.discount'] : []),
  ];
}

function settingOf({ checked }: CheckedTrial, key: string): unknown {
  const [section = '', name = ''] = key.split('.');
  return (checked as unknown as Record<string, Record<string, unknown>>)[section]?.[name];
}

function reasonOf(key: string): string {
  if (key.startsWith('env.')) return 'they play other tasks';
  return key === 'algorithm.discount'
    ? 'their returns, discounted sums, mean other things'
    : 'they are evaluated otherwise';
}
