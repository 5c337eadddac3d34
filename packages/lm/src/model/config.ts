import { z } from 'zod';
import { ModelError, shown } from '../errors.js';
import { type Biases, type Family, families } from './families.js';
import { parseRopeScaling, type RopeConfig, type RopeScaling } from './rope.js';

/** Shape of a decoder, from Hugging Face's config.json. */
export interface DecoderConfig {
  /** Key of `families`. */
  modelType: string;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numLayers: number;
  numHeads: number;
  /** Key/value heads; divides `numHeads`. */
  numKvHeads: number;
  headDim: number;
  rmsNormEps: number;
  rope: RopeConfig;
  /** Longest sequence, in tokens. */
  maxPositions: number;
  biases: Biases;
  /** Queries and keys go through a norm of their own per head. */
  qkNorm: boolean;
  /** Tokens that each layer looks back, itself included; null is all. One entry a layer. */
  windows: readonly (number | null)[];
  /** The LM head reuses the embedding. */
  tieEmbeddings: boolean;
  /** Standard deviation of fresh weights. */
  initializerRange: number;
  eosTokenIds: readonly number[];
  padTokenId: number | null;
  /** The file it was read from: what we do not compute with is saved again as it was. */
  file?: Readonly<Record<string, unknown>>;
}

/** Values of `model_type` that are computed. */
export const supportedModelTypes: readonly string[] = Object.keys(families);

/** Bounds far above any model, so that a lying file is refused before memory is asked for. */
const size = z
  .number()
  .int()
  .positive()
  .max(2 ** 24);
/** The base of rotary frequencies; at 1 or below, positions would no longer differ in scale. */
const theta = z.number().gt(1).max(1e15);
const layerTypes = ['full_attention', 'sliding_attention'] as const;
const tokenId = z.number().int().nonnegative();

const fileSchema = z.object({
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size.max(1024),
  num_attention_heads: size.max(65536),
  num_key_value_heads: size.nullish(),
  head_dim: size.nullish(),
  hidden_act: z.literal('silu').optional(),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  rope_theta: theta.optional(),
  // transformers 5 moved rope_theta and rope_scaling here.
  rope_parameters: z.looseObject({ rope_theta: theta.optional() }).nullish(),
  rope_scaling: z.looseObject({}).nullish(),
  partial_rotary_factor: z.literal(1).optional(),
  max_position_embeddings: z
    .number()
    .int()
    .positive()
    .max(2 ** 31)
    .optional(),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  use_sliding_window: z.boolean().optional(),
  sliding_window: size.nullish(),
  max_window_layers: z.number().int().nonnegative().optional(),
  layer_types: z.array(z.enum(layerTypes)).nullish(),
  initializer_range: z.number().nonnegative().default(0.02),
  eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish(),
  pad_token_id: z.number().int().nullish(),
});

type ConfigFile = z.infer<typeof fileSchema>;

/**
 * Reads the fields of a config.json.
 *
 * @param source where it came from, for the error message.
 * @throws ModelError naming every bad field, or the architecture or rope type when it is not supported.
 */
export function parseDecoderConfig(json: unknown, source: string): DecoderConfig {
  const modelType = (json as { model_type?: unknown } | null)?.model_type;
  const family =
    typeof modelType === 'string' && Object.hasOwn(families, modelType) ? families[modelType] : undefined;
  if (typeof modelType !== 'string' || family === undefined) {
    throw new ModelError(
      `${source}: model_type ${shown(modelType)} is not supported; supported are ${supportedModelTypes.join(', ')}.`,
    );
  }
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success)
    throw new ModelError(`${source} is no usable model configuration:\n${z.prettifyError(parsed.error)}`);
  const file = parsed.data;
  const maxPositions = file.max_position_embeddings ?? family.maxPositions;
  const scaling = parseRopeScaling(file.rope_parameters ?? file.rope_scaling, source);
  return {
    modelType,
    vocabSize: file.vocab_size,
    hiddenSize: file.hidden_size,
    intermediateSize: file.intermediate_size,
    numLayers: file.num_hidden_layers,
    ...headLayout(file, source),
    rmsNormEps: file.rms_norm_eps,
    rope: {
      theta: file.rope_parameters?.rope_theta ?? file.rope_theta ?? 10_000,
      scaling,
      maxPositions,
    },
    // Dynamic scaling is there to go beyond the trained length, by its factor.
    maxPositions: scaling.rope_type === 'dynamic' ? Math.floor(maxPositions * scaling.factor) : maxPositions,
    biases: family.biases(file),
    qkNorm: family.qkNorm,
    windows: windowsOf(file, family, source),
    tieEmbeddings: file.tie_word_embeddings,
    initializerRange: file.initializer_range,
    eosTokenIds: file.eos_token_id == null ? [] : [file.eos_token_id].flat(),
    padTokenId: file.pad_token_id ?? null,
    file: json as Record<string, unknown>,
  };
}

function headLayout(
  file: ConfigFile,
  source: string,
): Pick<DecoderConfig, 'numHeads' | 'numKvHeads' | 'headDim'> {
  const numHeads = file.num_attention_heads;
  const numKvHeads = file.num_key_value_heads ?? numHeads;
  const headDim = file.head_dim ?? file.hidden_size / numHeads;
  if (numHeads % numKvHeads !== 0 || !Number.isInteger(headDim) || headDim % 2 !== 0 || headDim < 4) {
    throw new ModelError(
      `${source}: ${numHeads} heads over ${numKvHeads} key/value heads of width ${headDim} do not fit: ` +
        'the heads must be a multiple of the key/value heads, the width even and at least 4.',
    );
  }
  return { numHeads, numKvHeads, headDim };
}

function windowsOf(file: ConfigFile, family: Family, source: string): (number | null)[] {
  const types = file.layer_types;
  const layers = Array.from({ length: file.num_hidden_layers }, (_, layer) => layer);
  if (types == null) return layers.map((layer) => family.window(file, layer));
  if (types.length !== layers.length)
    throw new ModelError(
      `${source}: layer_types has ${types.length} entries for ${layers.length} layers; give one a layer.`,
    );
  return types.map((type) => (type === 'sliding_attention' ? (file.sliding_window ?? 4096) : null));
}

/** What `decoderConfig` must be told; the rest follows the family. */
export interface DecoderShape {
  modelType: string;
  vocabSize: number;
  hiddenSize: number;
  intermediateSize: number;
  numLayers: number;
  numHeads: number;
  /** Default: `numHeads`. */
  numKvHeads?: number;
  /** Default: `hiddenSize / numHeads`. */
  headDim?: number;
  /** Default 1e-6. */
  rmsNormEps?: number;
  /** Default 10,000. */
  ropeTheta?: number;
  ropeScaling?: RopeScaling;
  maxPositions?: number;
  /** Tokens that every layer looks back; null, the default, is all. */
  slidingWindow?: number | null;
  tieEmbeddings?: boolean;
  initializerRange?: number;
  eosTokenIds?: readonly number[];
  padTokenId?: number | null;
}

/** A configuration written in code rather than read from a file. @throws ModelError as `parseDecoderConfig`. */
export function decoderConfig(shape: DecoderShape): DecoderConfig {
  const { file: _, ...config } = parseDecoderConfig(
    {
      model_type: shape.modelType,
      vocab_size: shape.vocabSize,
      hidden_size: shape.hiddenSize,
      intermediate_size: shape.intermediateSize,
      num_hidden_layers: shape.numLayers,
      num_attention_heads: shape.numHeads,
      num_key_value_heads: shape.numKvHeads,
      head_dim: shape.headDim,
      rms_norm_eps: shape.rmsNormEps,
      rope_theta: shape.ropeTheta,
      rope_scaling: shape.ropeScaling,
      max_position_embeddings: shape.maxPositions,
      use_sliding_window: shape.slidingWindow != null,
      sliding_window: shape.slidingWindow ?? null,
      max_window_layers: 0,
      tie_word_embeddings: shape.tieEmbeddings,
      initializer_range: shape.initializerRange,
      eos_token_id: shape.eosTokenIds === undefined ? undefined : [...shape.eosTokenIds],
      pad_token_id: shape.padTokenId,
    },
    'the configuration',
  );
  return config;
}

/** The config.json that Hugging Face's transformers, vLLM and llama.cpp's converter read. */
export function toHuggingFaceConfig(
  config: DecoderConfig,
  dtype: 'f32' | 'bf16' | 'f16',
): Record<string, unknown> {
  const family = families[config.modelType] as Family;
  const stored = { f32: 'float32', bf16: 'bfloat16', f16: 'float16' }[dtype];
  return {
    ...(config.file ?? { ...ropeFields(config.rope), ...windowFields(config, family) }),
    architectures: [family.architecture],
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
    max_position_embeddings:
      config.rope.scaling.rope_type === 'dynamic' ? config.rope.maxPositions : config.maxPositions,
    tie_word_embeddings: config.tieEmbeddings,
    attention_bias: config.biases.output,
    ...(config.biases.mlp ? { mlp_bias: true } : {}),
    initializer_range: config.initializerRange,
    eos_token_id: config.eosTokenIds.length === 1 ? config.eosTokenIds[0] : config.eosTokenIds,
    pad_token_id: config.padTokenId,
    torch_dtype: stored,
    // transformers 5 writes "dtype", which 4 does not read.
    ...(config.file?.dtype === undefined ? {} : { dtype: stored }),
  };
}

const ropeFields = ({ theta, scaling }: RopeConfig) => ({
  rope_theta: theta,
  ...(scaling.rope_type === 'default' ? {} : { rope_scaling: scaling }),
});

function windowFields(config: DecoderConfig, family: Family): Record<string, unknown> {
  const sliding = config.windows.find((window) => window !== null) ?? null;
  const fields = { use_sliding_window: sliding !== null, sliding_window: sliding };
  if (config.windows.every((window, layer) => window === family.window(fields, layer))) return fields;
  return { ...fields, layer_types: config.windows.map((window) => layerTypes[window === null ? 0 : 1]) };
}
