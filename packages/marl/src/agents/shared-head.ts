import { join } from 'node:path';
import type { BackwardPass, Decoder } from '@collm/lm';
import type { Device, Tensor } from '@collm/torch';
import type { HeadUpdate, PolicySample, TokenSequence, ValueRead } from '../messages.js';
import { trainingFolder } from './trainable.js';
import { placeTargets, ValueHeads } from './value-heads.js';
import type { ValueNorm } from './value-normaliser.js';
import { readValues, type ValueRow } from './value-rows.js';

/** A value head on an agent's own backbone. */
export interface SharedHeadOptions {
  /** Width of the tanh layer; null for a linear head. */
  readonly hiddenDim: number | null;
  /** Initialises the head. */
  readonly seed: number;
  /** > 0 */
  readonly learningRate: number;
  /** What the head will be asked for; default `state` alone. V and Q are heads of their own. */
  readonly reads?: readonly ValueRead[];
  /** See `LmCriticOptions.valueNorm`. Default: none. */
  readonly valueNorm?: ValueNorm;
}

/** A sample of a micro-batch, and the flat place b · T of its first prompt token among the hidden states. */
export interface PlacedSample {
  readonly sample: PolicySample;
  readonly start: number;
}

/**
 * The value function of CoLLM-DC with a shared backbone (spec 2.3): heads on the hidden states that the policy is
 * computed from, V at the last prompt token, Q at the last response token, token values before each response token.
 */
export class SharedHead {
  private readonly heads: ValueHeads;

  constructor(
    private readonly decoder: Decoder,
    { hiddenDim, seed, reads = ['state'], valueNorm = 'none' }: SharedHeadOptions,
    device: Device,
  ) {
    const { hiddenSize } = decoder.config;
    this.heads = new ValueHeads({ hiddenSize, hiddenDim, seed, reads, valueNorm, device });
  }

  /** Trained together with the backbone's, by whoever trains those. */
  get weights(): Record<string, Tensor> {
    return this.heads.weights;
  }

  /** `values[sequence][k]`, without gradient. */
  async values(
    sequences: readonly TokenSequence[],
    read: ValueRead,
    tokensPerMicroBatch: number,
  ): Promise<number[][]> {
    this.heads.check(read);
    const rows = sequences.map((sequence): ValueRow => {
      const positions = positionsIn(sequence, read);
      // What follows the last place that is read changes nothing.
      const tokens = [...sequence.promptTokens, ...sequence.tokens].slice(0, (positions.at(-1) ?? 0) + 1);
      return { tokens, read, positions };
    });
    return readValues(this.decoder, this.heads, rows, tokensPerMicroBatch);
  }

  /**
   * A micro-batch's share of coef · mean over all values of the minibatch (P12), on hidden states that the policy's
   * forward has made.
   *
   * @param hidden [B, T, C]
   * @param count values of the whole minibatch, see `countValues`
   * @returns f32 []; null when no sample of the micro-batch has a value
   */
  loss(hidden: Tensor, placed: readonly PlacedSample[], count: number, settings: HeadUpdate): Tensor | null {
    const reads = placed.flatMap(({ sample, start }) => {
      const { value, itemId } = sample;
      if (value === undefined) return [];
      this.heads.check(value.read);
      const places = positionsIn(sample, value.read).map((position) => start + position);
      return placeTargets(value, places, itemId);
    });
    if (reads.length === 0) return null;
    return this.heads.loss(settings.stopGradient ? hidden.detach() : hidden, reads, count, settings);
  }

  /** Runs an update that learns the samples' values; see `ValueHeads.learning`. */
  learning<T extends { loss: number; gradNorm: number }>(
    samples: readonly PolicySample[],
    update: () => Promise<T>,
  ): Promise<T> {
    return this.heads.learning(
      samples.flatMap(({ value }) => value ?? []),
      update,
    );
  }

  /** Writes what the heads know beside their weights. */
  save(dir: string): void {
    this.heads.save(join(dir, trainingFolder));
  }

  load(dir: string): void {
    this.heads.load(join(dir, trainingFolder));
  }

  dispose(): void {
    this.heads.dispose();
  }
}

/**
 * The hidden states that policy and values are both computed from, as one leaf: gradients of both meet there, so that the
 * layers before it go backward once.
 */
export function meetingPoint(hidden: Tensor, pass: BackwardPass): Tensor {
  const held = pass.hold(hidden);
  return pass.cut(held, (gradient, run) => run(held, gradient));
}

/** Values that the samples have together. */
export const countValues = (samples: readonly PolicySample[]): number =>
  samples.reduce((sum, { value }) => sum + (value?.targets.length ?? 0), 0);

/** Where values are read in prompt and response. An empty response has no token to value, and Q reads the prompt. */
function positionsIn({ promptTokens, tokens }: TokenSequence, read: ValueRead): number[] {
  const before = promptTokens.length - 1;
  switch (read) {
    case 'state':
      return [before];
    case 'action':
      return [before + tokens.length];
    case 'tokens':
      return tokens.map((_, k) => before + k);
  }
}
