/** The forward pass of training: with the embedding's gradient added in place, and layers recomputed if asked. */
import { noGrad, type Tensor, tidy } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import { accumulate, type BackwardPass } from './backward-pass.js';

export interface TrainingForwardOptions {
  /**
   * Keep only each layer's input and compute the layer again in the backward pass: about a third more
   * computation for a fraction of the memory (Chen et al. 2016).
   */
  gradientCheckpointing?: boolean;
}

/**
 * Last hidden states with a graph that `pass` knows.
 *
 * @param ids i64 [B, T], rows padded on the right
 * @returns [B, T, C]
 */
export function trainingForward(
  decoder: Decoder,
  ids: Tensor,
  pass: BackwardPass,
  options: TrainingForwardOptions = {},
): Tensor {
  const { gradientCheckpointing = false } = options;
  pass.tokens += ids.numel;
  const embedded = embed(decoder, ids, pass);
  const x = gradientCheckpointing ? checkpointed(decoder, embedded, pass) : layers(decoder, embedded);
  return decoder.norm(x);
}

function layers(decoder: Decoder, embedded: Tensor): Tensor {
  const places = decoder.places(embedded.size(1), {});
  let x = embedded;
  for (let layer = 0; layer < decoder.config.numLayers; layer++)
    x = tidy(() => decoder.layer(x, layer, places));
  return x;
}

/**
 * Autograd would make a gradient of the embedding's full size for every micro-batch, zero but for the rows of
 * a few tokens, and add it to the LM head's. On the processor those rows are added in place.
 */
function embed(decoder: Decoder, ids: Tensor, pass: BackwardPass): Tensor {
  const { embed: weight } = decoder.weights;
  if (decoder.device !== 'cpu' || !weight.requiresGrad) return decoder.embed(ids);
  const flat = pass.hold(ids.reshape([-1]).clone());
  return pass.cut(
    noGrad(() => decoder.embed(ids)),
    async (gradient) => {
      accumulate(weight, (total) => {
        noGrad(() => total.indexAdd_(0, flat, gradient.reshape([-1, gradient.size(-1)])));
      });
    },
  );
}

/** Layers without a graph; the backward pass computes them again, the last first. */
function checkpointed(decoder: Decoder, embedded: Tensor, pass: BackwardPass): Tensor {
  const inputs: Tensor[] = [];
  const output = noGrad(() => {
    let x = embedded.detach();
    const places = decoder.places(embedded.size(1), {});
    for (let layer = 0; layer < decoder.config.numLayers; layer++) {
      inputs.push(pass.hold(x));
      x = tidy(() => decoder.layer(x, layer, places));
    }
    return x;
  });
  const first = pass.hold(embedded);
  return pass.cut(output, async (gradient, run) => {
    let next = gradient;
    for (let layer = inputs.length - 1; layer >= 0; layer--) {
      const input = inputs[layer] as Tensor;
      // A frozen embedding has no gradient, and then the first layer's input needs none.
      if (layer > 0 || first.requiresGrad) input.requiresGrad_();
      const again = pass.hold(tidy(() => decoder.layer(input, layer, decoder.places(input.size(1), {}))));
      if (!again.requiresGrad) return; // an adapter may leave the first layer frozen
      await run(again, next);
      again.dispose();
      if (next !== gradient) next.dispose();
      const { grad } = input;
      if (grad === null) return;
      next = pass.hold(grad);
      input.setGrad(null);
      input.dispose();
    }
    if (first.requiresGrad) await run(first, next); // on to the embedding's cut, or into its graph
  });
}
