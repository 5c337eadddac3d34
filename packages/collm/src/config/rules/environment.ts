/** Rules of the task and of evaluating on it. */
import type { EnvConfig } from '../schema-env.js';
import { evaluates } from '../schema-train.js';
import { problem, type Rule } from './rule.js';

const airKinds = /^\s*(minecraft:)?(air|cave_air|void_air)\s*$/;

/** What StrBuild's agents may place. */
const palettesOf = (env: EnvConfig) =>
  env.type === 'str_build' && Array.isArray(env.blocks) ? (env.blocks as string[][]) : null;

export const environmentRules: readonly Rule[] = [
  function oneHomeForWords({ env }) {
    if (env.type !== 'str_build' || env.dataset === 'builtin' || env.words === 'default') return null;
    return problem(
      ['env.words', 'env.dataset'],
      'and `env.dataset` both give the words. Remove one of them.',
    );
  },
  function onePalettePerAgent({ env }) {
    const palettes = palettesOf(env);
    if (palettes === null || palettes.length >= env.num_agents) return null;
    return problem(
      ['env.blocks', 'env.num_agents'],
      `has ${palettes.length} list(s), but there are ${env.num_agents} agents. Give one list per agent.`,
    );
  },
  function palettesHaveBlocks({ env }) {
    const empty =
      palettesOf(env)?.findIndex((palette) => palette.every((block) => airKinds.test(block))) ?? -1;
    if (empty < 0) return null;
    return problem(
      ['env.blocks'],
      `[${empty}] has nothing but air. Add a block that the agent can build with.`,
    );
  },
  function evaluationHasItems({ env, train }) {
    if (env.eval_split !== null || !evaluates(train)) return null;
    return problem(
      ['env.eval_split', 'train.eval_interval', 'train.eval_env_steps', 'train.eval_num_samples'],
      'is null, so there is nothing to evaluate on. Give a slice such as "[8:]", or set ' +
        `${train.eval_env_steps === null ? '`train.eval_interval`' : '`train.eval_num_samples`'} to 0.`,
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
  function targetNeedsEvaluation({ train }) {
    if (train.target_return === null || evaluates(train)) return null;
    return problem(
      ['train.target_return', 'train.eval_interval', 'train.eval_env_steps', 'train.eval_num_samples'],
      'is set, but the run never evaluates, so nothing can reach it. Set it to null, or `train.eval_interval` and ' +
        '`train.eval_num_samples` to 1 or more.',
    );
  },
];
