/** From a request to the rows that answer it. */
import { randomInt } from 'node:crypto';
import { chooseSampling, type SamplingParameters, type StreamKey, streamOf } from '@collm/lm';
import { badRequest } from '../api-error.js';
import type { RowSpec } from '../engine/messages.js';
import type { Limits } from '../limits.js';
import type { LiveModel } from '../live-model.js';
import type { ChatRequest } from '../schema/chat.js';
import type { SamplingFields } from '../schema/fields.js';

/** Everything that is decided before the first token. */
export interface CompletionPlan {
  readonly model: LiveModel;
  readonly prompts: readonly (readonly number[])[];
  /** Choices by prompt, `n` of each. */
  readonly rows: readonly RowSpec[];
  /** Strings that end a response. */
  readonly stops: readonly string[];
  /** Whether each token's log-prob is told. */
  readonly logProbs: boolean;
  readonly stream: boolean;
  /** Whether a stream ends with the usage. */
  readonly streamUsage: boolean;
  readonly tokenIds: boolean;
}

type Extensions = Pick<NonNullable<ChatRequest['collm']>, 'sample_key'> | null | undefined;

export interface PlanInput {
  readonly request: SamplingFields & { readonly collm?: Extensions };
  readonly prompts: readonly (readonly number[])[];
  /** Of each prompt. */
  readonly maxNewTokens: readonly number[];
  /** null: log-probs are not told. */
  readonly topLogProbs: number | null;
}

/** @throws ApiError 400 for values that do not go together, or are more than the server does */
export function planCompletion(model: LiveModel, limits: Limits, input: PlanInput): CompletionPlan {
  const { request, prompts, maxNewTokens, topLogProbs } = input;
  const n = request.n ?? 1;
  checkChoices(n, prompts.length, Math.min(limits.maxChoices, limits.maxBatch + limits.maxQueue));
  const { stop, stream, stream_options: streamOptions } = request;
  if (streamOptions != null && stream !== true)
    throw badRequest('`stream_options` goes with `stream: true`. Leave it out, or stream.', {
      param: 'stream_options',
      code: 'invalid_value',
    });
  const sampling = samplingOf(model, request);
  const keyOf = keysOf(request);
  return {
    model,
    prompts,
    rows: prompts.flatMap((prompt, p) =>
      Array.from({ length: n }, (_, i) => ({
        prompt,
        key: keyOf(p * n + i),
        maxNewTokens: maxNewTokens[p] as number,
        sampling,
        stopTokens: model.stopTokens,
        topLogProbs: topLogProbs ?? 0,
      })),
    ),
    stops: stop == null ? [] : [stop].flat(),
    logProbs: topLogProbs !== null,
    stream: stream === true,
    streamUsage: streamOptions?.include_usage === true,
    tokenIds: request.return_token_ids === true,
  };
}

function checkChoices(n: number, prompts: number, most: number): void {
  if (n * prompts <= most) return;
  const param = n > most ? 'n' : 'prompt';
  const asked = prompts === 1 ? `${n} responses` : `${n} responses to each of ${prompts} prompts`;
  throw badRequest(`You asked for ${asked}, but this server makes at most ${most} per request.`, {
    param,
    code: 'invalid_value',
  });
}

/** A response that is named as in training is sampled as there: with what was asked, and no recommendation. */
function samplingOf(
  model: LiveModel,
  { temperature, top_p, top_k, collm }: PlanInput['request'],
): SamplingParameters {
  const asked = {
    temperature: temperature ?? null,
    // vLLM writes "all" as -1 or 0.
    topK: top_k == null ? null : top_k > 0 ? top_k : Number.POSITIVE_INFINITY,
    // The smallest share keeps the likeliest token.
    topP: top_p == null ? null : Math.max(top_p, Number.MIN_VALUE),
  };
  return chooseSampling(asked, collm?.sample_key === undefined ? model.generation : { eosTokenIds: [] });
}

/** Each choice has random numbers of its own: those of its place, under the seed. */
function keysOf({ seed, collm }: PlanInput['request']): (choice: number) => StreamKey {
  const named = collm?.sample_key;
  if (named !== undefined) {
    if (seed != null)
      throw badRequest('`seed` and `collm.sample_key` both choose the random numbers. Leave one out.', {
        param: 'seed',
        code: 'invalid_value',
      });
    return (choice) => streamOf({ ...named, sample: named.sample + choice });
  }
  const chosen = seed == null ? randomInt(2 ** 48 - 1) : seed < 0 ? seed + 2 ** 53 : seed;
  return (choice) => ({ seed: chosen, words: [choice, 0, 0] });
}
