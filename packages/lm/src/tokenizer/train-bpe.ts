/**
 * A small byte-level BPE trainer (Sennrich et al. 2016) that writes the files Hugging Face reads. For
 * the tiny models of the quick start and of tests; large vocabularies want a faster trainer.
 */
import { byteAlphabet } from './utf8-stream.js';

export interface BpeOptions {
  /** Size of the vocabulary: 256 bytes, the special tokens, and as many merges as fit. */
  vocabSize: number;
  /** Special tokens; they get the first ids. */
  specialTokens: readonly string[];
  /** Regular expression of the pieces within which merges happen. Default: words, single digits, line ends, marks. */
  pieces?: string;
}

/** A word with its leading blank, single digits, a run of line ends, marks. */
const defaultPieces = '(?:^|(?<=\\n))/?[a-z_]+| ?[A-Za-z_]+| ?[0-9]|\\n+| ?[^\\sA-Za-z0-9_]+|\\s';

const split = (text: string, pieces: string): string[] => text.match(new RegExp(pieces, 'gu')) ?? [];

function countPairs(words: Map<string, { symbols: string[]; count: number }>): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const { symbols, count } of words.values()) {
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]} ${symbols[i + 1]}`;
      pairs.set(pair, (pairs.get(pair) ?? 0) + count);
    }
  }
  return pairs;
}

function mergePair(symbols: string[], left: string, right: string): string[] {
  const merged: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right);
      i++;
    } else {
      merged.push(symbols[i] as string);
    }
  }
  return merged;
}

/** Learns merges from a corpus; ties go to the pair that sorts first, so the result is reproducible. */
export function trainBpe(corpus: readonly string[], options: BpeOptions): object {
  const { pieces = defaultPieces } = options;
  const alphabet = byteAlphabet();
  const words = new Map<string, { symbols: string[]; count: number }>();
  for (const text of corpus) {
    for (const piece of split(text, pieces)) {
      const symbols = [...Buffer.from(piece, 'utf8')].map((byte) => alphabet[byte] as string);
      const known = words.get(piece);
      if (known === undefined) words.set(piece, { symbols, count: 1 });
      else known.count++;
    }
  }
  const tokens = [...options.specialTokens, ...alphabet];
  const merges: string[] = [];
  while (tokens.length < options.vocabSize) {
    const pairs = [...countPairs(words)].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    const best = pairs[0];
    if (best === undefined || best[1] < 2) break;
    const [left, right] = best[0].split(' ') as [string, string];
    merges.push(best[0]);
    tokens.push(left + right);
    for (const word of words.values()) word.symbols = mergePair(word.symbols, left, right);
  }
  return tokenizerJson(tokens, merges, options.specialTokens, pieces);
}

function tokenizerJson(
  tokens: readonly string[],
  merges: readonly string[],
  special: readonly string[],
  pieces: string,
): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pieces }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((merge) => merge.split(' ')),
    },
  };
}
