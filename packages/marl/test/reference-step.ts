/** What the reference computes of responses, sequence by sequence with autograd on a model of its own. */
import { type Decoder, loadDecoder } from '@collm/lm';
import { type Tensor, tensor, tidy } from '@collm/torch';

/** Learning rate that `stepOf` assumes, with an epsilon of 1. */
export const learningRate = 0.5;

/** Log-probs at a temperature of tokens of a whole sequence, one forward for it alone: those before `places` say them. */
function logProbsOf(decoder: Decoder, ids: readonly number[], temperature: number): Tensor {
  const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
  return decoder.logits(hidden).squeeze(0).div(temperature).logSoftmax(-1);
}

/** One sequence of the reference's loss: -A Σ log p over the first `scored` tokens of a completion. */
export interface Scored {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly scored: number;
  readonly coefficient: number;
}

/** Loss, its gradient's norm, and the weights after the step, of Σ coefficient · -Σ log p. */
export function stepOf(dir: string, sequences: readonly Scored[], temperature: number) {
  using decoder = loadDecoder(dir);
  decoder.train();
  let loss = 0;
  for (const { prompt, completion, scored, coefficient } of sequences)
    tidy(() => {
      if (scored === 0) return;
      // As the reference: all but the last token are fed, and logits P-1, P, ... score tokens 0, 1, ...
      const logits = logProbsOf(decoder, [...prompt, ...completion.slice(0, -1)], temperature);
      const rows = logits.narrow(0, prompt.length - 1, scored);
      const targets = tensor(Int32Array.from(completion.slice(0, scored)), [scored, 1]);
      const own = rows.gather(-1, targets).sum().mul(-coefficient);
      loss += own.item();
      own.backward();
    });
  let squares = 0;
  const weights = decoder.parameters().map((weight) =>
    tidy(() => {
      const gradient = weight.grad?.toArray() ?? [];
      const before = weight.detach().toArray();
      weight.setGrad(null);
      squares += gradient.reduce((sum, g) => sum + g * g, 0);
      return before.map((w, k) => w - (learningRate * (gradient[k] ?? 0)) / (Math.abs(gradient[k] ?? 0) + 1));
    }),
  );
  return { loss, gradNorm: Math.sqrt(squares), weights };
}

/** Log-probs of a completion's tokens but the last, on a model as it was before any update. */
export function scores(
  dir: string,
  prompt: readonly number[],
  completion: readonly number[],
  temperature: number,
): number[] {
  using decoder = loadDecoder(dir);
  return tidy(() => {
    const logits = logProbsOf(decoder, [...prompt, ...completion.slice(0, -1)], temperature);
    const count = completion.length - 1;
    const targets = tensor(Int32Array.from(completion.slice(0, -1)), [count, 1]);
    return logits
      .narrow(0, prompt.length - 1, count)
      .gather(-1, targets)
      .detach()
      .toArray();
  });
}
