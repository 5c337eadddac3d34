import { z } from 'zod';
import { ModelError } from '../errors.js';

/** Shape of a decoder, from Hugging Face's config.json. */
export interface DecoderConfig {
  modelType: 'qwen3';
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numLayers: number;
  numHeads: number;
  /** Key/value heads; divides `numHeads`. */
  numKvHeads: number;
  headDim: number;
  rmsNormEps: number;
  ropeTheta: number;
  /** Longest sequence, in tokens. */
  maxPositions: number;
  /** The LM head reuses the embedding. */
  tieEmbeddings: boolean;
  /** Standard deviation of fresh weights. */
  initializerRange: number;
  eosTokenIds: readonly number[];
  padTokenId: number | null;
}

/** Architectures that `Decoder` computes. */
export const supportedModelTypes = ['qwen3'] as const;

const size = z.number().int().positive();

const fileSchema = z.object({
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  hidden_act: z.literal('silu').optional(),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().optional(),
  // transformers 5 moved rope_theta here.
  rope_parameters: z
    .object({ rope_theta: z.number().positive().optional(), rope_type: z.string().optional() })
    .nullish(),
  rope_scaling: z.object({ rope_type: z.string().optional(), type: z.string().optional() }).nullish(),
  max_position_embeddings: size.default(32768),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.literal(false).optional(),
  use_sliding_window: z.literal(false).optional(),
  initializer_range: z.number().positive().default(0.02),
  eos_token_id: z.union([z.number().int(), z.array(z.number().int())]).nullish(),
  pad_token_id: z.number().int().nullish(),
});

/**
 * Reads the fields of a config.json.
 *
 * @param source where it came from, for the error message.
 * @throws ModelError naming every bad field, or the architecture when it is not supported.
 */
export function parseDecoderConfig(json: unknown, source: string): DecoderConfig {
  const modelType = (json as { model_type?: unknown } | null)?.model_type;
  if (modelType !== 'qwen3') {
    throw new ModelError(
      `${source}: model_type ${JSON.stringify(modelType)} is not supported; supported are ${supportedModelTypes.join(', ')}.`,
    );
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success)
    throw new ModelError(`${source} is no usable model configuration:\n${z.prettifyError(parsed.error)}`);
  const file = parsed.data;
  const scaling =
    file.rope_scaling?.rope_type ?? file.rope_scaling?.type ?? file.rope_parameters?.rope_type ?? 'default';
  if (scaling !== 'default')
    throw new ModelError(`${source}: rope type "${scaling}" is not supported; supported is "default".`);
  const numKvHeads = file.num_key_value_heads ?? file.num_attention_heads;
  const headDim = file.head_dim ?? file.hidden_size / file.num_attention_heads;
  if (file.num_attention_heads % numKvHeads !== 0 || !Number.isInteger(headDim) || headDim % 2 !== 0) {
    throw new ModelError(
      `${source}: ${file.num_attention_heads} heads over ${numKvHeads} key/value heads of width ${headDim} do not fit: ` +
        'the heads must be a multiple of the key/value heads, the width even.',
    );
  }
  return {
    modelType: 'qwen3',
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    numLayers: file.num_hidden_layers,
    numHeads: file.num_attention_heads,
    numKvHeads,
    headDim,
    rmsNormEps: file.rms_norm_eps,
    ropeTheta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10_000,
    maxPositions: file.max_position_embeddings,
    tieEmbeddings: file.tie_word_embeddings,
    initializerRange: file.initializer_range,
    eosTokenIds: file.eos_token_id == null ? [] : [file.eos_token_id].flat(),
    padTokenId: file.pad_token_id ?? null,
  };
}

/** The config.json that Hugging Face's transformers reads. */
export function toHuggingFaceConfig(
  config: DecoderConfig,
  dtype: 'f32' | 'bf16' | 'f16',
): Record<string, unknown> {
  return {
    architectures: ['Qwen3ForCausalLM'],
    model_type: config.modelType,
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.numLayers,
    num_attention_heads: config.numHeads,
    num_key_value_heads: config.numKvHeads,
    head_dim: config.headDim,
    hidden_act: 'silu',
    rms_norm_eps: config.rmsNormEps,
    rope_theta: config.ropeTheta,
    max_position_embeddings: config.maxPositions,
    tie_word_embeddings: config.tieEmbeddings,
    attention_bias: false,
    use_sliding_window: false,
    initializer_range: config.initializerRange,
    eos_token_id: config.eosTokenIds.length === 1 ? config.eosTokenIds[0] : config.eosTokenIds,
    pad_token_id: config.padTokenId,
    torch_dtype: { f32: 'float32', bf16: 'bfloat16', f16: 'float16' }[dtype],
  };
}
