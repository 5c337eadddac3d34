/** Between our fused weights and the tensor names of Hugging Face's checkpoints. */
import { cat, type Tensor } from '@collm/torch';
import type { DecoderConfig } from '../model/config.js';
import type { DecoderWeights, LayerWeights } from '../model/weights.js';

/** One of our weights as the stack of the file's tensors, in order; `rows` are their first dimensions. */
interface Entry {
  parts: { name: string; rows: number }[];
  /** Sizes behind the first dimension. */
  rest: number[];
}

type LayerNames = Partial<Record<keyof LayerWeights, Entry>>;

/** The modules that our fused projections are made of, with the rows of each. */
export function fusedModules(
  config: DecoderConfig,
): Record<'qkv' | 'output' | 'gateUp' | 'down', [string, number][]> {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = config;
  return {
    qkv: [
      ['self_attn.q_proj', H * D],
      ['self_attn.k_proj', K * D],
      ['self_attn.v_proj', K * D],
    ],
    output: [['self_attn.o_proj', C]],
    gateUp: [
      ['mlp.gate_proj', I],
      ['mlp.up_proj', I],
    ],
    down: [['mlp.down_proj', C]],
  };
}

function layerEntries(config: DecoderConfig, layer: number): LayerNames {
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, biases } = config;
  const at = `model.layers.${layer}`;
  const modules = fusedModules(config);
  const norm = (name: string, rows: number): Entry => ({
    parts: [{ name: `${at}.${name}.weight`, rows }],
    rest: [],
  });
  const stack = (parts: [string, number][], kind: 'weight' | 'bias', ...rest: number[]): Entry => ({
    parts: parts.map(([name, rows]) => ({ name: `${at}.${name}.${kind}`, rows })),
    rest,
  });
  return {
    inputNorm: norm('input_layernorm', C),
    qkv: stack(modules.qkv, 'weight', C),
    ...(biases.qkv ? { qkvBias: stack(modules.qkv, 'bias') } : {}),
    ...(config.qkNorm ? { qNorm: norm('self_attn.q_norm', D), kNorm: norm('self_attn.k_norm', D) } : {}),
    output: stack(modules.output, 'weight', H * D),
    ...(biases.output ? { outputBias: stack(modules.output, 'bias') } : {}),
    mlpNorm: norm('post_attention_layernorm', C),
    gateUp: stack(modules.gateUp, 'weight', C),
    ...(biases.mlp ? { gateUpBias: stack(modules.gateUp, 'bias') } : {}),
    down: stack(modules.down, 'weight', I),
    ...(biases.mlp ? { downBias: stack(modules.down, 'bias') } : {}),
  };
}

function topEntries(config: DecoderConfig): Record<'embed' | 'norm' | 'head', Entry> {
  const { vocabSize: V, hiddenSize: C } = config;
  return {
    embed: { parts: [{ name: 'model.embed_tokens.weight', rows: V }], rest: [C] },
    norm: { parts: [{ name: 'model.norm.weight', rows: C }], rest: [] },
    head: { parts: [{ name: 'lm_head.weight', rows: V }], rest: [C] },
  };
}

/** Names and shapes that a checkpoint of this shape must hold. */
export function expectedTensors(config: DecoderConfig): Map<string, number[]> {
  const { head, ...top } = topEntries(config);
  const entries = [...Object.values(top), ...(config.tieEmbeddings ? [] : [head])];
  for (let i = 0; i < config.numLayers; i++) entries.push(...Object.values(layerEntries(config, i)));
  return new Map(
    entries.flatMap(({ parts, rest }) => parts.map(({ name, rows }) => [name, [rows, ...rest]] as const)),
  );
}

/** Builds our weights from named tensors; `convert` moves and copies each (it decides dtype and device). */
export function fromNamed(
  config: DecoderConfig,
  get: (name: string) => Tensor,
  convert: (tensor: Tensor) => Tensor,
): DecoderWeights {
  const read = ({ parts }: Entry) => {
    const tensors = parts.map(({ name }) => get(name));
    return convert(tensors.length === 1 ? (tensors[0] as Tensor) : cat(tensors));
  };
  const top = topEntries(config);
  const readLayer = (layer: number) =>
    Object.fromEntries(
      Object.entries(layerEntries(config, layer)).map(([key, entry]) => [key, read(entry)]),
    ) as unknown as LayerWeights;
  return {
    embed: read(top.embed),
    layers: Array.from({ length: config.numLayers }, (_, i) => readLayer(i)),
    norm: read(top.norm),
    ...(config.tieEmbeddings ? {} : { head: read(top.head) }),
  };
}

/** The named tensors of a checkpoint: views into our weights, valid in the scope they are made in. */
export function toNamed(config: DecoderConfig, weights: DecoderWeights): Record<string, Tensor> {
  const named: Record<string, Tensor> = {};
  const write = ({ parts }: Entry, tensor: Tensor) => {
    let row = 0;
    for (const { name, rows } of parts) {
      named[name] = parts.length === 1 ? tensor : tensor.detach().narrow(0, row, rows);
      row += rows;
    }
  };
  const top = topEntries(config);
  write(top.embed, weights.embed);
  for (const [i, layer] of weights.layers.entries()) {
    for (const [key, entry] of Object.entries(layerEntries(config, i)))
      write(entry, layer[key as keyof LayerWeights] as Tensor);
  }
  write(top.norm, weights.norm);
  if (weights.head !== undefined) write(top.head, weights.head);
  return named;
}
