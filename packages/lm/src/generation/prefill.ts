/**
 * Computes the keys and values of prompts into the cache that decoding goes on with: each distinct prompt
 * once, in chunks of similar length, continuing what a PrefixCache knows of it.
 */
import { own, type Tensor, tidy } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { KvCache } from '../model/kv-cache.js';
import type { PrefixCache } from './prefix-cache.js';
import { freshTokens, PromptFeed } from './prompt-feed.js';
import type { StreamKey } from './random.js';

/** One distinct prompt with the requests that have it. */
export interface PromptGroup {
  tokens: readonly number[];
  /** Indices of the requests, whose rows follow each other in the cache. */
  requests: number[];
  /** Its first row in the cache. */
  firstRow: number;
}

interface Request {
  prompt: readonly number[];
  key: StreamKey;
}

/**
 * Groups requests by prompt, shortest work first. Ties are broken by the tokens and the rows of a group are
 * ordered by their keys, so that the order of the requests changes nothing, not even a rounding.
 */
export function groupByPrompt(
  requests: readonly Request[],
  prefixes: PrefixCache | undefined,
): PromptGroup[] {
  const groups = new Map<string, PromptGroup>();
  for (const [i, { prompt }] of requests.entries()) {
    const name = prompt.join();
    const group = groups.get(name) ?? { tokens: prompt, requests: [], firstRow: 0 };
    group.requests.push(i);
    groups.set(name, group);
  }
  const words = (i: number) => {
    const { seed, words } = (requests[i] as Request).key;
    return [seed, ...words];
  };
  const sorted = [...groups.values()]
    .map((group) => ({ group, fresh: freshTokens(group.tokens, prefixes) }))
    .sort(
      (a, b) =>
        a.fresh - b.fresh ||
        a.group.tokens.length - b.group.tokens.length ||
        compare(a.group.tokens, b.group.tokens),
    )
    .map(({ group }) => group);
  let row = 0;
  for (const group of sorted) {
    group.requests.sort((a, b) => compare(words(a), words(b)));
    group.firstRow = row;
    row += group.requests.length;
  }
  return sorted;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((value, i) => value !== b[i]);
  return differs < 0 ? 0 : (a[differs] as number) - (b[differs] as number);
}

/**
 * Prompts that are computed side by side: at most `budget` new places, or one prompt. A chunk also ends where
 * its shorter prompts would be padded too much: by a quarter, or by what costs less than a chunk of its own.
 */
export function planChunks(
  groups: readonly PromptGroup[],
  budget: number,
  prefixes: PrefixCache | undefined,
): PromptGroup[][] {
  const chunks: PromptGroup[][] = [];
  let chunk: PromptGroup[] = [];
  let fresh = 0;
  for (const group of groups) {
    const more = freshTokens(group.tokens, prefixes);
    const places = (chunk.length + 1) * more;
    const padded = places - fresh - more;
    if (chunk.length > 0 && (places > budget || padded > Math.max(smallPadding, places / 4))) {
      chunks.push(chunk);
      chunk = [];
      fresh = 0;
    }
    chunk.push(group);
    fresh += more;
  }
  return chunk.length > 0 ? [...chunks, chunk] : chunks;
}

/** A forward of few tokens takes as long as reading the weights does, which some hundred places more do not change. */
const smallPadding = 256;

/**
 * Fills the rows of one chunk in place: the prompts end in the last of `longest` places of the cache. They
 * are computed in the first rows of the chunk, then spread over the rows of their groups.
 *
 * The caller owns what is returned and counts the places.
 *
 * @param budget most places of one forward: a longer prompt is fed in pieces
 * @returns hidden states of each prompt's last place, [prompts, C]
 */
export function prefillChunk(
  decoder: Decoder,
  chunk: readonly PromptGroup[],
  target: KvCache,
  longest: number,
  budget: number,
  prefixes: PrefixCache | undefined,
): Tensor {
  const first = (chunk[0] as PromptGroup).firstRow;
  const prompts = chunk.map(({ tokens }) => tokens);
  const length = Math.max(...prompts.map((tokens) => tokens.length));
  return tidy(() => {
    using part = target.part(first, chunk.length, longest - length, length);
    using feed = new PromptFeed(decoder, prompts, part, prefixes);
    let last: Tensor | undefined;
    while (last === undefined) last = feed.feed(budget);
    spread(chunk, target, longest, prefixes);
    return own(last);
  });
}

/** From the last prompt to the first: a prompt's rows lie nowhere before the row that it was computed in. */
function spread(
  chunk: readonly PromptGroup[],
  target: KvCache,
  longest: number,
  prefixes: PrefixCache | undefined,
): void {
  const first = (chunk[0] as PromptGroup).firstRow;
  for (const [row, { tokens, requests, firstRow }] of [...chunk.entries()].reverse()) {
    const at = longest - tokens.length;
    const computed = target.read(first + row, at, tokens.length);
    prefixes?.put(tokens, (from, count) => computed.narrow(2, from, count));
    const inPlace = firstRow === first + row ? 1 : 0;
    if (requests.length > inPlace) target.write(firstRow + inPlace, requests.length - inPlace, at, computed);
  }
}
