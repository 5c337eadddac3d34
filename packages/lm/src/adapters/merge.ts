/** Adapters written into the weights: W + s · B · A, computed in f32 and rounded once to the base's dtype. */
import { noGrad, type Tensor, tidy, unscoped } from '@collm/torch';
import { type SaveOptions, saveDecoder } from '../checkpoint/save.js';
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import type { LayerWeights } from '../model/weights.js';
import type { LoraAdapter, LoraModule } from './lora.js';

/** A base with an adapter in its weights, and what it takes to get it back. */
export interface Merged {
  /** Puts the old weights back, bit for bit, and frees their copies. */
  unmerge(): void;
  /** Frees the copies of the old weights: the merge stays. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/**
 * Adds the adapter to the base's weights in place, for all who use that base. Subtracting it again would
 * leave rounding behind, so the old values of the changed matrices are kept: as much memory as these take,
 * which with all-linear is nearly a second model without its embedding.
 *
 * @throws ModelError when the decoder is seen through an adapter, or has another shape than the adapter
 */
export function mergeAdapter(decoder: Decoder, adapter: LoraAdapter): Merged {
  checkFit(decoder, adapter);
  const originals = new Map<LoraModule, Tensor>();
  const free = () => {
    for (const original of originals.values()) original.dispose();
    originals.clear();
  };
  noGrad(() => {
    for (const module of adapter.modules) {
      originals.set(
        module,
        unscoped(() => tidy(() => placeOf(decoder, module).clone())),
      );
      tidy(() => {
        const place = placeOf(decoder, module);
        place.copy_(withChange(place, module));
      });
    }
  });
  return {
    unmerge: () => {
      noGrad(() =>
        tidy(() => {
          for (const [module, original] of originals) placeOf(decoder, module).copy_(original);
        }),
      );
      free();
    },
    dispose: free,
    [Symbol.dispose]: free,
  };
}

/**
 * Saves base and adapter as one plain model folder. The base in memory stays as it is, and only one merged
 * matrix at a time is held beside it.
 *
 * @throws ModelError as `mergeAdapter`, or naming the file that cannot be written
 */
export function exportMerged(
  decoder: Decoder,
  adapter: LoraAdapter,
  dir: string,
  options: SaveOptions = {},
): void {
  checkFit(decoder, adapter);
  const modules = new Map(adapter.modules.map((module) => [`${module.name}.weight`, module]));
  saveDecoder(decoder, dir, options, (name, weight) => {
    const module = modules.get(name);
    return module === undefined ? weight : withChange(weight, module);
  });
}

/** The merged matrix in f32, or in f64 where the base has it. */
function withChange(weight: Tensor, { a, b, scale }: LoraModule): Tensor {
  const dtype = weight.dtype === 'f64' ? 'f64' : 'f32';
  const wide = (tensor: Tensor) => tensor.detach().to({ dtype });
  return wide(weight).addmm(wide(b), wide(a), { alpha: scale });
}

/** The module's rows in the fused weight: a view. */
function placeOf(decoder: Decoder, { layer, projection, row, outputs }: LoraModule): Tensor {
  const weights = decoder.weights.layers[layer] as LayerWeights;
  return weights[projection].detach().narrow(0, row, outputs);
}

function checkFit(decoder: Decoder, adapter: LoraAdapter): void {
  if (decoder.adapter !== null)
    throw new ModelError(
      'the decoder is seen through an adapter, which would count beside the merged one. Give decoder.withAdapter(null).',
    );
  for (const module of adapter.modules) {
    const weight = decoder.weights.layers[module.layer]?.[module.projection];
    const fits =
      weight !== undefined &&
      weight.size(1) === module.inputs &&
      weight.size(0) >= module.row + module.outputs;
    if (!fits)
      throw new ModelError(
        `the adapter has ${module.name} as ${module.outputs} × ${module.inputs}, which this decoder does not have. Load the adapter for this decoder.`,
      );
  }
}
