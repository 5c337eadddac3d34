/**
 * The families of models that `Decoder` computes. All are the same transformer (RMSNorm, rotary positions,
 * grouped-query attention, SwiGLU) and differ in what this table says. To add one, add its entry.
 */

/** The fields of config.json in which families differ; names as in the file. */
export interface FamilyFields {
  attention_bias?: boolean | undefined;
  mlp_bias?: boolean | undefined;
  use_sliding_window?: boolean | undefined;
  sliding_window?: number | null | undefined;
  max_window_layers?: number | undefined;
}

export interface Family {
  /** Class of Hugging Face's transformers, for the saved config.json. */
  architecture: string;
  /** Which projections have a bias. */
  biases: (file: FamilyFields) => Biases;
  /** Queries and keys go through a norm of their own per head. */
  qkNorm: boolean;
  /** Tokens that a layer looks back, itself included; null is all. `layer_types` in the file goes first. */
  window: (file: FamilyFields, layer: number) => number | null;
  /** Longest sequence when the file does not say, as transformers has it. */
  maxPositions: number;
}

export interface Biases {
  qkv: boolean;
  output: boolean;
  mlp: boolean;
}

const asConfigured = (file: FamilyFields): Biases => ({
  qkv: file.attention_bias ?? false,
  output: file.attention_bias ?? false,
  mlp: file.mlp_bias ?? false,
});

/** Qwen's rule: only if switched on, and only from a layer on. */
const upperLayers = (file: FamilyFields, layer: number): number | null =>
  (file.use_sliding_window ?? false) && layer >= (file.max_window_layers ?? 28)
    ? (file.sliding_window ?? 4096)
    : null;

/** By `model_type` of config.json. */
export const families: Record<string, Family> = {
  llama: {
    // Llama 2, 3, 3.x, SmolLM, SmolLM2, TinyLlama
    architecture: 'LlamaForCausalLM',
    biases: asConfigured,
    qkNorm: false,
    window: () => null,
    maxPositions: 2048,
  },
  mistral: {
    architecture: 'MistralForCausalLM',
    biases: () => ({ qkv: false, output: false, mlp: false }),
    qkNorm: false,
    window: (file) => (file.sliding_window === undefined ? 4096 : file.sliding_window),
    maxPositions: 131072,
  },
  qwen2: {
    // Qwen2, Qwen2.5
    architecture: 'Qwen2ForCausalLM',
    biases: () => ({ qkv: true, output: false, mlp: false }),
    qkNorm: false,
    window: upperLayers,
    maxPositions: 32768,
  },
  qwen3: {
    architecture: 'Qwen3ForCausalLM',
    biases: (file) => ({ ...asConfigured(file), mlp: false }),
    qkNorm: true,
    window: upperLayers,
    maxPositions: 32768,
  },
};
