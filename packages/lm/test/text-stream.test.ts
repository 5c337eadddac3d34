import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TextStream, Tokenizer } from '../src/index.js';
import { writeTinyModel } from './tiny.js';

let model: ReturnType<typeof writeTinyModel>;
beforeAll(() => {
  model = writeTinyModel();
});
afterAll(() => model.remove());

describe('TextStream', () => {
  it('gives out exactly the text before the first stop string', () => {
    const tokenizer = Tokenizer.load(model.dir);
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'ä', '😀'), maxLength: 30 });
    const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'ä'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(letters, fc.array(stop, { maxLength: 3 }), (text, stops) => {
        const stream = new TextStream(tokenizer, stops);
        const pieces: string[] = [];
        for (const id of tokenizer.encode(text)) pieces.push(stream.push(id));
        pieces.push(stream.flush());
        // Every letter is a token here: the first one that completes a stop string ends the text.
        const prefixes = [...text].map((_, i) => [...text].slice(0, i + 1).join(''));
        const ended = prefixes.find((prefix) => stops.some((string) => prefix.includes(string)));
        const starts = stops.map((string) => ended?.indexOf(string) ?? -1).filter((at) => at >= 0);
        expect(pieces.join('')).toBe(ended === undefined ? text : ended.slice(0, Math.min(...starts)));
        expect(stream.ended).toBe(ended !== undefined);
      }),
    );
  });

  it('holds back no more than what may become a stop string', () => {
    const tokenizer = Tokenizer.load(model.dir);
    const stream = new TextStream(tokenizer, ['abc']);
    const pieces = [...'xabyab'].map((letter) => stream.push(tokenizer.encode(letter)[0] as number));
    expect(pieces).toEqual(['x', '', '', 'aby', '', '']);
    expect(stream.flush()).toBe('ab');
  });
});
