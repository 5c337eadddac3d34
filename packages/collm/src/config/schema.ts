/**
 * The configuration of a run: the only home of its keys, types, ranges, defaults and descriptions.
 * Checks that involve several keys are in rules.ts. Keys are spelt as in CoMLRL.
 */
import { z } from 'zod';
import { algorithmSchema } from './schema-algorithm.js';
import { envSchema } from './schema-env.js';

const device = z
  .string()
  .regex(/^(cpu|cuda(:\d+)?)$/)
  .default('cpu')
  .describe('Where the model computes: cpu, cuda or cuda:N.');

const dtype = z.enum(['float32', 'bfloat16', 'float16', 'float64']).nullable().default(null);

const gradientCheckpointing = z
  .boolean()
  .default(false)
  .describe(
    'Compute layers again in the backward pass instead of keeping them: slower, in a fraction of the memory.',
  );

/** Keys and defaults are PEFT's, but for the modules. */
const lora = z
  .strictObject({
    r: z.int().min(1).default(8).describe('Rank: width of the bottleneck in each adapted matrix.'),
    lora_alpha: z.number().positive().default(8).describe('The change counts lora_alpha / r.'),
    target_modules: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .default('all-linear')
      .describe('Names such as [q_proj, v_proj], a regular expression for whole names, or all-linear.'),
    lora_dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .describe("Share of the adapters' inputs that is zeroed while training."),
    use_rslora: z.boolean().default(false).describe('The change counts lora_alpha / sqrt(r).'),
  })
  .nullable()
  .default(null);

const agentModelSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .describe(
      'Folder of a model in Hugging Face layout, relative to this file, or a model of the hub, org/name or org/name@revision. Every agent starts from it.',
    ),
  device,
  dtype: dtype.describe('Number format of the weights. null: as they are stored.'),
  max_prompt_tokens: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Longer prompts lose their oldest part. null: what the context leaves beside `train.max_new_tokens`.',
    ),
  tokens_per_micro_batch: z
    .int()
    .min(1)
    .default(8192)
    .describe(
      'Tokens of one forward and backward pass of an update; less needs less memory, with equal results.',
    ),
  gradient_checkpointing: gradientCheckpointing,
  lora: lora.describe(
    'Train an adapter per agent on one frozen copy of the model. null: train all weights, in a copy per agent.',
  ),
});

const criticModelSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'Folder or model of the hub that the critic starts from. null: the same as `agent_model.path`.',
    ),
  device: device.unwrap().nullable().default(null).describe('null: the same as `agent_model.device`.'),
  dtype: dtype.describe('null: the same as `agent_model.dtype`.'),
  max_prompt_tokens: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Longer joint histories lose their oldest part. null: what the context holds.'),
  value_head_hidden_dim: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Width of a hidden layer in the value head. null: a single linear layer.'),
  gradient_checkpointing: gradientCheckpointing,
  lora: lora.describe(
    'Train an adapter and the value head; a base that is also that of agents with adapters is shared. null: train all weights.',
  ),
});

const trainSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .default(42)
    .describe('Drives item order, sampling, minibatches and the initialisation of value heads.'),
  items_per_step: z.int().min(1).default(8).describe('Items rolled out together in one step.'),
  shuffle: z.boolean().default(true).describe('Draw a new (seeded) item order every epoch.'),
  num_train_epochs: z.int().min(1).default(40).describe('Passes over the training items.'),
  max_steps: z.int().min(1).nullable().default(null).describe('Stop after so many steps. null: no limit.'),
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
  critic_learning_rate: z.number().positive().default(5e-6).describe('AdamW step size of the critic.'),
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
    .default(16)
    .describe('Evaluate after so many steps, and before the first and after the last. 0: never.'),
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
});

/** Everything that a run depends on. */
export const configSchema = z.strictObject({
  env: envSchema,
  agent_model: agentModelSchema,
  critic_model: criticModelSchema.prefault({}),
  algorithm: algorithmSchema,
  train: trainSchema.prefault({}),
});

/** A checked configuration with every default filled in. */
export type Config = z.infer<typeof configSchema>;

/** Keys that hold paths: relative to the file they stand in. */
export const pathKeys = ['agent_model.path', 'critic_model.path', 'env.csv_path'] as const;
