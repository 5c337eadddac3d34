/**
 * Log-probabilities of response tokens (P1), and what regularises a policy at the places that predict them: the
 * entropy of the next-token distribution and its divergence from a reference's. The LM head runs on those places,
 * never on the prompt or the padding; and where places times vocabulary is much, in chunks of the vocabulary
 * (`chunked-head.ts`), so that the logits are never held whole, neither forward nor backward.
 */
import { noGrad, stack, type Tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { BackwardPass } from './backward-pass.js';
import { ChunkedHead, type HeadGradients, type HeadRows } from './chunked-head.js';

/** Where responses lie in a batch of padded sequences. */
export interface ResponsePositions {
  /** i64 [N]: flat places b · T + t whose hidden state predicts a response token. */
  places: Tensor;
  /** i64 [N]: the tokens predicted there. */
  targets: Tensor;
}

export interface ResponseLogProbsOptions {
  /** The entropy gets a gradient. Default false. */
  entropyGradient?: boolean;
  /**
   * Asks for the divergence from this model's distributions. It has the same vocabulary and may lie on another
   * device; no gradient reaches it.
   */
  reference?: {
    decoder: Decoder;
    /** Its last hidden states of the same batch, [B, T, its own width]. */
    hidden: Tensor;
  };
  /** Most logits held at once. Default: by device. */
  chunk?: number;
}

export interface ResponseLogProbs {
  /** f32 [N] */
  logProbs: Tensor;
  /** Entropy H of the full next-token distribution in nats, f32 [N], with a gradient only if asked for. */
  entropy: Tensor;
  /** KL(p ‖ reference), the sum over the vocabulary at the same temperature, f32 [N]; there with a reference. */
  kl?: Tensor;
}

/**
 * Most logits that are held at once. On a processor a chunk and its temporaries stay near its caches; a device
 * wants products large enough to fill it.
 */
const CHUNK = { cpu: 2 ** 21, device: 2 ** 26 };

/**
 * @param hidden [B, T, C]
 * @param temperature logits are divided by it, > 0
 * @param pass knows how to go backward through chunks. Without it the gradient is autograd's own, whatever
 *   memory that takes.
 */
export function responseLogProbs(
  decoder: Decoder,
  hidden: Tensor,
  positions: ResponsePositions,
  temperature: number,
  pass?: BackwardPass,
  options: ResponseLogProbsOptions = {},
): ResponseLogProbs {
  const { entropyGradient = false, reference: other } = options;
  const { chunk = decoder.device === 'cpu' ? CHUNK.cpu : CHUNK.device } = options;
  const rows = rowsAt(hidden, positions.places);
  const reference = other && {
    decoder: other.decoder,
    rows: noGrad(() => rowsAt(other.hidden, positions.places.to({ device: other.decoder.device }))),
  };
  if (pass === undefined || rows.size(0) * decoder.config.vocabSize <= chunk)
    return whole({ decoder, rows }, positions.targets, temperature, entropyGradient, reference);
  pass.hold(rows);
  if (reference !== undefined) pass.hold(reference.rows);
  const targets = pass.hold(positions.targets.clone());
  const head = new ChunkedHead({ decoder, rows }, targets, temperature, chunk, reference);
  const made = head.forward();
  for (const tensor of Object.values(made)) pass.hold(tensor);
  const { logProbs, entropy, kl } = made;
  const traced = { logProbs, ...(entropyGradient ? { entropy } : {}), ...(kl === undefined ? {} : { kl }) };
  const leaf = pass.cut(stack(Object.values(traced)), async (gradient, run) => {
    const gradients = unstack(gradient, traced);
    for (const part of Object.values(gradients)) pass.hold(part);
    const toRows = await head.backward(gradients, made, pass.isLong);
    if (rows.requiresGrad) await run(rows, pass.hold(toRows));
  });
  return { entropy, ...unstack(leaf, traced) };
}

/** The rows of `stacked` under the names of what was stacked. */
function unstack(stacked: Tensor, names: HeadGradients): HeadGradients {
  const rows = stacked.unbind();
  return Object.fromEntries(Object.keys(names).map((name, i) => [name, rows[i]])) as unknown as HeadGradients;
}

/** [N, C] */
const rowsAt = (hidden: Tensor, places: Tensor): Tensor =>
  hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, places);

function whole(
  own: HeadRows,
  targets: Tensor,
  temperature: number,
  entropyGradient: boolean,
  reference?: HeadRows,
): ResponseLogProbs {
  const { device } = own.rows;
  const distribution = ({ decoder, rows }: HeadRows): Tensor => {
    const logits = decoder.logits(rows).to({ dtype: 'f32', device });
    return (temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1); // [N, V]
  };
  const all = distribution(own);
  const logProbs = all.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  const seen = entropyGradient ? all : all.detach();
  const entropy = seen.exp().mul(seen).sum(-1).neg();
  if (reference === undefined) return { logProbs, entropy };
  const theirs = noGrad(() => distribution(reference));
  return { logProbs, entropy, kl: all.exp().mul(all.sub(theirs)).sum(-1) };
}
