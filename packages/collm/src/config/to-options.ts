/** From configuration keys (snake_case) to the options of the packages below (camelCase). */
import { EnvError, type Environment, splitName, taskNamed, withRewardSchedule } from '@collm/envs';
import type { LoraOptions } from '@collm/lm';
import type { AlgorithmOptions, TrainerOptions } from '@collm/marl';
import { ConfigError, type Problem } from '../errors.js';
import { openDataSource } from '../fetch-data.js';
import type { Io } from '../io.js';
import { openOwnEnvironment } from '../own-environment.js';
import { camelKeys } from './case.js';
import type { Config } from './schema.js';
import { isActorCritic } from './schema-algorithm.js';
import type { EnvConfig } from './schema-env.js';
import { evaluates } from './schema-train.js';

/**
 * The environment of a configuration, with its data; what it holds is freed by its `dispose`.
 *
 * @throws ConfigError when its data cannot be had or read, a split of it is empty, or it is over before a warm-up
 */
export async function openEnvironment(config: Config, io: Pick<Io, 'stderr'>): Promise<Environment> {
  let environment: Environment;
  try {
    environment = await openTask(config.env, io);
  } catch (cause) {
    if (!(cause instanceof EnvError)) throw cause;
    throw new ConfigError([{ path: 'env', message: `\`env\`: ${cause.message}` }], { cause });
  }
  const problems = environmentProblems(config, environment);
  if (problems.length === 0) return environment;
  await environment.dispose?.();
  throw new ConfigError(problems);
}

/** The environment of an `env` section. */
export async function openTask(env: EnvConfig, io: Pick<Io, 'stderr'>): Promise<Environment> {
  const task = taskNamed(env.type);
  if (task === undefined) {
    const own = await openOwnEnvironment(env.path as string, env.options as object);
    return withRewardSchedule(own, env.reward_schedule);
  }
  const { type: _, ...settings } = env;
  const splits = [env.train_split, env.eval_split].filter((split) => typeof split === 'string');
  const wanted = task.readsSlicesOnly ? splits : splits.map(splitName);
  const data = await openDataSource(env.dataset ?? 'builtin', wanted, io);
  return task.open(camelKeys(settings), data);
}

function environmentProblems(config: Config, environment: Environment): Problem[] {
  const { env, train } = config;
  return [
    ...sizeProblems(env, environment),
    ...(environment.trainItems.length === 0 ? [emptySplit('env.train_split', env.train_split)] : []),
    ...(evaluates(train) && environment.evalItems.length === 0
      ? [emptySplit('env.eval_split', env.eval_split)]
      : []),
    ...stateProblems(config, environment),
    ...warmupProblems(config, environment.trainItems.length),
  ];
}

/** An environment of a user has sizes of its own, which the configuration has to repeat: other keys depend on them. */
function sizeProblems(env: EnvConfig, environment: Environment): Problem[] {
  const sizes = {
    num_agents: environment.numAgents,
    num_turns: environment.numTurns,
    early_termination_threshold: environment.earlyTerminationThreshold,
  };
  return Object.entries(sizes).flatMap(([key, value]) =>
    env[key] === value
      ? []
      : [
          {
            path: `env.${key}`,
            message: `\`env.${key}\` is ${env[key]}, but the environment ${environment.name} has ${value}. Set it to that.`,
          },
        ],
  );
}

/** A critic can see states only where the environment tells them. */
function stateProblems({ critic_model }: Config, environment: Environment): Problem[] {
  if (critic_model.sees !== 'state' || environment.describeState !== undefined) return [];
  const path = 'critic_model.sees';
  return [
    {
      path,
      message: `\`${path}\` is state, but the environment ${environment.name} has no describeState that tells it. Set it to history, or give the environment one.`,
    },
  ];
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

function emptySplit(path: string, split: string | null | undefined): Problem {
  return {
    path,
    message: `\`${path}\` is ${JSON.stringify(split ?? null)}, but that selects none of the items. Write a slice such as "[:8]".`,
  };
}

/**
 * The `algorithm` section as marl wants it, and what the central critic sees; `parity` only opens up values here.
 */
export function algorithmOptions({ algorithm, critic_model }: Config): AlgorithmOptions {
  const { parity: _, ...options } = algorithm;
  const central = algorithm.name === 'collm_cc' ? { criticSees: critic_model.sees } : {};
  return { ...camelKeys(options), ...central } as AlgorithmOptions;
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
    maxEnvSteps: train.max_env_steps,
    sampling: {
      temperature: train.temperature,
      topK: train.top_k,
      topP: train.top_p,
      maxNewTokens: train.max_new_tokens,
    },
    lrSchedule: train.lr_schedule,
    warmupSteps: train.warmup_steps,
    evalInterval: train.eval_interval,
    evalEnvSteps: train.eval_env_steps,
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
