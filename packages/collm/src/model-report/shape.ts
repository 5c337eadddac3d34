/** Numbers of parameters that follow from a model's configuration. */
import type { DecoderConfig } from '@collm/lm';

export interface ParameterCounts {
  readonly total: number;
  /** Embedding, and LM head where it is a matrix of its own. */
  readonly embedding: number;
  readonly withoutEmbedding: number;
}

/** Inputs and outputs of the linear layers of one decoder layer, by the modules of Hugging Face's code. */
export function linearShapes(config: DecoderConfig): { inputs: number; outputs: number }[] {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = config;
  return [
    { inputs: C, outputs: H * D }, // q_proj
    { inputs: C, outputs: K * D }, // k_proj
    { inputs: C, outputs: K * D }, // v_proj
    { inputs: H * D, outputs: C }, // o_proj
    { inputs: C, outputs: I }, // gate_proj
    { inputs: C, outputs: I }, // up_proj
    { inputs: I, outputs: C }, // down_proj
  ];
}

/** Counts without weights at hand; equal to `Decoder.numParameters`. */
export function countParameters(config: DecoderConfig): ParameterCounts {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K, biases } = config;
  const linear = linearShapes(config).reduce((sum, { inputs, outputs }) => sum + inputs * outputs, 0);
  const bias = (biases.qkv ? (H + 2 * K) * D : 0) + (biases.output ? C : 0) + (biases.mlp ? 2 * I + C : 0);
  const norms = 2 * C + (config.qkNorm ? 2 * D : 0);
  const withoutEmbedding = config.numLayers * (linear + bias + norms) + C;
  const embedding = config.vocabSize * C * (config.tieEmbeddings ? 1 : 2);
  return { total: embedding + withoutEmbedding, embedding, withoutEmbedding };
}

/** Weights of an adapter of rank r on every linear layer: r · (inputs + outputs) each. */
export function countAdapterParameters(config: DecoderConfig, rank: number): number {
  const perLayer = linearShapes(config).reduce((sum, { inputs, outputs }) => sum + inputs + outputs, 0);
  return config.numLayers * rank * perLayer;
}
