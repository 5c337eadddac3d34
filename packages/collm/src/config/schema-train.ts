/** The `train` section: steps, sampling, optimisation, evaluation, checkpoints. */
import { z } from 'zod';

/** Of `eval_interval`. */
export const defaultEvalInterval = 16;

export const trainSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .default(42)
    .describe('Drives item order, sampling, minibatches and the initialisation of value heads.'),
  items_per_step: z
    .int()
    .min(1)
    .default(8)
    .describe(
      'Items rolled out together in one round; a step is one, unless `algorithm.rollout_buffer_size` asks for more.',
    ),
  shuffle: z.boolean().default(true).describe('Draw a new (seeded) item order every epoch.'),
  num_train_epochs: z.int().min(1).default(40).describe('Passes over the training items.'),
  max_steps: z.int().min(1).nullable().default(null).describe('Stop after so many steps. null: no limit.'),
  max_env_steps: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Stop after the first step at whose end `train/env_steps` is so many or more: the budget to compare methods at. null: no limit.',
    ),
  temperature: z.number().positive().default(0.6).describe('Sampling temperature while training.'),
  top_p: z
    .number()
    .positive()
    .max(1)
    .default(0.6)
    .describe('Sample from the smallest set of tokens that holds this share of the probability.'),
  top_k: z.int().min(1).nullable().default(null).describe('Sample from so many tokens. null: no limit.'),
  max_new_tokens: z.int().min(1).default(256).describe('Longest response in tokens.'),
  agent_learning_rate: z.number().positive().default(5e-6).describe('AdamW step size of the agents.'),
  critic_learning_rate: z
    .number()
    .positive()
    .default(5e-6)
    .describe('AdamW step size of critics, and of value heads on agents.'),
  lr_schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('constant')
    .describe('How both learning rates go over the run: constant, or down to 0.'),
  warmup_steps: z
    .int()
    .min(0)
    .default(0)
    .describe('Both learning rates rise linearly over so many steps first.'),
  parallel_training: z
    .enum(['none', 'mp'])
    .default('none')
    .describe('mp: agents and critics on devices of their own, side by side. Wants lists of devices.'),
  weight_decay: z.number().min(0).default(0.01).describe('AdamW weight decay.'),
  adam_beta1: z.number().min(0).lt(1).default(0.9).describe('AdamW decay of the mean gradient.'),
  adam_beta2: z.number().min(0).lt(1).default(0.999).describe('AdamW decay of the squared gradient.'),
  adam_epsilon: z.number().positive().default(1e-8).describe('AdamW constant in the denominator.'),
  max_grad_norm: z
    .number()
    .positive()
    .nullable()
    .default(1)
    .describe('Gradients are scaled down to this norm. null: never.'),
  eval_interval: z
    .int()
    .min(0)
    .default(defaultEvalInterval)
    .describe('Evaluate after so many steps, and before the first and after the last. 0: never.'),
  eval_env_steps: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'In place of `train.eval_interval`: evaluate after every step at whose end another multiple of so many `train/env_steps` was passed, and before the first and after the last. null: by steps.',
    ),
  eval_num_samples: z.int().min(0).default(4).describe('Evaluation items: a fixed seeded subset. 0: never.'),
  eval_temperature: z.number().min(0).default(0).describe('Temperature of evaluation. 0: greedy.'),
  eval_generations: z.int().min(1).default(1).describe('Episodes per evaluation item.'),
  checkpoint_every: z
    .int()
    .min(0)
    .default(0)
    .describe('Checkpoint after so many steps. 0: only at the end and when stopped.'),
  keep_last: z
    .int()
    .min(1)
    .default(2)
    .describe('Newest checkpoints to keep, beside the one with the best evaluation return.'),
  max_failure_rate: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe("Largest share of a step's episodes that may fail in the environment before the run stops."),
  max_skipped_updates: z
    .int()
    .min(0)
    .default(0)
    .describe('Updates in a row that may be left out because loss or gradient is not finite.'),
  recovery_interval: z
    .int()
    .min(1)
    .default(1)
    .describe('With workers: keep a state after so many steps, for a restart when one of them dies.'),
  max_restarts: z
    .int()
    .min(0)
    .default(3)
    .describe('Restarts after the death of a worker without a step further in between. 0: stop at once.'),
  target_return: z
    .number()
    .nullable()
    .default(null)
    .describe('Report the environment steps until evaluations reach this return. null: do not.'),
  diagnostics_interval: z
    .int()
    .min(0)
    .default(0)
    .describe('Measure the variance of returns and gradients in every so-many-th step. 0: never.'),
  diagnostics_items: z.int().min(1).default(4).describe('Items that such a measurement plays.'),
  diagnostics_rollouts: z.int().min(2).default(8).describe('How often it plays them.'),
});

/** Whether a run evaluates at all. */
export function evaluates(
  train: Pick<z.infer<typeof trainSchema>, 'eval_interval' | 'eval_env_steps' | 'eval_num_samples'>,
): boolean {
  return (train.eval_env_steps !== null || train.eval_interval > 0) && train.eval_num_samples > 0;
}
