import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../src/errors.js';
import { StopStrings } from '../src/tokenizer/stop-strings.js';
import { recordedTokenizer } from './fixtures/recorded-tokenizers.js';

const tokenizer = recordedTokenizer('gpt2');

/** Pushes tokens until a string stops it; says after how many. */
function run(strings: readonly string[], ids: readonly number[]): { used: number; text: string } {
  const stops = new StopStrings(tokenizer, strings);
  let used = 0;
  while (used < ids.length && !stops.push(ids[used++] as number));
  return { used, text: stops.text() };
}

describe('stop strings', () => {
  it('are found over several tokens', () => {
    const ids = [...'the END of'].flatMap((letter) => tokenizer.encode(letter));
    expect(run(['END'], ids)).toEqual({ used: 7, text: 'the ' });
  });

  it('are found in the middle of a token', () => {
    const ids = tokenizer.encode('a stone');
    expect(ids.map((id) => tokenizer.tokenOf(id))).toContain('Ġstone');
    expect(run(['to'], ids)).toEqual({ used: ids.length, text: 'a s' });
  });

  it('end the text at the first of them', () => {
    expect(run(['ne', 'sto'], tokenizer.encode('the stone')).text).toBe('the ');
    expect(run(['\n\n'], tokenizer.encode('a\nb\n\nc\n\nd')).text).toBe('a\nb');
  });

  it('are found in characters of several bytes', () => {
    expect(run(['🧱'], tokenizer.encode('方🧱方')).text).toBe('方');
  });

  it('without one, the text is that of all tokens, of cut characters too', () => {
    const ids = tokenizer.encode('stone 🧱').slice(0, -1);
    expect(run(['x'], ids)).toEqual({ used: ids.length, text: tokenizer.decode(ids) });
    expect(run([], ids)).toEqual({ used: ids.length, text: tokenizer.decode(ids) });
  });

  it('stay found', () => {
    const stops = new StopStrings(tokenizer, ['t']);
    const ids = tokenizer.encode('t');
    expect([...ids, ...ids].map((id) => stops.push(id))).toEqual([true, true]);
    expect(stops.text()).toBe('');
  });

  it('must not be empty', () => {
    expect(() => new StopStrings(tokenizer, ['a', ''])).toThrow(ModelError);
  });

  it('stop as soon as the decoded text holds one', () => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 60 });
    const strings = fc.array(
      fc.string({ unit: fc.constantFrom(...'aeths \n'), minLength: 1, maxLength: 3 }),
      {
        maxLength: 3,
      },
    );
    fc.assert(
      fc.property(ids, strings, (sequence, wanted) => {
        const { used, text } = run(wanted, sequence);
        const places = (count: number) => {
          const decoded = tokenizer.decode(sequence.slice(0, count));
          return wanted.map((string) => decoded.indexOf(string)).filter((at) => at >= 0);
        };
        const decoded = tokenizer.decode(sequence.slice(0, used));
        const found = places(used);
        expect(text).toBe(found.length === 0 ? decoded : decoded.slice(0, Math.min(...found)));
        expect(places(used - 1).length > 0 && used > 0).toBe(false);
        expect(used === sequence.length || found.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
