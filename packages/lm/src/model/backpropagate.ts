import type { Tensor } from '@collm/torch';
import type { Decoder } from './decoder.js';

/** Above this many floating-point operations (about a second on two cores) a backward pass leaves the thread. */
const LONG_BACKWARD = 1e11;

/**
 * Gradients of `loss`, which ran `tokens` tokens through the decoder. A long pass runs on a thread of the
 * pool and leaves the event loop free; a short one runs here, since handing it over costs more than it
 * takes. The scope that made the loss may close before the promise settles.
 */
export async function backpropagate(decoder: Decoder, loss: Tensor, tokens: number): Promise<void> {
  if (4 * decoder.numParameters * tokens > LONG_BACKWARD) return loss.backwardAsync();
  loss.backward();
}
