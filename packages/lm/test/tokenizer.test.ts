import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../src/errors.js';
import { Tokenizer } from '../src/tokenizer/tokenizer.js';
import { trainBpe } from '../src/tokenizer/train-bpe.js';
import { recorded, tokenizerJson } from './fixtures/recorded-tokenizers.js';

/** The smallest of tokenizers: words between blanks. */
const words = (changes: object = {}, model: object = {}) => ({
  added_tokens: [] as object[],
  normalizer: null,
  pre_tokenizer: { type: 'WhitespaceSplit' },
  post_processor: null,
  decoder: null,
  model: { type: 'WordLevel', unk_token: '?', vocab: { '?': 0, a: 1, b: 2, '</s>': 3 }, ...model },
  ...changes,
});
const special = (id: number, content: string) => ({ id, content, special: true, normalized: false });
const open = (json: unknown, config: Record<string, unknown> = {}) => new Tokenizer('model', json, config);

describe('a tokenizer', () => {
  it('of words, worked out by hand', () => {
    const tokenizer = open(words({ added_tokens: [special(3, '</s>'), special(7, '<x>')] }));
    expect(tokenizer.encode(' a b\n c</s>a <x>')).toEqual([1, 2, 0, 3, 1, 7]);
    expect(tokenizer.decode([1, 2, 0, 3, 1, 7])).toBe('a b ? a');
    expect(tokenizer.vocabSize).toBe(5);
    expect([tokenizer.idOf('b'), tokenizer.idOf('c'), tokenizer.tokenOf(2), tokenizer.tokenOf(5)]).toEqual([
      2,
      undefined,
      'b',
      undefined,
    ]);
  });

  it('of bytes, worked out by hand: the merge that was learnt first goes first', () => {
    const vocab = { a: 0, b: 1, c: 2, ab: 3, bc: 4, Ġ: 5, abc: 6 };
    const bpe = (merges: unknown) =>
      open(
        words(
          { pre_tokenizer: null, decoder: { type: 'ByteLevel' } },
          { type: 'BPE', vocab, merges, unk_token: null },
        ),
      );
    expect(bpe(['b c', 'a b', 'ab c']).encode('abcab')).toEqual([0, 4, 3]);
    expect(bpe(['a b', 'b c', 'ab c']).encode('abcab')).toEqual([6, 3]);
    expect(
      bpe([
        ['a', 'b'],
        ['ab', 'c'],
      ]).encode('abcbc'),
    ).toEqual([6, 1, 2]);
    expect(bpe([]).decode([3, 5, 6])).toBe('ab abc');
  });

  it('takes the special tokens that tokenizer_config.json names out of its vocabulary', () => {
    const tokenizer = open(words(), { eos_token: { content: '</s>' }, unk_token: '?', pad_token: 'none' });
    expect(tokenizer.eosTokenId).toBe(3);
    expect(tokenizer.encode('a</s>b')).toEqual([1, 3, 2]);
    expect(tokenizer.decode([1, 3, 2, 0])).toBe('a b');
    expect(open(words()).eosTokenId).toBeUndefined();
    expect(open(words(), { eos_token: 'none' }).eosTokenId).toBeUndefined();
  });

  it('never makes a special token of text that is not trusted', () => {
    const tokenizer = open(words({ added_tokens: [special(3, '</s>')] }));
    expect(tokenizer.encode('a </s>', { specialTokens: false })).toEqual([1, 0]);
    expect(tokenizer.encode('a </s>')).toEqual([1, 3]);
  });

  it('says which word it lacks when nothing stands for unknown words', () => {
    const tokenizer = open(words({}, { unk_token: 'none' }));
    expect(tokenizer.encode('a b')).toEqual([1, 2]);
    expect(() => tokenizer.encode('a c')).toThrow(
      /model.tokenizer.json: a word of "a c" is not in the vocabulary/,
    );
  });

  it('takes lone surrogates for U+FFFD', () => {
    const tokenizer = open(trainBpe([], { vocabSize: 256, specialTokens: [] }));
    expect(tokenizer.encode('a\ud800b\udc00')).toEqual(tokenizer.encode('a\ufffdb\ufffd'));
  });

  it('must not have more ids than the model has embeddings', () => {
    const tokenizer = open(words({ added_tokens: [special(7, '<x>')] }));
    expect(() => tokenizer.checkVocabulary(8, 'config.json')).not.toThrow();
    expect(() => tokenizer.checkVocabulary(7, 'weights/config.json')).toThrow(
      /^model.tokenizer.json has the token "<x>" with id 7, but weights.config.json has a vocabulary of 7 tokens \(ids 0 to 6\)/,
    );
  });
});

describe('a file that cannot be used', () => {
  const bad: [string, unknown, RegExp][] = [
    ['no object', 5, /the file: /],
    ['no model', {}, /model: /],
    [
      'a type that is not supported',
      words({}, { type: 'Unigram', vocab: [['a', 0]] }),
      /"Unigram" is not supported; supported are BPE, WordLevel, WordPiece/,
    ],
    ['no type', words({ model: {} }), /"of no type" is not supported/],
    ['no merges', words({}, { type: 'BPE' }), /merges: must be a list of pairs/],
    ['merges of three', words({}, { type: 'BPE', merges: ['a b', 'a b c'] }), /merges: /],
    ['ids that are none', words({}, { vocab: { a: 'b' } }), /vocab: must map tokens to ids/],
    ['huge ids', words({}, { vocab: { a: 2 ** 40 } }), /vocab: must map tokens to ids/],
    ['an empty vocabulary', words({}, { vocab: {} }), /the vocabulary is empty/],
    [
      'a prefix in the middle of words',
      words({}, { type: 'BPE', merges: [], continuing_subword_prefix: '##' }),
      /continuing_subword_prefix/,
    ],
    ['an added token without an id', words({ added_tokens: [{ content: 'x' }] }), /added_tokens.0.id/],
    [
      'tokens for single words',
      words({ added_tokens: [{ id: 9, content: 'x', single_word: true }] }),
      /single_word tokens are not supported/,
    ],
    ['an unknown normalizer', words({ normalizer: { type: 'Nmt' } }), /Nmt/],
    ['a normalizer that is only approximated', words({ normalizer: { type: 'Precompiled' } }), /Precompiled/],
    ['an unknown pre-tokenizer', words({ pre_tokenizer: { type: 'UnicodeScripts' } }), /cannot be used/],
    ['pieces of no length', words({ pre_tokenizer: { type: 'FixedLength', length: 0 } }), /length/],
    [
      'a bad expression',
      words({ pre_tokenizer: { type: 'Split', behavior: 'Isolated', pattern: { Regex: '(' } } }),
      /cannot be used/,
    ],
    ['an unknown post-processor', words({ post_processor: { type: 'X' } }), /X/],
    ['an unknown decoder', words({ decoder: { type: 'CTC' } }), /decoder is of an unknown type.*CTC/],
    [
      'a decoder with a bad expression',
      words({ decoder: { type: 'Replace', pattern: { Regex: '(' }, content: '' } }),
      /decoder/,
    ],
  ];

  it.each(bad)('with %s', (_, json, message) => {
    expect(() => open(json)).toThrow(ModelError);
    expect(() => open(json)).toThrow(message);
    expect(() => open(json)).toThrow(/^model.tokenizer.json/);
  });

  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'collm-tokenizer-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('is named', () => {
    expect(() => Tokenizer.load(dir)).toThrow(/tokenizer.json does not exist/);
    writeFileSync(join(dir, 'tokenizer.json'), '{');
    expect(() => Tokenizer.load(dir)).toThrow(/tokenizer.json is no JSON/);
    writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(words()));
    for (const config of ['[]', 'null', '"x"', '{']) {
      writeFileSync(join(dir, 'tokenizer_config.json'), config);
      expect(() => Tokenizer.load(dir)).toThrow(/tokenizer_config.json is no JSON/);
    }
  });
});

/** Puts something else at a random place of a JSON value. */
function mutate(json: unknown, place: number, other: unknown): unknown {
  const places: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      // One entry of a vocabulary is like another.
      if (key === 'vocab' || key === 'merges') continue;
      visit((node as Record<string, unknown>)[key]);
    }
  };
  const copy = structuredClone(json);
  visit(copy);
  const [node, key] = places[place % places.length] as [Record<string, unknown>, string];
  if (other === undefined) delete node[key];
  else node[key] = other;
  return copy;
}

describe('a damaged file', () => {
  it.each(recorded.tokenizers.map((one) => [one.name, one] as const))('%s: is refused or works', (_, one) => {
    const json = tokenizerJson(one);
    const others = fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      false,
      0,
      -1,
      1,
      2 ** 40,
      0.5,
      '',
      'x',
      '(',
      '<s>',
      'Removed',
      'MergedWithNext',
      [],
      [null],
      ['a b'],
      [['a', 'b']],
      [1],
      {},
      { type: 'x' },
      { type: 'ByteLevel' },
      { type: 'Fuse' },
      { String: '' },
      { Regex: '' },
      { Regex: '.' },
      { Regex: '[' },
      { String: ' ' },
      { a: 0 },
      { id: 1 },
    );
    fc.assert(
      fc.property(fc.nat(), others, fc.nat(), others, (first, one, second, two) => {
        try {
          const tokenizer = open(mutate(mutate(json, first, one), second, two), { eos_token: '</s>' });
          for (const specialTokens of [true, false]) {
            const ids = tokenizer.encode('the <|end|> stone\n 12 a_b-c 方 </s>', { specialTokens });
            expect(typeof tokenizer.decode([...ids, 0, 1, 300])).toBe('string');
          }
          tokenizer.encode('a b', { addSpecialTokens: true });
        } catch (error) {
          expect(error).toBeInstanceOf(ModelError);
        }
      }),
      { numRuns: 60 },
    );
  });
});
