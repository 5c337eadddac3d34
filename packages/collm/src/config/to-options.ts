/** From configuration keys (snake_case) to the options of the packages below (camelCase). */
import { EnvError, type Environment, StrBuild, type StrBuildOptions, shortStrBuildWords } from '@collm/envs';
import type { LoraOptions } from '@collm/lm';
import type { AlgorithmOptions, TrainerOptions } from '@collm/marl';
import { ConfigError, type Problem } from '../errors.js';
import type { Config } from './schema.js';
import { isActorCritic } from './schema-algorithm.js';

/**
 * The environment of a configuration.
 *
 * @throws ConfigError when its data cannot be read, a split of it is empty, or it is over before a warm-up
 */
export function openEnvironment(config: Config): Environment {
  let environment: Environment;
  try {
    environment = new StrBuild(strBuildOptions(config));
  } catch (cause) {
    if (!(cause instanceof EnvError)) throw cause;
    throw new ConfigError([{ path: 'env', message: `\`env\`: ${cause.message}` }], { cause });
  }
  const { env, train } = config;
  const evaluates = train.eval_interval > 0 && train.eval_num_samples > 0;
  const problems = [
    ...(environment.trainItems.length === 0 ? [emptySplit('env.train_split', env.train_split)] : []),
    ...(evaluates && environment.evalItems.length === 0
      ? [emptySplit('env.eval_split', env.eval_split)]
      : []),
    ...warmupProblems(config, environment.trainItems.length),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return environment;
}

/** Warm-ups that outlast what the items are enough for. */
function warmupProblems({ algorithm, train }: Config, items: number): Problem[] {
  const steps = Math.ceil((items * train.num_train_epochs) / train.items_per_step);
  const warmups = {
    'train.warmup_steps': train.warmup_steps,
    'algorithm.critic_warmup_steps': isActorCritic(algorithm) ? algorithm.critic_warmup_steps : 0,
  };
  return Object.entries(warmups).flatMap(([path, warmup]) => {
    if (items === 0 || warmup < steps) return [];
    const message =
      `\`${path}\` is ${warmup}, but ${items} items over ${train.num_train_epochs} epochs are ${steps} steps at most, so it ` +
      'would never end. Set it lower, or `train.num_train_epochs` higher.';
    return [{ path, message }];
  });
}

function emptySplit(path: string, split: string | null): Problem {
  return {
    path,
    message: `\`${path}\` is ${JSON.stringify(split)}, but that selects none of the items. Write a slice such as "[:8]".`,
  };
}

function strBuildOptions({ env }: Config): StrBuildOptions {
  const { type: _, words, csv_path, target, ...others } = env;
  return {
    ...(camelKeys(others) as StrBuildOptions),
    ...(target === null ? {} : { target }),
    ...(csv_path === null ? {} : { csvPath: csv_path }),
    ...(words === 'default' ? {} : { words: words === 'short' ? shortStrBuildWords : words }),
  };
}

/** The `algorithm` section as marl wants it; `parity` only opens up values here. */
export function algorithmOptions({ algorithm }: Config): AlgorithmOptions {
  const { parity: _, ...options } = algorithm;
  return camelKeys(options) as AlgorithmOptions;
}

/**
 * A `lora` section as lm wants it; null where all weights are trained.
 *
 * @param member number in the team, so that no two adapters draw the same
 */
export function loraOptions(
  section: Config['agent_model']['lora'],
  seed: number,
  member: number,
): LoraOptions | null {
  if (section === null) return null;
  return {
    rank: section.r,
    alpha: section.lora_alpha,
    targets: section.target_modules,
    dropout: section.lora_dropout,
    rslora: section.use_rslora,
    seed: (seed + member) % 2 ** 53,
  };
}

/** The parts of the `train` section that drive the trainer. */
export function trainerOptions({ train }: Config): TrainerOptions {
  return {
    seed: train.seed,
    itemsPerStep: train.items_per_step,
    shuffle: train.shuffle,
    numTrainEpochs: train.num_train_epochs,
    maxSteps: train.max_steps,
    sampling: {
      temperature: train.temperature,
      topK: train.top_k,
      topP: train.top_p,
      maxNewTokens: train.max_new_tokens,
    },
    lrSchedule: train.lr_schedule,
    warmupSteps: train.warmup_steps,
    evalInterval: train.eval_interval,
    evalNumSamples: train.eval_num_samples,
    evalTemperature: train.eval_temperature,
    evalGenerations: train.eval_generations,
    checkpointEvery: train.checkpoint_every,
    maxFailureRate: train.max_failure_rate,
    maxSkippedUpdates: train.max_skipped_updates,
    targetReturn: train.target_return,
    diagnostics: {
      interval: train.diagnostics_interval,
      items: train.diagnostics_items,
      rollouts: train.diagnostics_rollouts,
    },
  };
}

function camelKeys(section: object): object {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [
      key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}
