/** Responses as a model computes them: micro-batches of padded rows, of which the response tokens matter. */
import { BackwardPass, type Decoder, type ResponsePositions, responseLogProbs } from '@collm/lm';
import { type Device, noGrad, type Tensor, TensorScope, tensor, tidy } from '@collm/torch';
import type { TokenSequence } from '../messages.js';
import { padRight, planShared, type SharedSequence } from './shared-prefix.js';

/**
 * Micro-batches of the distinct sequences. Responses without tokens are left out: they contribute nothing (P1).
 *
 * @param wanted responses that are not left out even then
 */
export function planResponses<T extends TokenSequence>(
  sequences: readonly T[],
  tokensPerMicroBatch: number,
  wanted: (sequence: T) => boolean = () => false,
): SharedSequence[][] {
  return planShared(
    sequences.map((sequence) =>
      sequence.tokens.length === 0 && !wanted(sequence)
        ? null
        : [...sequence.promptTokens, ...sequence.tokens],
    ),
    tokensPerMicroBatch,
  );
}

/** A response of a micro-batch. */
export interface Member {
  /** Its place among all responses. */
  readonly index: number;
  /** Flat place b · T of its first prompt token among the hidden states. */
  readonly start: number;
}

/** A micro-batch as the model takes it. */
export interface ResponseBatch {
  /** i64 [B, T] */
  ids: Tensor;
  /** Its responses, in the order of their tokens in `positions`. */
  members: readonly Member[];
  positions: ResponsePositions;
}

export function responseBatch(
  group: readonly SharedSequence[],
  all: readonly TokenSequence[],
  device: Device,
): ResponseBatch {
  const { ids, length } = padRight(group.map(({ tokens }) => tokens));
  const members = group.flatMap((sequence, row) =>
    sequence.members.map((index) => ({ index, start: row * length })),
  );
  const places: number[] = [];
  const targets: number[] = [];
  for (const { index, start } of members) {
    const { promptTokens, tokens } = all[index] as TokenSequence;
    for (const [k, token] of tokens.entries()) {
      places.push(start + promptTokens.length - 1 + k);
      targets.push(token);
    }
  }
  return {
    ids: tensor(ids, [group.length, length], { device }),
    members,
    positions: { places: integers(places, device), targets: integers(targets, device) },
  };
}

/** i64 [count] */
export const integers = (values: readonly number[], device: Device): Tensor =>
  tensor(Int32Array.from(values), [values.length], { device });

/** Log-probs of every response token, without gradient. Other work gets its turn between micro-batches. */
export async function readLogProbs(
  decoder: Decoder,
  sequences: readonly TokenSequence[],
  temperature: number,
  tokensPerMicroBatch: number,
): Promise<Float32Array[]> {
  const logProbs = sequences.map(({ tokens }) => new Float32Array(tokens.length));
  for (const group of planResponses(sequences, tokensPerMicroBatch)) {
    const { members, made } = logProbsOf(decoder, group, sequences, temperature);
    let from = 0;
    for (const { index } of members) {
      const own = logProbs[index] as Float32Array;
      own.set(made.subarray(from, from + own.length));
      from += own.length;
    }
    await new Promise((resume) => setImmediate(resume));
  }
  return logProbs;
}

function logProbsOf(
  decoder: Decoder,
  group: readonly SharedSequence[],
  all: readonly TokenSequence[],
  temperature: number,
): { members: readonly Member[]; made: Float32Array } {
  using _scope = new TensorScope();
  using pass = new BackwardPass(decoder); // lets the head run in chunks of the vocabulary
  const { ids, members, positions } = responseBatch(group, all, decoder.device);
  const hidden = noGrad(() => tidy(() => decoder.forward(ids)));
  const { logProbs } = noGrad(() => responseLogProbs(decoder, hidden, positions, temperature, pass));
  return { members, made: logProbs.toFloat32Array() };
}
