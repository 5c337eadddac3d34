import { arange, own, type Tensor, tensor, zeros } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';

/**
 * Hides the places on the left of each row's tokens, for all steps to come: padding does not change.
 *
 * @param padding places to hide per row
 * @returns additive [B · K, 1, places], the caller's; undefined when nothing is to be hidden
 */
export function paddingMask(
  decoder: Decoder,
  padding: readonly number[],
  places: number,
): Tensor | undefined {
  if (padding.every((count) => count === 0)) return undefined;
  const { device, dtype, config } = decoder;
  const [B, K] = [padding.length, config.numKvHeads];
  const counts = tensor(Int32Array.from(padding), [B, 1], { device });
  const hidden = arange(0, places, { dtype: 'i64', device }).lt(counts); // [B, places]
  const row = zeros([B, places], { dtype, device }).maskedFill_(hidden, Number.NEGATIVE_INFINITY);
  return own(
    row
      .unsqueeze(1)
      .expand([B, K, places])
      .reshape([B * K, 1, places]),
  );
}
