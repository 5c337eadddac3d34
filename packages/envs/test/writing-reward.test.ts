import { describe, expect, it } from 'vitest';
import { arxivRules, arxivWideLengthBand, PairMeasures, scorePair, tldrRules } from '../src/index.js';
import { sizeOf } from '../src/writing/text-size.js';
import { stopWords, transitionCategories } from '../src/writing/word-lists.js';

/** A text of numbers, which are no stop words and hold no transition words. */
function numbers(distinct: number, { tokens = distinct, characters = 0, from = 0 } = {}): string {
  return Array.from({ length: tokens }, (_, i) => 100 + from + (i % distinct))
    .join(' ')
    .padEnd(characters);
}

const tldr = (c1: string, c2: string) => scorePair(tldrRules, c1, c2);
const arxiv = (c1: string, c2: string) => scorePair(arxivRules, c1, c2);

describe('word lists', () => {
  it('have the published sizes', () => {
    const sizes = Object.fromEntries(
      Object.entries(transitionCategories).map(([name, { length }]) => [name, length]),
    );
    expect(sizes).toEqual({
      elaboration: 21,
      examples: 22,
      explanation: 22,
      cause_effect: 26,
      contrast: 29,
      sequence: 33,
      emphasis: 24,
      summary: 21,
      comparison: 17,
      concession: 19,
      condition: 19,
      time: 26,
    });
    const entries = Object.values(transitionCategories).flat();
    expect([entries.length, new Set(entries).size]).toEqual([279, 230]);
    expect([stopWords.length, new Set(stopWords).size]).toEqual([106, 106]);
  });

  it('hold nothing but what the automaton can read', () => {
    for (const entry of Object.values(transitionCategories).flat())
      expect(entry).toMatch(/^[a-z]+( [a-z]+)*$/);
  });

  it.each(Object.entries(transitionCategories))(
    '%s: every entry is found wherever it stands',
    (name, entries) => {
      for (const entry of entries) {
        const alone = new PairMeasures(tldrRules, '', `0${entry.toUpperCase()}0`).categories;
        const expected = Object.values(transitionCategories).filter((others) =>
          others.some((other) => entry.includes(other)),
        ).length;
        expect(alone, `${entry} of ${name}`).toBe(expected);
      }
    },
  );
});

describe('worked examples', () => {
  // 8 and 12 words; lr = 26/15, full; ur = 1.5: ((1.5 - 1.3)/0.7)/2; no transition word; J = 8/12, full.
  it('TLDR, halfway', () => {
    expect(tldr('1 2 3 4 5 6 7 8', '1 2 3 4 5 6 7 8 9 10 11 12')).toEqual({
      structure: 0.5,
      length: 1,
      vocabulary: ((12 / 8 - 1.3) / (2.0 - 1.3)) * 0.5,
      transitions: 0,
      overlap: 0.6,
      total: 0.5 + 1 + 0.14285714285714282 + 0.6,
    });
  });

  // 11 and 22 words. `also` is elaboration, and the `so` in it cause and effect: s = 0.45. J = 1/32: full from 0.03 up.
  it('TLDR, two kinds of transition words', () => {
    const { total, transitions, ...others } = tldr(
      '1 2 3 4 5 6 7 8 9 10 11',
      '1 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 also',
    );
    expect(others).toEqual({ structure: 0.5, length: 1, vocabulary: 0.5, overlap: 0.6 });
    expect(transitions).toBeCloseTo(0.18, 12);
    expect(total).toBeCloseTo(2.78, 12);
  });

  it('arXiv, below and above its cap of overlap', () => {
    // 130 words each, 12 in common: J = 12/248.
    const apart = arxiv(numbers(130), numbers(130, { from: 118 }));
    expect(apart).toEqual({
      structure: 0.5,
      length: 1,
      vocabulary: 0.5,
      transitions: 0,
      overlap: (0.6 * (12 / 248)) / 0.23,
      total: 2 + (0.6 * (12 / 248)) / 0.23,
    });
    expect(arxiv(numbers(130), numbers(130, { from: 80 })).overlap).toBe(0.6);
  });

  it('the most that can be had is 2.98', () => {
    const all = 'furthermore namely indeed thus but next surely overall equally though unless while';
    expect(tldr(numbers(20), `${numbers(40)} ${all}`).total).toBeCloseTo(2.98, 12);
    expect(arxiv(numbers(130), `${numbers(130)} ${all}`).total).toBeCloseTo(2.98, 12);
  });

  it('stop words alone overlap fully', () => {
    const c1 = stopWords.slice(0, 8).join(' ');
    const c2 = stopWords.slice(40, 56).join(' ');
    expect(tldr(c1, c2)).toMatchObject({ vocabulary: 0.5, overlap: 0.6 });
  });

  it('one word of content in common with none does not', () => {
    expect(tldr(stopWords.slice(0, 8).join(' '), numbers(16)).overlap).toBe(0);
  });
});

describe('level 1', () => {
  it.each([
    ['tldr', 7, 20, 0],
    ['tldr', 8, 20, 0.5],
    ['tldr', 20, 7, 0],
    ['tldr', 20, 256, 0.5],
    ['tldr', 20, 257, 0],
    ['tldr', 256, 256, 0.5],
    ['tldr', 257, 256, 0],
    ['arxiv', 127, 128, 0],
    ['arxiv', 128, 128, 0.5],
    ['arxiv', 256, 128, 0.5],
    ['arxiv', 128, 257, 0],
  ] as const)('%s: %i and %i tokens', (task, first, second, structure) => {
    const score = task === 'tldr' ? tldr : arxiv;
    const reward = score(numbers(8, { tokens: first }), numbers(8, { tokens: second }));
    expect(reward.structure).toBe(structure);
    if (structure === 0) expect(reward.total).toBe(0);
  });

  it('of nothing', () => {
    expect(tldr('', '')).toEqual({
      structure: 0,
      length: 0,
      vocabulary: 0,
      transitions: 0,
      overlap: 0,
      total: 0,
    });
  });
});

describe('level 2', () => {
  const wide = { ...arxivRules, lengthBand: arxivWideLengthBand };
  // Blanks make texts of any length: 1000 characters in the first.
  it.each([
    ['tldr', tldrRules, 1099, null],
    ['tldr', tldrRules, 1100, 0],
    ['tldr', tldrRules, 1350, 0.5],
    ['tldr', tldrRules, 1599, 0.998],
    ['tldr', tldrRules, 1600, 1],
    ['tldr', tldrRules, 3200, 1],
    ['tldr', tldrRules, 4100, 0.5],
    ['tldr', tldrRules, 5000, 0],
    ['tldr', tldrRules, 5001, null],
    ['arxiv', arxivRules, 799, null],
    ['arxiv', arxivRules, 800, 0],
    ['arxiv', arxivRules, 900, 0.5],
    ['arxiv', arxivRules, 1000, 1],
    ['arxiv', arxivRules, 1300, 1],
    ['arxiv', arxivRules, 1400, 0.5],
    ['arxiv', arxivRules, 1500, 0],
    ['arxiv', arxivRules, 1501, null],
    ['arxiv_wide', wide, 1050, 0.5],
    ['arxiv_wide', wide, 1300, 1],
    ['arxiv_wide', wide, 1600, 1],
    ['arxiv_wide', wide, 2000, 0],
    ['arxiv_wide', wide, 2001, null],
  ] as const)('%s: %#', (task, rules, characters, length) => {
    const [first, second] = task === 'tldr' ? [numbers(10), numbers(20)] : [numbers(140), numbers(140)];
    const reward = scorePair(rules, first.padEnd(1000), second.padEnd(characters));
    expect(reward.length).toBeCloseTo(length ?? 0, 12);
    // Earning nothing on an edge goes on, earning nothing beyond it does not.
    expect(reward.vocabulary).toBe(length === null ? 0 : 0.5);
    expect(reward.total).toBeCloseTo(length === null ? 0.5 : 0.5 + length + 0.5 + 0.6, 12);
  });

  it('counts code points, blanks included', () => {
    expect(tldr(`${numbers(10)}😀`, `${numbers(20)}😀`.padEnd(81)).length).toBe(1);
    expect(sizeOf('😀 a\u0301')).toEqual({ tokens: 2, characters: 4 });
  });
});

describe('level 3', () => {
  it.each([
    [tldrRules, 10, 12, null],
    [tldrRules, 10, 13, 0],
    [tldrRules, 20, 33, 0.25],
    [tldrRules, 10, 20, 0.5],
    [tldrRules, 10, 90, 0.5],
    [arxivRules, 100, 49, null],
    [arxivRules, 100, 50, 0],
    [arxivRules, 100, 60, 0.25],
    [arxivRules, 100, 70, 0.5],
    [arxivRules, 100, 130, 0.5],
    [arxivRules, 100, 150, 0.25],
    [arxivRules, 100, 170, 0],
    [arxivRules, 100, 171, null],
  ] as const)('%#', (rules, first, second, vocabulary) => {
    const [tokens, ratio] = rules === tldrRules ? [100, 2] : [180, 1];
    const c1 = numbers(first, { tokens, characters: 1000 });
    const c2 = numbers(second, { tokens, characters: 1000 * ratio });
    const reward = scorePair(rules, c1, c2);
    expect(reward.length).toBe(1);
    expect(reward.vocabulary).toBeCloseTo(vocabulary ?? 0, 12);
    expect(reward.overlap).toBe(vocabulary === null ? 0 : 0.6);
  });

  it('stops without a word in the first text', () => {
    expect(tldr('! ? ! ? ! ? ! ?', numbers(8))).toMatchObject({ length: 1, vocabulary: 0, total: 1.5 });
  });

  it('counts stop words', () => {
    const stops = stopWords.slice(0, 12).join(' ');
    expect(new PairMeasures(tldrRules, stops, 'x').vocabulary).toEqual({ first: 12, second: 1, jaccard: 0 });
  });
});

describe('transition words', () => {
  const categories = (c2: string, c1 = '') => new PairMeasures(tldrRules, c1, c2).categories;

  it.each([
    ['', 0],
    ['1 2 3', 0],
    ['was', 1],
    ['person', 1],
    ['PERSON', 1],
    ['in  fact', 0],
    ['in\nfact', 0],
    ['in fact', 2],
    ['even though', 2],
    ['\u212anow', 0],
    ['li\u212aewise', 2],
    ['as as as', 1],
  ])('%j has %i kinds', (text, kinds) => {
    expect(categories(text)).toBe(kinds);
  });

  it('are looked for in the second text of TLDR only', () => {
    expect(categories('1', 'furthermore')).toBe(0);
  });

  it('grow across the joint of arXiv', () => {
    // `so` is cause and effect; `also`, from both texts, elaboration.
    expect(new PairMeasures(arxivRules, '1 al', 'so 2').categories).toBe(2);
    expect(new PairMeasures(arxivRules, '1 al ', 'so 2').categories).toBe(1);
  });
});

describe('text measures', () => {
  const words = (text: string) => new PairMeasures(tldrRules, text, '').vocabulary.first;

  it.each([
    ['NEL, unit separator and ideographic space part tokens', 'a\x85b\x1fc\u3000d', 4, 4],
    ['byte order mark and zero-width space do not', '\ufeffa\u200bb', 1, 2],
    ['emoji are tokens, but no words', '😀 😀👍 a', 3, 1],
    ['combining marks cut words', 'cafe\u0301s', 1, 2],
    ['composed accents do not', 'cafés', 1, 1],
    ['vowel signs cut words', 'नमस्ते', 1, 2],
    ['apostrophes and hyphens cut words', "don't e-mail", 2, 4],
    ['case makes no difference', 'Straße STRAßE', 2, 1],
    ['ß is not ss', 'straße strasse', 2, 2],
    ['a dotted capital I becomes i and a mark, which cuts', 'Xİx', 1, 2],
    ['a final sigma is not an inner one', 'ΟΔΟΣ ΟΔΟΣΑ οδος', 3, 2],
    ['letters beyond the first plane are letters', '𝒜𝒷 𝒜 𐐀 𐐨', 4, 3],
    ['halves of pairs are not', 'a\ud835b \udc9c \ud835', 3, 2],
    ['numbers of any kind are', 'Ⅷ ½ ²', 3, 3],
    ['underscores are, nothing else is', '_ - . \0', 4, 1],
  ])('%s', (_, text, tokens, distinct) => {
    expect(sizeOf(text).tokens).toBe(tokens);
    expect(words(text)).toBe(distinct);
  });
});

describe('hostile texts', () => {
  const many = 300_000;
  it.each([
    ['one word', 'a'.repeat(many)],
    ['blanks', ' '.repeat(many)],
    ['NUL', '\0'.repeat(many)],
    ['emoji', '😀'.repeat(many)],
    ['letters of two units', '𝒜'.repeat(many)],
    ['halves of pairs', '\ud800'.repeat(many)],
    ['many words', Array.from({ length: 60_000 }, (_, i) => i.toString(36)).join('-')],
    ['the start of a phrase, again and again', 'when all is said and '.repeat(50_000)],
  ])('%s', (_, text) => {
    const pair = new PairMeasures(arxivRules, text, text);
    expect(pair.vocabulary.first).toBe(pair.vocabulary.second);
    expect(pair.vocabulary.jaccard).toBe(1);
    expect(pair.categories).toBeGreaterThanOrEqual(0);
    expect(scorePair(arxivRules, text, text).total).toBe(0);
  });

  it('leave nothing behind for the next pair', () => {
    const before = tldr(numbers(10), numbers(25));
    tldr('\ud800 '.repeat(9000), 'word '.repeat(200));
    expect(tldr(numbers(10), numbers(25))).toEqual(before);
  });
});
