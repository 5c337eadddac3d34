/** What a study file must not ask for, because nothing would come of it: wrong recipes, settings that are overruled, metrics that nothing keeps. */
import type { Problem } from '../errors.js';
import { nearest } from '../nearest.js';
import { keeps, keepsOfEvaluation } from './keep.js';
import type { ConfigPart, Study } from './types.js';

/** Tasks that `collm warm-start` has demonstrations of. */
export const recipeTasks = ['str_build', 'house_build', 'tldr', 'mbpp', 'module'] as const;

/** Options of `collm warm-start` that a recipe may have, with underscores. */
export const recipeOptions = [
  ...[
    'task',
    'hidden_size',
    'layers',
    'heads',
    'vocab_size',
    'max_positions',
    'pieces',
    'turns',
    'first_turns',
  ],
  ...['critic_share', 'agents', 'set', 'steps', 'batch', 'learning_rate', 'seed', 'device', 'threads'],
];
/** The one that may be repeated. */
const repeatable = 'set';

/** All such problems, in the order of the file. */
export function inputProblems(study: Study): Problem[] {
  return [
    ...[...study.models].flatMap(([name, recipe]) => recipeProblems(`models.${name}`, recipe)),
    ...partsOf(study).flatMap(([path, part]) => overruledProblems(path, part)),
    ...metricProblems(study),
  ];
}

function recipeProblems(at: string, recipe: Readonly<Record<string, unknown>>): Problem[] {
  return Object.entries(recipe).flatMap(([key, value]): Problem[] => {
    const path = `${at}.${key}`;
    if (!recipeOptions.includes(key)) {
      const known = `\`${path}\` is no option that a recipe has.`;
      return [{ path, message: `${known} ${cure(key, recipeOptions)}` }];
    }
    if (key === 'task' && !(recipeTasks as readonly unknown[]).includes(value)) {
      const message = `\`${path}\` is ${JSON.stringify(value)}, which \`collm warm-start\` has no demonstrations of. ${cure(String(value), recipeTasks)}`;
      return [{ path, message }];
    }
    if (!Array.isArray(value) || key === repeatable) return [];
    return [
      { path, message: `\`${path}\` is a list, but only \`${repeatable}\` is repeated. Give one value.` },
    ];
  });
}

function cure(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `Known are ${known.join(', ')}.` : `Did you mean \`${near}\`?`;
}

/** Every part of configurations with its place in the file. */
function partsOf({ base, tasks, methods, axes, overrides }: Study): [path: string, part: ConfigPart][] {
  return [
    ['base', base],
    ...tasks.map(({ name, config }): [string, ConfigPart] => [`tasks.${name}.config`, config]),
    ...methods.flatMap(({ name, config, perTask }): [string, ConfigPart][] => [
      [`methods.${name}.config`, config],
      ...Object.entries(perTask).map(([task, part]): [string, ConfigPart] => [
        `methods.${name}.per_task.${task}`,
        part,
      ]),
    ]),
    ...axes.flatMap(({ name, levels }) =>
      levels.map((level): [string, ConfigPart] => [`axes.${name}.levels.${level.name}.config`, level.config]),
    ),
    ...overrides.map(({ config }, index): [string, ConfigPart] => [`overrides.${index}.config`, config]),
  ];
}

/** Keys of `train` that a study sets itself, and what it sets them by. */
const own: Readonly<Record<string, string>> = { seed: '`seeds`', max_env_steps: "the task's `env_steps`" };

function overruledProblems(at: string, { train }: ConfigPart): Problem[] {
  if (typeof train !== 'object' || train === null) return [];
  return Object.keys(train).flatMap((key) => {
    if (!Object.hasOwn(own, key)) return [];
    const path = `${at}.train.${key}`;
    return {
      path,
      message: `\`${path}\` would do nothing: ${own[key]} set${key === 'seed' ? '' : 's'} it. Remove it.`,
    };
  });
}

function metricProblems({ tasks, keep }: Study): Problem[] {
  const kept = keeps(keep);
  return tasks.flatMap(({ name, metric }) => {
    if (keepsOfEvaluation(metric) || kept(metric)) return [];
    const path = `tasks.${name}.metric`;
    const message = `\`${path}\` is ${metric}, but records do not keep that. Take a metric of evaluations, such as eval/return, or name it in \`keep\`.`;
    return [{ path, message }];
  });
}
