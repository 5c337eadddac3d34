/**
 * Estimates of the memory that a model takes, in bytes. The formulas stand in docs/models.md, under the same
 * names. They count what grows with the model and the batch, not libtorch itself (some 200 MB) nor what an
 * allocator keeps back.
 */
import type { DecoderConfig } from '@collm/lm';
import { countAdapterParameters, countParameters } from './shape.js';

/** What the estimates are for. */
export interface Workload {
  /** Rows that are generated side by side. */
  readonly batch: number;
  /** Tokens per row, prompt included. */
  readonly context: number;
  /** Rank of the adapter. */
  readonly rank: number;
  /** Tokens that go through the model in one forward and backward. */
  readonly tokens: number;
}

export interface MemoryEstimate {
  readonly weights: number;
  readonly cachePerToken: number;
  /** Cache of one row as long as the model's context. */
  readonly cacheFullContext: number;
  readonly inference: number;
  readonly lora: number;
  readonly loraCheckpointed: number;
  readonly full: number;
  readonly fullCheckpointed: number;
}

/** What AdamW keeps per weight that it trains: two moments, always f32. */
const momentBytes = 8;

export function estimateMemory(
  config: DecoderConfig,
  dtype: 'f32' | 'bf16',
  { batch, context, rank, tokens }: Workload,
): MemoryEstimate {
  const size = dtype === 'f32' ? 4 : 2;
  const { total } = countParameters(config);
  const adapter = countAdapterParameters(config, rank);
  const weights = total * size;
  const cachePerToken = 2 * config.numLayers * config.numKvHeads * config.headDim * size;
  const activations = activationBytes(config, size);
  const whole = tokens * (config.numLayers * activations.layer + activations.head);
  // Only the input of each layer is kept; one layer at a time is computed again.
  const checkpointed =
    tokens * (config.numLayers * config.hiddenSize * size + activations.layer + activations.head);
  const masters = dtype === 'f32' ? 0 : 4;
  // Adapters are f32 whatever the weights beside them are.
  const lora = weights + adapter * (4 + 4 + momentBytes);
  const full = total * (size + size + momentBytes + masters);
  return {
    weights,
    cachePerToken,
    cacheFullContext: cachePerToken * config.maxPositions,
    inference: weights + batch * context * cachePerToken,
    lora: lora + whole,
    loraCheckpointed: lora + checkpointed,
    full: full + whole,
    fullCheckpointed: full + checkpointed,
  };
}

/** Bytes per token that the backward pass needs of the forward pass: of one layer, and of the LM head. */
function activationBytes(config: DecoderConfig, size: number): { layer: number; head: number } {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = config;
  // A norm keeps its input, which it computes in f32, the normalised values and its output.
  const norms = 2 * C * (4 + 2 * size);
  // Rotated queries, keys and values spread over all heads, the result; norms of heads keep two more.
  const attention = (4 * H * D + (config.qkNorm ? 2 * (H + K) * D : 0)) * size;
  // gate and up, silu(gate), and its product with up.
  const mlp = 4 * I * size;
  // Logits, log-probabilities and their gradient, which are f32.
  const head = 3 * config.vocabSize * 4;
  return { layer: norms + attention + mlp, head };
}
