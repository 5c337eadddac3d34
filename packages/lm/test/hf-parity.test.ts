/** Exactness against Hugging Face's own code, on the recorded fixtures of every family (read in place, not copied). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noGrad, type Tensor, tensor, tidy } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { toNamed } from '../src/checkpoint/names.js';
import { type Decoder, type DecoderWeights, generate, loadDecoder, responseLogProbs } from '../src/index.js';

interface Case {
  input_ids: number[][];
  attention_mask: number[][];
  last_logits: number[][];
  token_logprobs: number[][];
  greedy_new_ids: number[][];
}
interface Golden {
  cases: Case[];
  gradient: { loss_value: number; l2_norm: Record<string, number>; first_four: Record<string, number[]> };
}

const shared = process.env.COLLM_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const root = join(shared, 'fixtures', 'hf-parity');
const present = existsSync(root);
const withGolden = (folder: string): string[] =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((dir) => existsSync(join(dir, 'golden.json')));
/** Recorded for what the shared ones do not cover; see the script in the folder. */
const own = withGolden(fileURLToPath(new URL('fixtures/hf-parity', import.meta.url)));
const dirs = [...(present ? withGolden(root) : []), ...own].map((dir) => [basename(dir), dir] as const);

const maxDifference = (a: readonly number[] | Float32Array, b: readonly number[]) =>
  Math.max(...b.map((value, i) => Math.abs(value - (a[i] as number))));

function logProbsOf(decoder: Decoder, ids: readonly number[]): number[] {
  return tidy(() =>
    noGrad(() => {
      const T = ids.length;
      const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, T]));
      const places = tensor(Int32Array.from({ length: T - 1 }, (_, t) => t));
      const targets = tensor(Int32Array.from(ids.slice(1)));
      return responseLogProbs(decoder, hidden, { places, targets }, 1).logProbs.toArray();
    }),
  );
}

/** The gradients in the place of the weights, so that the checkpoint code splits them. */
function gradientsOf(decoder: Decoder): DecoderWeights {
  const swap = <T extends object>(weights: T): T =>
    Object.fromEntries(
      Object.entries(weights).map(([key, value]) => [
        key,
        Array.isArray(value) ? value.map(swap) : (value as Tensor).grad,
      ]),
    ) as T;
  return swap(decoder.weights);
}

it.skipIf(!present)(`has the nine shared fixtures${present ? '' : ` (skipped: ${root} is absent)`}`, () => {
  expect(dirs.length - own.length).toBe(9);
});

describe('Hugging Face parity', () => {
  describe.each(dirs)('%s', (_, dir) => {
    const golden = JSON.parse(readFileSync(join(dir, 'golden.json'), 'utf8')) as Golden;

    it('gives the same token log-probs, row by row without padding', () => {
      using decoder = loadDecoder(dir, { dtype: 'f32' });
      for (const row of golden.cases) {
        for (const [b, ids] of row.input_ids.entries()) {
          const start = (row.attention_mask[b] as number[]).indexOf(1);
          const ours = logProbsOf(decoder, ids.slice(start));
          const theirs = (row.token_logprobs[b] as number[]).slice(-ours.length);
          expect(maxDifference(ours, theirs)).toBeLessThan(1e-4);
        }
      }
    });

    it("gives the same gradients, split back into the file's tensors", () => {
      using decoder = loadDecoder(dir, { dtype: 'f32' }).train();
      const ids = (golden.cases[0] as Case).input_ids[0] as number[];
      const loss = tidy(() => {
        const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
        const places = tensor(Int32Array.from({ length: ids.length - 1 }, (_, t) => t));
        const total = responseLogProbs(
          decoder,
          hidden,
          { places, targets: tensor(Int32Array.from(ids.slice(1))) },
          1,
        )
          .logProbs.sum()
          .neg();
        total.backward();
        return total.item();
      });
      expect(Math.abs(loss - golden.gradient.loss_value)).toBeLessThan(3e-4 * Math.abs(loss));
      const gradients = tidy(() => {
        const named = toNamed(decoder.config, gradientsOf(decoder));
        return Object.fromEntries(
          Object.entries(named).map(([tensorName, gradient]) => [
            tensorName,
            gradient.contiguous().toArray(),
          ]),
        );
      });
      for (const [tensorName, norm] of Object.entries(golden.gradient.l2_norm)) {
        const ours = gradients[tensorName] as number[];
        expect(Math.abs(Math.hypot(...ours) - norm)).toBeLessThan(1e-3 * norm + 1e-5);
        expect(maxDifference(ours, golden.gradient.first_four[tensorName] as number[])).toBeLessThan(
          1e-3 * norm + 1e-5,
        );
      }
    });

    it('gives the same last logits for left-padded batches', () => {
      using decoder = loadDecoder(dir, { dtype: 'f32' });
      for (const row of golden.cases) {
        const [B, T] = [row.input_ids.length, (row.input_ids[0] as number[]).length];
        const pads = row.attention_mask.map((mask) => mask.indexOf(1));
        const ours = tidy(() =>
          noGrad(() => {
            const hidden = decoder.forward(tensor(Int32Array.from(row.input_ids.flat()), [B, T]), {
              padding: tensor(Int32Array.from(pads)),
            });
            return decoder.logits(hidden.narrow(1, T - 1, 1).squeeze(1)).toFloat32Array();
          }),
        );
        const theirs = row.last_logits.flat();
        expect(maxDifference(ours, theirs)).toBeLessThan(1e-4 * Math.max(1, ...theirs.map(Math.abs)));
      }
    });

    it('continues greedily with the same tokens through the cache, all rows in one batch', async () => {
      using decoder = loadDecoder(dir, { dtype: 'f32' });
      for (const row of golden.cases) {
        const prompts = row.input_ids.map((ids, b) =>
          ids.slice((row.attention_mask[b] as number[]).indexOf(1)),
        );
        const maxNewTokens = (row.greedy_new_ids[0] as number[]).length;
        if (maxNewTokens === 0) continue; // dynamic rope: see Rotary
        const key = { seed: 0, words: [0, 0, 0] as const };
        const options = { greedy: true, temperature: 1, topK: null, topP: 1, maxNewTokens, stopTokens: [] };
        const made = await generate(
          decoder,
          prompts.map((prompt) => ({ prompt, key })),
          options,
        );
        expect(made.map(({ tokens }) => tokens)).toEqual(row.greedy_new_ids);
      }
    });
  });
});
