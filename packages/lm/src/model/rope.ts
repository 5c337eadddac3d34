/**
 * Rotary positions: the frequencies of every scaling that checkpoints ask for, and tables of cos and sin
 * that grow as they are needed. The formulas are those of Hugging Face's modeling_rope_utils.
 */
import {
  arange,
  cat,
  type Device,
  type DType,
  noGrad,
  type Tensor,
  tensor,
  tidy,
  unscoped,
} from '@collm/torch';
import { z } from 'zod';
import { ModelError, shown } from '../errors.js';

// Bounds far beyond any model, within which every frequency is a finite number.
const positive = z.number().min(1e-6).max(1e6);
/** 0 stands for "not used". */
const scale = z.number().min(0).max(1e6);
const factor = z
  .number()
  .min(1)
  .max(2 ** 20);
const length = z
  .number()
  .int()
  .positive()
  .max(2 ** 31);

/** Scalings by the name they have in config.json. Parameters keep their names there. */
const scalingSchema = z.discriminatedUnion('rope_type', [
  z.object({ rope_type: z.literal('default') }),
  /** Positions divided by `factor`. */
  z.object({ rope_type: z.literal('linear'), factor }),
  /** NTK-aware: the base grows with sequences longer than the model was trained for. */
  z.object({ rope_type: z.literal('dynamic'), factor }),
  /** Long wavelengths stretched, short ones kept, those between blended (Llama 3.1). */
  z.object({
    rope_type: z.literal('llama3'),
    factor,
    low_freq_factor: positive,
    high_freq_factor: positive,
    original_max_position_embeddings: length.optional(),
  }),
  /** NTK by parts with a temperature on attention (arXiv 2309.00071). */
  z.object({
    rope_type: z.literal('yarn'),
    factor: factor.nullish(),
    original_max_position_embeddings: length.optional(),
    attention_factor: positive.nullish(),
    beta_fast: positive.nullish(),
    beta_slow: positive.nullish(),
    mscale: scale.nullish(),
    mscale_all_dim: scale.nullish(),
    truncate: z.boolean().default(true),
  }),
]);

export type RopeScaling = z.infer<typeof scalingSchema>;

/** Types of rope scaling that are computed. */
export const supportedRopeTypes: readonly string[] = ['default', 'linear', 'dynamic', 'llama3', 'yarn'];

export interface RopeConfig {
  /** Base of the frequencies. */
  theta: number;
  scaling: RopeScaling;
  /** Sequence length that the model was configured for, in tokens (max_position_embeddings). */
  maxPositions: number;
}

/**
 * Reads rope_scaling (transformers 4) or rope_parameters (5).
 *
 * @throws ModelError naming the type when it is not supported, or the parameters at fault.
 */
export function parseRopeScaling(json: unknown, source: string): RopeScaling {
  if (json === undefined || json === null) return { rope_type: 'default' };
  const given = json as { rope_type?: unknown; type?: unknown };
  const type = given.rope_type ?? given.type ?? 'default'; // "type" is the key of before 2024
  if (!supportedRopeTypes.includes(type as string))
    throw new ModelError(
      `${source}: rope type ${shown(type)} is not supported; supported are ${supportedRopeTypes.join(', ')}.`,
    );
  const parsed = scalingSchema.safeParse({ ...given, rope_type: type });
  if (!parsed.success)
    throw new ModelError(
      `${source}: unusable parameters of rope "${type}":\n${z.prettifyError(parsed.error)}`,
    );
  const scaling = parsed.data;
  if (scaling.rope_type === 'llama3' && scaling.high_freq_factor <= scaling.low_freq_factor)
    throw new ModelError(
      `${source}: rope "llama3" has high_freq_factor ${scaling.high_freq_factor}, which must exceed low_freq_factor ${scaling.low_freq_factor}.`,
    );
  return scaling;
}

/** Frequencies of the d/2 pairs (radians per position), and the factor on cos and sin. */
export interface Frequencies {
  inverse: Float64Array;
  attentionFactor: number;
}

/**
 * @param headDim d, even
 * @param sequenceLength matters to "dynamic" alone, and only beyond `maxPositions`
 */
export function ropeFrequencies(rope: RopeConfig, headDim: number, sequenceLength: number): Frequencies {
  const { scaling, theta, maxPositions } = rope;
  const plain = (base: number) =>
    Float64Array.from({ length: headDim / 2 }, (_, i) => base ** ((-2 * i) / headDim));
  switch (scaling.rope_type) {
    case 'default':
      return { inverse: plain(theta), attentionFactor: 1 };
    case 'linear':
      return { inverse: plain(theta).map((f) => f / scaling.factor), attentionFactor: 1 };
    case 'dynamic': {
      const stretch = Math.max(sequenceLength, maxPositions) / maxPositions;
      const growth = scaling.factor * stretch - (scaling.factor - 1);
      return { inverse: plain(theta * growth ** (headDim / (headDim - 2))), attentionFactor: 1 };
    }
    case 'llama3': {
      const { factor: by, low_freq_factor: low, high_freq_factor: high } = scaling;
      const trained = scaling.original_max_position_embeddings ?? maxPositions;
      const inverse = plain(theta).map((f) => {
        const turns = (trained * f) / (2 * Math.PI); // wavelengths in the trained context
        if (turns > high) return f;
        if (turns < low) return f / by;
        const smooth = (turns - low) / (high - low);
        return ((1 - smooth) * f) / by + smooth * f;
      });
      return { inverse, attentionFactor: 1 };
    }
    case 'yarn':
      return yarn(scaling, plain(theta), theta, maxPositions, headDim);
  }
}

function yarn(
  scaling: Extract<RopeScaling, { rope_type: 'yarn' }>,
  plain: Float64Array,
  theta: number,
  maxPositions: number,
  headDim: number,
): Frequencies {
  const trained = scaling.original_max_position_embeddings ?? maxPositions;
  const by = scaling.factor ?? maxPositions / trained;
  const temperature = (mscale: number) => (by <= 1 ? 1 : 0.1 * mscale * Math.log(by) + 1);
  const { mscale, mscale_all_dim: all } = scaling;
  const attentionFactor =
    scaling.attention_factor ?? (mscale && all ? temperature(mscale) / temperature(all) : temperature(1));
  const dimensionOf = (turns: number) =>
    (headDim * Math.log(trained / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  let low = dimensionOf(scaling.beta_fast || 32);
  let high = dimensionOf(scaling.beta_slow || 1);
  if (scaling.truncate) [low, high] = [Math.floor(low), Math.ceil(high)];
  low = Math.max(low, 0);
  high = Math.min(high, headDim - 1);
  if (low === high) high += 0.001;
  const inverse = plain.map((f, i) => {
    const interpolated = Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (f / by) * interpolated + f * (1 - interpolated);
  });
  return { inverse, attentionFactor };
}

/** Tables of rotary embeddings, each [length, headDim]. */
export interface RotaryTables {
  cos: Tensor;
  /** Sine with the sign of rotate-half folded in: the first half negative. */
  signedSin: Tensor;
}

/**
 * The tables of one model, made for as many positions as were asked for: a context of 131,072 would
 * take more memory than a small model. Owns its memory.
 */
export class Rotary {
  private tables: (RotaryTables & { length: number; frequencies: string }) | undefined;

  constructor(
    private readonly rope: RopeConfig,
    private readonly headDim: number,
    private readonly dtype: DType,
    private readonly device: Device,
  ) {}

  /**
   * Tables for at least `length` positions of a sequence of `length` tokens.
   *
   * With "dynamic" scaling the frequencies depend on the length once it exceeds the trained one, as in
   * Hugging Face's code; all else has one table.
   */
  upTo(length: number): RotaryTables {
    const frequencies = ropeFrequencies(this.rope, this.headDim, length);
    const name = this.rope.scaling.rope_type === 'dynamic' ? frequencies.inverse.join() : '';
    const known = this.tables;
    if (known !== undefined && known.length >= length && known.frequencies === name) return known;
    const size = Math.max(256, 2 ** Math.ceil(Math.log2(length)));
    const made = unscoped(() => tidy(() => noGrad(() => this.make(frequencies, size))));
    this.dispose();
    this.tables = { ...made, length: size, frequencies: name };
    return made;
  }

  private make({ inverse, attentionFactor }: Frequencies, size: number): RotaryTables {
    const f32 = { dtype: 'f32', device: this.device } as const;
    const steps = tensor(Float32Array.from(inverse), [1, inverse.length], { device: this.device });
    const angles = arange(0, size, f32).unsqueeze(1).mul(steps); // [size, d/2]
    const cos = angles.cos().mul(attentionFactor);
    const sin = angles.sin().mul(attentionFactor);
    const { dtype } = this;
    return {
      cos: cat([cos, cos], { dim: -1 }).to({ dtype }),
      signedSin: cat([sin.neg(), sin], { dim: -1 }).to({ dtype }),
    };
  }

  dispose(): void {
    this.tables?.cos.dispose();
    this.tables?.signedSin.dispose();
    this.tables = undefined;
  }
}

/**
 * Rotates pairs (i, i + d/2) of the last dimension. Swapping the halves with a roll and folding the
 * sign into the sine needs three operations where rotate-half spelled out needs six.
 */
export function applyRotary(x: Tensor, { cos, signedSin }: RotaryTables, headDim: number): Tensor {
  return x.mul(cos).addcmul(x.roll(headDim / 2, { dims: [-1] }), signedSin);
}
