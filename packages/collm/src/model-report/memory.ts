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
  /** Tokens per row, prompt included; in training, too. */
  readonly context: number;
  /** Rank of the adapter. */
  readonly rank: number;
  /** Tokens that go through the model in one forward and backward. */
  readonly tokens: number;
  /** Whether libtorch brings attention that never holds its scores: 2.0 or newer does. */
  readonly fusedAttention: boolean;
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

/** Logits that the loss holds at once, at most; on a device. On the processor there are fewer. */
const headChunk = 2 ** 26;

export function estimateMemory(
  config: DecoderConfig,
  dtype: 'f32' | 'bf16',
  workload: Workload,
): MemoryEstimate {
  const { batch, context, rank, tokens } = workload;
  const size = dtype === 'f32' ? 4 : 2;
  const { total } = countParameters(config);
  const weights = total * size;
  const cachePerToken = 2 * config.numLayers * config.numKvHeads * config.headDim * size;
  // Adapters are f32 whatever the weights beside them are.
  const lora = weights + countAdapterParameters(config, rank) * (4 + 4 + momentBytes);
  const masters = dtype === 'f32' ? 0 : 4;
  const full = total * (size + size + momentBytes + masters);
  const layer = layerBytes(config, size, workload);
  // Logits, and three tensors of their size on the way to the gradient, all f32.
  const head = 4 * 4 * Math.min(tokens * config.vocabSize, headChunk);
  const whole = (perLayer: number) => tokens * config.numLayers * perLayer + head;
  // The input of each layer stays; one layer at a time is computed again, and its gradients beside it.
  const checkpointed = (perLayer: number) =>
    tokens * (config.numLayers * config.hiddenSize * size + 2 * perLayer) + head;
  return {
    weights,
    cachePerToken,
    cacheFullContext: cachePerToken * config.maxPositions,
    inference: weights + batch * context * cachePerToken,
    lora: lora + whole(layer),
    loraCheckpointed: lora + checkpointed(layer),
    full: full + whole(layer),
    fullCheckpointed: full + checkpointed(layer),
  };
}

/** Bytes per token of what autograd keeps of a layer until the backward pass. What a layer makes beside is freed with it. */
function layerBytes(config: DecoderConfig, size: number, workload: Workload): number {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = config;
  const row = Math.min(workload.context, workload.tokens);
  // Of each norm its result and the value before the weight; in bf16 the f32 copy of its input, too.
  const norms = 2 * C * 8 + (config.qkNorm ? (H + K) * D * (size === 4 ? 4 : 6) : 0);
  const residuals = 2 * C;
  const projections = 4 * I + (H + 2 * K) * D;
  const attention = workload.fusedAttention ? 4 * H * D : 2 * (H + K) * D + H * row;
  return norms + (residuals + projections + attention) * size;
}
