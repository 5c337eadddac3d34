/** Exactness against the tokenizers library in Rust, as fixtures/record-tokenizers.py recorded it. */
import { describe, expect, it } from 'vitest';
import { recorded, recordedTokenizer } from './fixtures/recorded-tokenizers.js';

describe.each(recorded.tokenizers.map((one) => [one.name, one] as const))('%s', (name, one) => {
  const tokenizer = recordedTokenizer(name);

  it.each(one.encoded)('encodes $text', ({ text, ids, with_special, plain }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.encode(text, { addSpecialTokens: true })).toEqual(with_special);
    expect(tokenizer.encode(text, { specialTokens: false })).toEqual(plain);
  });

  // A run of byte tokens that is no UTF-8 is the one deviation, and deliberate: see text-decoder.ts.
  const fallback = JSON.stringify(one.tokenizer.decoder).includes('ByteFallback');
  const decoded = one.decoded.filter(({ text }) => !fallback || !text.includes('\ufffd'));

  it.each(decoded)('decodes $ids', ({ ids, text }) => {
    expect(tokenizer.decode(ids)).toEqual(text);
  });
});
