import type { Tensor } from '@collm/torch';

/** The projections of a layer that an adapter can change, by the names of `LayerWeights`. */
export const adaptedProjections = ['qkv', 'output', 'gateUp', 'down'] as const;
export type AdaptedProjection = (typeof adaptedProjections)[number];

/** A low-rank change of one projection: y += (drop(x) · downᵀ) · upᵀ. */
export interface LowRank {
  down: Tensor; // [R, inputs]
  up: Tensor; // [outputs, R], scale included
  /** Dropout on the input, while training. */
  drop?: (x: Tensor) => Tensor;
}

export type LayerDelta = Partial<Record<AdaptedProjection, LowRank>>;

/** What a decoder needs of an adapter. Adapters lie beside frozen weights and own their tensors. */
export interface Adapter {
  /** The change of one layer, made in the current scope; carries a graph where gradients are recorded. */
  delta(layer: number): LayerDelta;
  /** What is trained, in a fixed order. */
  parameters(): Tensor[];
}
