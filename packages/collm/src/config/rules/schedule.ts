/** Rules of what happens at which step; `openEnvironment` checks the same against the number of items. */
import { defaultEvalInterval } from '../schema-train.js';
import { problem, type Rule } from './rule.js';

export const scheduleRules: readonly Rule[] = [
  function warmupEnds({ train }) {
    if (train.max_steps === null || train.warmup_steps < train.max_steps) return null;
    return problem(
      ['train.warmup_steps', 'train.max_steps'],
      `is ${train.warmup_steps}, but \`train.max_steps\` is ${train.max_steps}: the learning rates would never be ` +
        'reached. Set it below the steps of the run.',
    );
  },
  function criticWarmupEnds({ algorithm, train }) {
    if (!('critic_warmup_steps' in algorithm)) return null;
    if (train.max_steps === null || algorithm.critic_warmup_steps < train.max_steps) return null;
    return problem(
      ['algorithm.critic_warmup_steps', 'train.max_steps'],
      `is ${algorithm.critic_warmup_steps}, but \`train.max_steps\` is ${train.max_steps}: the agents would never be ` +
        'trained. Set it below the steps of the run.',
    );
  },
  function evaluationHasOneRhythm({ train }) {
    // Whether the default was given cannot be told any more, and is harmless.
    if (train.eval_env_steps === null || train.eval_interval === defaultEvalInterval) return null;
    return problem(
      ['train.eval_env_steps', 'train.eval_interval'],
      `is ${train.eval_env_steps}, but \`train.eval_interval\` is ${train.eval_interval}, which it replaces. Remove that, ` +
        'or set it to null where another file gives it.',
    );
  },
];
