import type { Tensor } from '@collm/torch';
import type { LayerDelta } from './adapter.js';

/** Weights of a layer in the shape that decoding wants them in. */
export interface DecodingLayer {
  /** Norm weights of queries and keys together, [H + K, D]; absent without such norms. */
  qkNorm?: Tensor;
  /** The adapter's change, fixed for the state's life. */
  delta: LayerDelta;
}

/** What a decoder makes once for many steps: see `Decoder.decodingState`. Owns its memory. */
export class DecodingState {
  constructor(
    /** [1, 1, 1] */
    readonly zero: Tensor,
    readonly layers: readonly DecodingLayer[],
  ) {}

  dispose(): void {
    this.zero.dispose();
    for (const { qkNorm, delta } of this.layers) {
      qkNorm?.dispose();
      for (const { down, up } of Object.values(delta)) {
        down.dispose();
        up.dispose();
      }
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
