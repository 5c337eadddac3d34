/** `collm model logits`: what a model computes for given tokens, for comparison with other programs. */
import type { Device, DType } from '@collm/torch';
import { CollmError, exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { modelFolder } from './model-folder.js';

export interface LogitsArguments {
  readonly model: string;
  readonly ids: readonly number[];
  readonly json: boolean;
  readonly device: Device;
  readonly dtype: DType;
}

/** Natural logarithms; all numbers are f32. */
export interface Logits {
  /** Of the token that would follow, one per word of the vocabulary. */
  readonly logits: readonly number[];
  /** Of each given token after the first, given those before it. */
  readonly logprobs: readonly number[];
}

/** Digits that tell every f32 number from its neighbours. */
const digits = 9;
const shownTokens = 10;

/** Prints the logits after the given tokens; returns the exit code. */
export async function logitsOf(given: LogitsArguments, io: Io): Promise<number> {
  const computed = await computeLogits(await modelFolder(given.model, io), given);
  io.stdout.write(given.json ? `${JSON.stringify(computed)}\n` : logitsText(given.ids, computed));
  return exitCodes.ok;
}

async function computeLogits(dir: string, { ids, device, dtype }: LogitsArguments): Promise<Logits> {
  const [{ BackwardPass, loadDecoder, responseLogProbs }, { noGrad, tensor, tidy }] = await Promise.all([
    import('@collm/lm'),
    import('@collm/torch'),
  ]);
  using decoder = loadDecoder(dir, { device, dtype });
  // There is no way back here; with a pass, many logits are computed in chunks.
  using pass = new BackwardPass(decoder);
  const { vocabSize } = decoder.config;
  const outside = ids.find((id) => id >= vocabSize);
  if (outside !== undefined) {
    throw new UsageError(
      `\`--ids\` holds ${outside}, but the model has a vocabulary of ${vocabSize} tokens: ids go from 0 to ${vocabSize - 1}.`,
    );
  }
  const length = ids.length;
  const ints = (values: readonly number[]) => tensor(Int32Array.from(values), [values.length], { device });
  return tidy(() =>
    noGrad(() => {
      const hidden = decoder.forward(ints(ids).view([1, length])); // [1, T, C]
      const last = decoder.logits(hidden.narrow(1, length - 1, 1)).to({ dtype: 'f32' });
      const targets = ids.slice(1);
      const positions = { places: ints(targets.map((_, place) => place)), targets: ints(targets) };
      const logprobs =
        length === 1 ? [] : responseLogProbs(decoder, hidden, positions, 1, pass).logProbs.toArray();
      return {
        logits: rounded(last.reshape([-1]).toArray(), 'logit'),
        logprobs: rounded(logprobs, 'log-probability'),
      };
    }),
  );
}

/** @throws CollmError for what JSON cannot write */
function rounded(values: readonly number[], what: string): number[] {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new CollmError(
      'MODEL',
      `The ${what} at place ${bad} is ${values[bad]}: the weights are damaged, or too large for this number format. Try \`--dtype float32\`.`,
    );
  }
  return values.map((value) => Number(value.toPrecision(digits)));
}

function logitsText(ids: readonly number[], { logits, logprobs }: Logits): string {
  const line = (id: number, value: number) => `${String(id).padStart(8)}  ${value.toFixed(6)}`;
  const best = [...logits.entries()].sort(([, a], [, b]) => b - a).slice(0, shownTokens);
  return [
    'log-probability of each given token after the first',
    ...logprobs.map((value, place) => line(ids[place + 1] as number, value)),
    `largest logits of the token that would follow, of ${logits.length} (\`--json\` prints all)`,
    ...best.map(([id, value]) => line(id, value)),
    '',
  ].join('\n');
}
