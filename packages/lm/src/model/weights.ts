/** A decoder's weights in the layout it computes with; checkpoint/names.ts knows the files' layout. */
import {
  type Device,
  type DType,
  Generator,
  noGrad,
  ones,
  randn,
  type Tensor,
  tidy,
  unscoped,
  zeros,
} from '@collm/torch';
import type { DecoderConfig } from './config.js';

/**
 * One layer. Query, key and value projections are one matrix, gate and up another: fewer and larger
 * products. What a family does not have is absent.
 */
export interface LayerWeights {
  inputNorm: Tensor; // [C]
  qkv: Tensor; // [(H + 2K) · D, C]
  qkvBias?: Tensor; // [(H + 2K) · D]
  qNorm?: Tensor; // [D]
  kNorm?: Tensor; // [D]
  output: Tensor; // [C, H · D]
  outputBias?: Tensor; // [C]
  mlpNorm: Tensor; // [C]
  gateUp: Tensor; // [2 · I, C]
  gateUpBias?: Tensor; // [2 · I]
  down: Tensor; // [C, I]
  downBias?: Tensor; // [C]
}

export interface DecoderWeights {
  embed: Tensor; // [V, C]
  layers: LayerWeights[];
  norm: Tensor; // [C]
  /** Absent when the embedding is reused. */
  head?: Tensor; // [V, C]
}

/** All weights, in a fixed order. */
export function allWeights({ embed, layers, norm, head }: DecoderWeights): Tensor[] {
  const inner = layers.flatMap((w) => [
    w.inputNorm,
    w.qkv,
    w.qkvBias,
    w.qNorm,
    w.kNorm,
    w.output,
    w.outputBias,
    w.mlpNorm,
    w.gateUp,
    w.gateUpBias,
    w.down,
    w.downBias,
  ]);
  return [embed, ...inner, norm, head].filter((weight) => weight !== undefined);
}

/** Fresh weights: normal with `initializerRange`, norms 1, biases 0. */
export function randomWeights(
  config: DecoderConfig,
  options: { seed: number; dtype: DType; device: Device },
): DecoderWeights {
  const { seed, dtype, device } = options;
  using generator = new Generator(seed);
  const normal = (rows: number, columns: number) =>
    tidy(() => randn([rows, columns], generator).mul_(config.initializerRange).to({ dtype, device }));
  const one = (size: number) => ones([size], { dtype, device });
  const bias = (size: number) => zeros([size], { dtype, device });
  const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K, biases } = config;
  return unscoped(() =>
    noGrad(() => ({
      embed: normal(config.vocabSize, C),
      layers: Array.from({ length: config.numLayers }, () => ({
        inputNorm: one(C),
        qkv: normal((H + 2 * K) * D, C),
        ...(biases.qkv ? { qkvBias: bias((H + 2 * K) * D) } : {}),
        ...(config.qkNorm ? { qNorm: one(D), kNorm: one(D) } : {}),
        output: normal(C, H * D),
        ...(biases.output ? { outputBias: bias(C) } : {}),
        mlpNorm: one(C),
        gateUp: normal(2 * I, C),
        ...(biases.mlp ? { gateUpBias: bias(2 * I) } : {}),
        down: normal(C, I),
        ...(biases.mlp ? { downBias: bias(C) } : {}),
      })),
      norm: one(C),
      ...(config.tieEmbeddings ? {} : { head: normal(config.vocabSize, C) }),
    })),
  );
}
