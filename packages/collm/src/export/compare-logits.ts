/** Whether an exported folder computes what the agent computes in its run. */
import type { Decoder, Tokenizer } from '@collm/lm';
import { type DType, noGrad, own, type Tensor, tensor, tidy } from '@collm/torch';
import { CollmError } from '../errors.js';

/** How far apart two models are in the logits of all positions of the prompts. */
export interface LogitComparison {
  readonly prompts: number;
  readonly positions: number;
  /** Largest absolute difference between two logits. */
  readonly difference: number;
  /** Largest absolute logit of the agent: what the difference is to be seen beside. */
  readonly scale: number;
  /** Largest difference that is taken for rounding; 0 where nothing may be rounded. */
  readonly allowed: number;
  /** Positions at which both hold the same token for the most likely one. */
  readonly sameChoice: number;
  /** Largest absolute difference that the adapter makes to its base; null without one. */
  readonly adapterEffect: number | null;
}

const texts = [
  'Who are you, and who else is in your team?',
  'def add(a: int, b: int) -> int:\n    """Adds two numbers."""\n    return a + b\n',
  'Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. 敏捷的棕色狐狸 🦊 1234567890',
];
/** Enough to reach past the first rotations; a comparison of more tokens says no more. */
const longest = 96;

/** Share of the largest logit that rounding may move another one by, all layers included; the coarsest format first. */
const rounding: Readonly<Partial<Record<DType, number>>> = { bf16: 6e-2, f16: 1e-2, f32: 1e-4, f64: 1e-10 };

/** The one of two number formats that rounds more. */
export function coarser(one: DType, other: DType): DType {
  return (rounding[one] ?? 0) >= (rounding[other] ?? 0) ? one : other;
}

/**
 * Prompts for the comparison: texts of several kinds as the agent's chat, and one of token ids from all over the
 * vocabulary. What the tokenizer cannot write is left out.
 */
export function comparisonPrompts(decoder: Decoder, tokenizer: Tokenizer): number[][] {
  const { vocabSize, maxPositions } = decoder.config;
  const most = Math.min(longest, maxPositions);
  const written = texts.flatMap((content) => {
    try {
      const ids = tokenizer.encodeChat([{ role: 'user', content }]).slice(0, most);
      return ids.length === 0 ? [] : [ids];
    } catch {
      return []; // a vocabulary of few words, or a template that wants another conversation
    }
  });
  // A step that is coprime to most sizes walks over all of them.
  const spread = Array.from({ length: most }, (_, place) => (place * 7919 + 1) % vocabSize);
  return [...written, spread];
}

/**
 * The logits of each prompt, [T, V] in the decoder's format.
 *
 * @param held takes them too, as soon as they are there, for the caller to free
 */
export async function promptLogits(
  decoder: Decoder,
  prompts: readonly (readonly number[])[],
  signal: AbortSignal,
  held: Tensor[],
): Promise<Tensor[]> {
  const computed: Tensor[] = [];
  for (const prompt of prompts) {
    // The event loop turns between prompts, so that Ctrl+C is seen.
    await new Promise(setImmediate);
    signal.throwIfAborted();
    const logits = tidy(() =>
      noGrad(() => {
        const ids = tensor(Int32Array.from(prompt), [1, prompt.length]);
        return own(decoder.logits(decoder.forward(ids)).reshape([prompt.length, -1]));
      }),
    );
    computed.push(logits);
    held.push(logits);
  }
  return computed;
}

/**
 * Compares what was computed for the same prompts.
 *
 * @param base of the model without its adapter, where there is one
 * @param rounded the coarsest number format on the way; null where nothing may differ
 */
export function compareLogits(
  agent: readonly Tensor[],
  exported: readonly Tensor[],
  { base, rounded }: { readonly base: readonly Tensor[] | null; readonly rounded: DType | null },
): LogitComparison {
  const scale = largest(agent, (one) => one);
  return {
    prompts: agent.length,
    positions: agent.reduce((sum, one) => sum + one.size(0), 0),
    difference: largest(agent, (one, i) => one.sub(wide(exported[i] as Tensor))),
    scale,
    allowed: rounded === null ? 0 : (rounding[rounded] ?? 0) * Math.max(1, scale),
    sameChoice: agent.reduce((sum, one, i) => sum + sameChoices(one, exported[i] as Tensor), 0),
    adapterEffect: base === null ? null : largest(agent, (one, i) => one.sub(wide(base[i] as Tensor))),
  };
}

/** Largest absolute value of what is made of each tensor; NaN where one is there. */
function largest(tensors: readonly Tensor[], make: (one: Tensor, index: number) => Tensor): number {
  return Math.max(...tensors.map((one, i) => tidy(() => make(wide(one), i).abs().max().item())));
}

const wide = (one: Tensor): Tensor => one.to({ dtype: 'f64' });

/** Positions at which the largest logit is the same one. */
function sameChoices(one: Tensor, other: Tensor): number {
  return tidy(() =>
    one
      .argmax({ dim: 1 })
      .eq(other.argmax({ dim: 1 }))
      .sum()
      .item(),
  );
}

/** @throws CollmError when an export does not compute what the agent does */
export function checkComparison({ difference, scale, allowed }: LogitComparison, what: string): void {
  if (difference <= allowed) return;
  const finite = Number.isFinite(difference);
  throw new CollmError(
    'MODEL',
    finite
      ? `${what} was loaded again and computes other logits than the agent in its run: they differ by up to ${difference.toPrecision(3)} (logits go up to ${scale.toPrecision(3)}), and ${allowed.toPrecision(3)} is allowed. Nothing was written. Export it again with \`--dtype float32\`; if that differs too, report it.`
      : `${what} computes logits that are not numbers: the weights do not fit the number format, or are damaged. Nothing was written. Choose another \`--dtype\`, or another \`--checkpoint\`.`,
  );
}
