/** Rules that involve several keys (algorithms spec 3.1 and 3.2). Single keys are checked by the schema. */
import type { Problem } from '../errors.js';
import type { Config } from './schema.js';

/** A problem and all the keys it depends on. */
export interface CrossFieldProblem extends Problem {
  readonly keys: readonly string[];
}

type Rule = (config: Config) => CrossFieldProblem | null;

/** Everything in a valid configuration that does not go together. */
export function crossFieldProblems(config: Config): CrossFieldProblem[] {
  return rules.flatMap((rule) => rule(config) ?? []);
}

const rules: readonly Rule[] = [
  function severalUpdatesWantPpo({ algorithm }) {
    if (algorithm.policy_loss === 'ppo' || algorithm.update_epochs === 1) return null;
    return problem(
      ['algorithm.update_epochs', 'algorithm.policy_loss'],
      `is ${algorithm.update_epochs}, but \`algorithm.policy_loss\` is pg: from the second pass on the samples are not ` +
        'from the policy that is updated. Set it to 1, or `algorithm.policy_loss` to ppo.',
    );
  },
  function severalMinibatchesWantPpo(config) {
    const { algorithm } = config;
    const size = algorithm.train_batch_size;
    if (algorithm.policy_loss === 'ppo' || size === null || size >= largestStep(config)) return null;
    return problem(
      ['algorithm.train_batch_size', 'algorithm.policy_loss', ...stepKeys],
      `is ${size}, but a step can have ${largestStep(config)} samples, so it would take several optimiser steps on samples ` +
        'of an older policy. Set it to null, or `algorithm.policy_loss` to ppo.',
    );
  },
  function normalizationNeedsTwo(config) {
    const { algorithm, train, env } = config;
    if (algorithm.name !== 'collm_cc') return null;
    const mode = algorithm.advantage_normalization;
    const episodes = train.items_per_step * algorithm.num_generations;
    const set = { none: 2, node: 1, turn: episodes, batch: episodes * env.num_turns }[mode];
    if (set >= 2) return null;
    return problem(
      ['algorithm.advantage_normalization', ...stepKeys],
      `is ${mode}, but that set never holds more than one joint transition, and one has no deviation to scale by. ` +
        'Set it to none, or raise `train.items_per_step` or `algorithm.num_generations`.',
    );
  },
  function oneHomeForWords({ env }) {
    if (env.csv_path === null || env.words === 'default') return null;
    return problem(
      ['env.words', 'env.csv_path'],
      'and `env.csv_path` both give the words. Remove one of them.',
    );
  },
  function onePalettePerAgent({ env }) {
    if (env.blocks.length >= env.num_agents) return null;
    return problem(
      ['env.blocks', 'env.num_agents'],
      `has ${env.blocks.length} list(s), but there are ${env.num_agents} agents. Give one list per agent.`,
    );
  },
  function palettesHaveBlocks({ env }) {
    const empty = env.blocks.findIndex((palette) => palette.every((block) => airKinds.test(block)));
    if (empty < 0) return null;
    return problem(
      ['env.blocks'],
      `[${empty}] has nothing but air. Add a block that the agent can build with.`,
    );
  },
  function evaluationHasItems({ env, train }) {
    if (env.eval_split !== null || train.eval_interval === 0 || train.eval_num_samples === 0) return null;
    return problem(
      ['env.eval_split', 'train.eval_interval', 'train.eval_num_samples'],
      'is null, so there is nothing to evaluate on. Give a slice such as "[8:]", or set `train.eval_interval` to 0.',
    );
  },
  function greedyRepeats({ train }) {
    if (train.eval_temperature > 0 || train.eval_generations === 1) return null;
    return problem(
      ['train.eval_generations', 'train.eval_temperature'],
      `is ${train.eval_generations}, but with \`train.eval_temperature\` 0 every episode of an item is the same. ` +
        'Set it to 1, or the temperature above 0.',
    );
  },
  function criticKeysNeedCritic({ algorithm, critic_model }) {
    const key = (['path', 'lora'] as const).find((one) => critic_model[one] !== null);
    if (algorithm.name !== 'magrpo' || key === undefined) return null;
    return problem(
      [`critic_model.${key}`, 'algorithm.name'],
      'is set, but magrpo has no critic. Remove it, or choose `algorithm.name: collm_cc`.',
    );
  },
];

const airKinds = /^\s*(minecraft:)?(air|cave_air|void_air)\s*$/;

const stepKeys = ['train.items_per_step', 'algorithm.num_generations', 'env.num_turns'];

/** The most joint transitions (collm_cc) or nodes (magrpo) that a step can have. */
function largestStep({ algorithm, env, train }: Config): number {
  if (algorithm.name === 'collm_cc') return train.items_per_step * algorithm.num_generations * env.num_turns;
  const { num_generations: generations, joint_mode: mode } = algorithm;
  const branching = mode === 'aligned' ? generations : generations ** env.num_agents;
  let nodes = 0;
  for (let turn = 0; turn < env.num_turns; turn++) nodes += branching ** turn;
  return train.items_per_step * nodes;
}

/** Names the first key; the message goes on from there. */
function problem(keys: readonly [string, ...string[]], message: string): CrossFieldProblem {
  return { path: keys[0], keys, message: `\`${keys[0]}\` ${message}` };
}
