import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arxivRules, PairMeasures, scorePair, tldrRules } from '../src/index.js';
import { stopWords, transitionCategories } from '../src/writing/word-lists.js';
import { Arxiv, Tldr } from '../src/writing/writing.js';
import { categoriesOf, jaccardOf, lengthOf, levels, rewardOf, tokensOf, wordsOf } from './writing-oracle.js';

const rulesOf = { tldr: tldrRules, arxiv: arxivRules };

const odd = (
  "😀 İstanbul ΣΑΣ ΟΔΟΣ: straße STRASSE cafe\u0301 नमस्ते \u212a \ud800 \udc00 x\ud83d _ 𝒜𝒷 𐐀 Ⅷ ½ ²x \ufeff don't " +
  'e-mail \0 ﬁ ǅ 日本語 a\u00adb Ⓐ'
).split(' ');
const plain = new Tldr().trainItems.flatMap(({ source }) => source.split(/\s+/)).slice(0, 2000);
const entries = Object.values(transitionCategories).flat();

const word = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...plain) },
  { weight: 3, arbitrary: fc.constantFrom(...stopWords) },
  { weight: 1, arbitrary: fc.constantFrom(...entries) },
  { weight: 1, arbitrary: fc.constantFrom(...odd) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
);
const separator = fc.oneof(
  { weight: 20, arbitrary: fc.constant(' ') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '\n',
      '  ',
      '\x1c',
      '\x1f',
      '\x85',
      '\u00a0',
      '\u3000',
      '\ufeff',
      '\u200b',
    ),
  },
);
const textOf = (least: number, most: number) =>
  fc
    .array(fc.tuple(word, separator), { minLength: least, maxLength: most, size: 'max' })
    .map((pieces) => pieces.map(([first, second]) => first + second).join(''));

describe('a second implementation agrees', () => {
  it.each([
    ['tldr', textOf(6, 60), textOf(10, 200), 600],
    ['arxiv', textOf(110, 260), textOf(110, 260), 150],
  ] as const)('on the reward and all measures of %s', (task, firsts, seconds, numRuns) => {
    const seen = new Set<number>();
    fc.assert(
      fc.property(firsts, seconds, (c1, c2) => {
        const pair = new PairMeasures(rulesOf[task], c1, c2);
        expect(pair.first).toEqual({ tokens: tokensOf(c1), characters: lengthOf(c1) });
        expect(pair.second).toEqual({ tokens: tokensOf(c2), characters: lengthOf(c2) });
        expect(pair.vocabulary).toEqual({
          first: wordsOf(c1).size,
          second: wordsOf(c2).size,
          jaccard: jaccardOf(c1, c2),
        });
        expect(pair.categories).toBe(categoriesOf(task === 'tldr' ? c2 : c1 + c2));
        const { total } = scorePair(rulesOf[task], c1, c2);
        expect(total).toBe(rewardOf(task, c1, c2));
        seen.add(Math.floor(total));
      }),
      { numRuns, seed: 5 },
    );
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });

  it('on texts of any units at all', () => {
    const anything = fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anything, anything, (c1, c2) => {
        const { vocabulary, first } = new PairMeasures(tldrRules, c1, c2);
        expect(first).toEqual({ tokens: tokensOf(c1), characters: lengthOf(c1) });
        expect([vocabulary.first, vocabulary.second]).toEqual([wordsOf(c1).size, wordsOf(c2).size]);
        expect(vocabulary.jaccard).toBe(jaccardOf(c1, c2));
      }),
      { numRuns: 500, seed: 6 },
    );
  });

  it('on texts that are longer than the table that is kept', () => {
    const long = Array.from({ length: 3000 }, (_, i) => `${plain[i % plain.length]}${i % 1700}`).join(' ');
    const pair = new PairMeasures(tldrRules, long, `${long} ΟΔΟΣ 𝒜𝒷`);
    expect(pair.vocabulary).toEqual({
      first: wordsOf(long).size,
      second: wordsOf(long).size + 2,
      jaccard: jaccardOf(long, `${long} ΟΔΟΣ 𝒜𝒷`),
    });
  });

  it('on the levels in metrics, which have no gates', () => {
    for (const env of [new Tldr(), new Arxiv()]) {
      const task = env.name as 'tldr' | 'arxiv';
      const sources = env.evalItems.map(({ source }) => source);
      sources.forEach((c1, index) => {
        const c2 = (sources[index + 1] ?? '') + (sources[index + 2] ?? '').slice(0, 5 * index);
        const item = env.trainItems[0] as (typeof env.trainItems)[0];
        const { metrics, reward } = env.step(env.reset(item), [c1, c2]);
        const [one, two, three, four] = levels(task, c1, c2).map((level) => level ?? 0) as [
          number,
          number,
          number,
          number,
        ];
        expect(metrics).toMatchObject({
          structure_reward: one,
          length_reward: two,
          diversity_reward: three,
          style_reward: four,
          ungated_total_reward: one + two + three + four,
          gated_total_reward: rewardOf(task, c1, c2),
        });
        expect(reward).toBe(metrics.gated_total_reward);
      });
    }
  });
});
