import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../src/errors.js';
import { StopStrings } from '../src/tokenizer/stop-strings.js';
import { TextStream } from '../src/tokenizer/text-stream.js';
import { recordedTokenizer } from './fixtures/recorded-tokenizers.js';

const tokenizer = recordedTokenizer('gpt2');

/** Pushes tokens until a string stops it; says after how many, and what was given out. */
function run(strings: readonly string[] | StopStrings, ids: readonly number[]) {
  const stream = new TextStream(tokenizer, strings);
  const pieces: string[] = [];
  while (pieces.length < ids.length && !stream.ended) pieces.push(stream.push(ids[pieces.length] as number));
  return { used: pieces.length, text: pieces.join('') + stream.flush() };
}

/** A token per letter. */
const letters = (text: string) => [...text].flatMap((letter) => tokenizer.encode(letter));

describe('stop strings', () => {
  it('are found over several tokens', () => {
    expect(run(['END'], letters('the END of'))).toEqual({ used: 7, text: 'the ' });
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
    const stream = new TextStream(tokenizer, ['t']);
    const ids = tokenizer.encode('t');
    expect([...ids, ...ids].map((id) => [stream.push(id), stream.ended])).toEqual([
      ['', true],
      ['', true],
    ]);
    expect(stream.flush()).toBe('');
  });

  it('hold back no more than what may become one', () => {
    const stream = new TextStream(tokenizer, ['abc']);
    expect(letters('xabyab').map((id) => stream.push(id))).toEqual(['x', '', '', 'aby', '', '']);
    expect(stream.flush()).toBe('ab');
  });

  it('may be one within another, or begin where another ends', () => {
    expect(run(['ton', 'stone'], letters('a stone'))).toEqual({ used: 6, text: 'a s' });
    expect(run(['stonx', 'tone', 'on!'], letters('a stone')).text).toBe('a s');
    expect(run(['aab'], letters('aaaab')).text).toBe('aa');
    expect(run(['abab!', 'bac'], letters('ababac')).text).toBe('aba');
  });

  it('that hold half a character are never found', () => {
    expect(run(['\ud83e', '\uddf1x'], letters('🧱x')).text).toBe('🧱x');
  });

  it('cost the same however many and long they are, and are compiled once for many texts', () => {
    const repeated = 'ab'.repeat(20_000);
    const many = Array.from({ length: 500 }, (_, i) => `${repeated.slice(0, 2000)}${i}!`);
    const stops = new StopStrings([`${repeated}c`, ...many]);
    const ids = letters('ab').concat(letters('ab'));
    const long = Array.from({ length: 60_000 }, (_, i) => ids[i % 4] as number);
    expect(run(stops, long).text).toBe('ab'.repeat(30_000));
    const end = letters('499!');
    expect(run(stops, [...long, ...end]).text).toBe('ab'.repeat(29_000));
  });

  it('must not be empty', () => {
    expect(() => new TextStream(tokenizer, ['a', ''])).toThrow(ModelError);
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
