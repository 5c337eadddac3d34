/** The keys that algorithms share (algorithms spec 3.1 and 3.2); names of the P and D sections are of that spec. */
import type { ReferenceFault } from '@collm/marl';
import { z } from 'zod';

const discount = z.number().min(0).max(1).describe('Weight of a reward one turn later (gamma).');
const normalization = z
  .enum(['none', 'node', 'turn', 'batch'])
  .describe('The set over which advantages are scaled to mean 0 and deviation 1 (P5).');

const referenceFaults = ['D1', 'D2', 'D3', 'D5', 'D8'] as const satisfies readonly ReferenceFault[];

/** What every algorithm has; two defaults differ. */
export function commonKeys(defaults: { discount: number; normalization: 'none' | 'batch' }) {
  return {
    discount: discount.default(defaults.discount),
    rollout_buffer_size: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Items are played, `train.items_per_step` at a time, until there are so many joint transitions (with a critic) or nodes (Monte Carlo). null: played once.',
      ),
    train_batch_size: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .describe(
        'Joint transitions (with a critic) or nodes (Monte Carlo) per optimiser step. null: all of a step at once.',
      ),
    update_epochs: z
      .int()
      .min(1)
      .default(1)
      .describe('Passes over the data of a step. More than 1 wants `ppo`.'),
    advantage_normalization: normalization.default(defaults.normalization),
    advantage_clip: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('Advantages are cut to this range around 0, after normalisation. null: never.'),
    policy_loss: z
      .enum(['pg', 'ppo'])
      .default('pg')
      .describe('REINFORCE, or the clipped ratio to the policy that sampled (P10, P11).'),
    clip_eps: z.number().positive().lt(1).default(0.2).describe('Half width of the clip of `ppo`.'),
    ratio_level: z
      .enum(['token', 'sequence', 'sequenceMean'])
      .default('token')
      .describe('What `ppo` takes a ratio of: tokens, whole responses, or their mean log-ratio.'),
    loss_aggregation: z
      .enum(['tokenMean', 'seqMean', 'seqSum'])
      .default('tokenMean')
      .describe(
        'How token losses become one loss (P10). seqSum is what CoMLRL does: long responses count more.',
      ),
    is_correction: z
      .enum(['off', 'token', 'sequence'])
      .default('off')
      .describe(
        'Weigh samples for what `train.top_p` and `train.top_k` cut off (P15). off, as CoMLRL: they count as if nothing had been, which is only true of top_p 1 without top_k.',
      ),
    is_cap: z.number().min(1).default(2).describe('Largest weight of `is_correction`.'),
    kl_mode: z
      .enum(['off', 'lossK3', 'lossExact', 'rewardK1', 'rewardK3'])
      .default('off')
      .describe(
        'Divergence from the policy before training (P13): a loss (k3, or exact over the vocabulary), a part of each ' +
          "agent's advantage (k1), or of its reward (k3, as CoMLRL; wants `parity`, and D1 with `collm_cc`). Other than off keeps a frozen copy " +
          'of every model that agents start from; with `agent_model.lora` that is the base, which is there anyway.',
      ),
    kl_coef: z.number().min(0).default(0.1).describe('Weight of that divergence (beta).'),
    entropy_coef: z.number().min(0).default(0).describe('Weight of the entropy that the loss rewards.'),
    update_order: z
      .enum(['simultaneous', 'sequential'])
      .default('simultaneous')
      .describe(
        'sequential: agents update one after another, each on what the updates before it made likely (P16).',
      ),
    sequential_clip: z
      .tuple([z.number().positive(), z.number().positive()])
      .default([0.1, 2])
      .describe('Range of the factor that corrects for the agents before.'),
    parity: z
      .boolean()
      .default(false)
      .describe(
        'Allow what CoMLRL does although it is wrong (D4, D6, D7, `reference_faults`), to compare with it.',
      ),
    reference_faults: z
      .array(z.enum(referenceFaults))
      .default([])
      .describe(
        'What CoMLRL does wrong and is to be done likewise, for studies of what each correction is worth; wants `parity`. ' +
          "D1: the critic of `collm_cc` is stepped inside every agent's update. D2: with `critic_type: q` the advantage " +
          'is target less Q. D3, Monte Carlo: the last token of the longest response of a group is not trained, the ' +
          'padding of shorter ones is. D5: log-probs are taken at temperature 1, whatever `train.temperature` is. D8: ' +
          'agents and critics see the current prompt alone, no earlier turns.',
      ),
  };
}

/** What methods with a critic have. */
export const criticKeys = {
  num_generations: z.int().min(1).default(1).describe('Independent episodes per item and step.'),
  gae_lambda: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Lambda of GAE over turns, or tokens with `value_level: token` (P9). 0: one-step TD.'),
  bootstrap_on_horizon: z
    .boolean()
    .default(false)
    .describe('Count on the value after the last turn instead of 0 (P8).'),
  critic_type: z
    .enum(['v', 'q'])
    .default('v')
    .describe('Value of a history, or of a history and the responses to it.'),
  q_baseline: z
    .enum(['v', 'mean', 'loo', 'counterfactual'])
    .default('v')
    .describe(
      'What `critic_type: q` is compared with (D2): a value without the responses, the mean of Q over further ' +
        "responses, the mean without the own one, or over the agent's own responses with the teammates' fixed.",
    ),
  baseline_samples: z
    .int()
    .min(2)
    .default(4)
    .describe(
      'Responses per agent and turn for the last three baselines: all are learned from, the first is played.',
    ),
  value_level: z
    .enum(['turn', 'token'])
    .default('turn')
    .describe('One value a turn, or one before every token of a response.'),
  value_loss_coef: z.number().positive().default(0.6).describe('Weight of the value loss (P12).'),
  value_clip_range: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe(
      'Half width of the clip of value changes (P12). null: none. CoMLRL has 0.2, for value heads on the agents only.',
    ),
  critic_warmup_steps: z.int().min(0).default(0).describe('First steps that train the critics only.'),
  critic_update_epochs: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Passes of critics of their own over the data of a step. null: as many as the agents make, `update_epochs`.',
    ),
};

/** Where the critic of a single history lives. */
export const localCriticKeys = {
  use_separate_critic: z
    .boolean()
    .default(true)
    .describe("A model of its own per critic. false: a value head on the agent's own model."),
  value_stop_gradient: z
    .boolean()
    .default(false)
    .describe("Of such a head: its loss trains the head only, not the agent's model (D12)."),
};

/** What Monte Carlo methods have; what compares responses needs two of them. */
export const treeKeys = {
  num_generations: z.int().min(1).default(4).describe('Responses per agent and node.'),
  joint_mode: z
    .enum(['aligned', 'cross'])
    .default('aligned')
    .describe("How the agents' responses are combined: by index, or every one with every other."),
  cross_reduce: z
    .enum(['mean', 'sum'])
    .default('mean')
    .describe("In cross mode: how an agent's return is reduced over its teammates' responses (P7)."),
  branches_per_node: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Only so many joint samples of a node count and are played on (D29). null: all.'),
  node_weighting: z
    .enum(['path', 'equal'])
    .default('path')
    .describe(
      'What a node counts for: path divides by the branches that led to it, so that turns weigh alike; equal gives later turns more.',
    ),
};
