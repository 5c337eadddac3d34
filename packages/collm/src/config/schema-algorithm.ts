/** The `algorithm` section: one branch per algorithm, chosen by `name`. Symbols as in the algorithms spec. */
import { z } from 'zod';

const common = {
  train_batch_size: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Joint transitions (collm_cc) or nodes (magrpo) per optimiser step. null: all of a step at once.',
    ),
  update_epochs: z
    .int()
    .min(1)
    .default(1)
    .describe('Passes over the data of a step. More than 1 wants `ppo`.'),
  policy_loss: z
    .enum(['pg', 'ppo'])
    .default('pg')
    .describe('REINFORCE, or the clipped ratio to the policy that sampled.'),
  clip_eps: z.number().positive().lt(1).default(0.2).describe('Half width of the clip of `ppo`.'),
  ratio_level: z
    .enum(['token', 'sequence', 'sequenceMean'])
    .default('token')
    .describe('What `ppo` takes a ratio of: tokens, whole responses, or their mean log-ratio.'),
  loss_aggregation: z
    .enum(['tokenMean', 'seqMean', 'seqSum'])
    .default('tokenMean')
    .describe('How token losses become one loss.'),
};

const normalization = z.enum(['none', 'node', 'turn', 'batch']);
const normalizationText = 'The set over which advantages are scaled to mean 0 and deviation 1.';

const discount = z.number().min(0).max(1).describe('Weight of a reward one turn later (gamma).');

const collmCcSchema = z.strictObject({
  name: z.literal('collm_cc').describe('CoLLM-CC: one critic on the joint history of all agents.'),
  discount: discount.default(1),
  num_generations: z.int().min(1).default(1).describe('Independent episodes per item and step.'),
  gae_lambda: z.number().min(0).max(1).default(0).describe('Lambda of GAE over turns. 0: one-step TD.'),
  bootstrap_on_horizon: z
    .boolean()
    .default(false)
    .describe('Count on the value after the last turn instead of 0.'),
  value_loss_coef: z.number().positive().default(0.6).describe('Weight of the value loss.'),
  value_clip_range: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('Half width of the clip of value changes. null: none.'),
  critic_warmup_steps: z.int().min(0).default(0).describe('First steps that train the critic only.'),
  advantage_normalization: normalization.default('batch').describe(normalizationText),
  ...common,
});

const magrpoSchema = z.strictObject({
  name: z.literal('magrpo').describe('MAGRPO: Monte Carlo returns against the group mean, without a critic.'),
  discount: discount.default(0.9),
  num_generations: z.int().min(2).default(4).describe('Responses per agent and node.'),
  joint_mode: z
    .enum(['aligned', 'cross'])
    .default('aligned')
    .describe("How the agents' responses are combined: by index, or every one with every other."),
  cross_reduce: z
    .enum(['mean', 'sum'])
    .default('mean')
    .describe("In cross mode: how an agent's return is reduced over its teammates' responses."),
  advantage_normalization: normalization.default('none').describe(normalizationText),
  ...common,
});

/** How the agents learn. */
export const algorithmSchema = z.discriminatedUnion('name', [collmCcSchema, magrpoSchema]);
