/** The sections `agent_model` and `critic_model`. */
import { z } from 'zod';

const place = z.string().regex(/^(cpu|cuda(:\d+)?)$/);
const format = z.enum(['float32', 'bfloat16', 'float16', 'float64']);
const folder = z.string().min(1);
const home = z.enum(['inline', 'thread', 'process']);
const threads = z.int().min(1).max(4096);

/** One value for all, or a list with one per model. */
const oneOrEach = <Value extends z.ZodType>(value: Value) => z.union([value, z.array(value).min(1)]);

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

export const agentModelSchema = z.strictObject({
  path: oneOrEach(folder).describe(
    'Folder of a model in Hugging Face layout, relative to this file, or a model of the hub, org/name or org/name@revision. A list has one per agent, each with its own tokenizer.',
  ),
  share: z
    .boolean()
    .default(false)
    .describe('One set of weights plays all roles and learns from all of them. false: one per agent.'),
  device: oneOrEach(place)
    .default('cpu')
    .describe(
      'Where the model computes: cpu, cuda or cuda:N; a list has one per agent and wants `train.parallel_training: mp`.',
    ),
  dtype: oneOrEach(format)
    .nullable()
    .default(null)
    .describe('Number format of the weights; a list has one per agent. null: as they are stored.'),
  reference_device: oneOrEach(place)
    .nullable()
    .default(null)
    .describe(
      'Where the frozen copies for `algorithm.kl_mode` compute; a list has one per agent. null: beside their agents.',
    ),
  placement: oneOrEach(home)
    .default('inline')
    .describe(
      'Where an agent lives: inline (in the trainer), thread (a thread of its own) or process (a process of its own, whose crash the run survives). Those apart from each other generate and update side by side, each with a copy of its model. A list has one per agent.',
    ),
  threads: oneOrEach(threads)
    .nullable()
    .default(null)
    .describe(
      'Processor threads of libtorch within an operation; a list has one per agent. null: what libtorch takes by itself, divided by the number of places where agents live, rounded down, at least 1; inline agents have one place together. Results are the same for every placement with the same number.',
    ),
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

export const criticModelSchema = z.strictObject({
  path: oneOrEach(folder)
    .nullable()
    .default(null)
    .describe(
      "Folder or model of the hub that critics start from; a list has one per critic. null: the agent's (collm_cc: the first agent's).",
    ),
  device: oneOrEach(place)
    .nullable()
    .default(null)
    .describe(
      "Where critics compute; a list has one per critic. null: where the (first) agent's model does.",
    ),
  dtype: oneOrEach(format)
    .nullable()
    .default(null)
    .describe("Number format; a list has one per critic. null: that of the (first) agent's model."),
  placement: oneOrEach(home)
    .nullable()
    .default(null)
    .describe(
      'Where critics live, as `agent_model.placement`; a list has one per critic. null: where the (first) agent does.',
    ),
  threads: oneOrEach(threads)
    .nullable()
    .default(null)
    .describe(
      "Threads as `agent_model.threads`; a list has one per critic. null: the (first) agent's number; where that is null too, an even share among the places of critics, who do not compute while agents do.",
    ),
  max_prompt_tokens: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Longer histories lose their oldest part. null: what the context holds.'),
  sees: z
    .enum(['history', 'state'])
    .default('history')
    .describe(
      "With collm_cc: what the critic is shown. state: the environment's true state in place of the joint history; no agent may know it, so this is an oracle, to study what the critic's knowledge is worth. Wants an environment with describeState.",
    ),
  value_head_hidden_dim: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Width of a hidden layer in the value heads. null: a single linear layer.'),
  value_norm: z
    .enum(['none', 'running', 'popart'])
    .default('none')
    .describe(
      'Learn values scaled by the mean and deviation of their targets so far; popart also keeps what was learned while these move.',
    ),
  gradient_checkpointing: gradientCheckpointing,
  lora: lora.describe(
    'Train an adapter and the value head; a base that is also that of agents with adapters is shared. null: train all weights.',
  ),
});

/** The value of one member of a team: a list has one per member, or one for all. */
export function valueFor<Value>(values: Value | readonly Value[], member: number): Value {
  if (!Array.isArray(values)) return values as Value;
  return values[values.length === 1 ? 0 : member] as Value;
}
