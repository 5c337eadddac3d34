/** The reward of the writing tasks: four levels, each of which may stop the scoring (writing spec, 5). */
import {
  lengthCredit,
  overlapCredit,
  shareOfBand,
  structureCredit,
  transitionCredit,
  vocabularyCredit,
  type WritingRules,
} from './rules.js';
import { sizeOf, type TextSize } from './text-size.js';
import { countTransitionCategories } from './transitions.js';
import { compareVocabulary, type Vocabulary } from './vocabulary.js';

/** The terms of a reward; they add up to it. */
export interface WritingReward {
  /** Both texts have a proper number of tokens: 0 or 0.5. */
  readonly structure: number;
  /** Ratio of the lengths: 0 to 1. */
  readonly length: number;
  /** Ratio of the numbers of distinct words: 0 to 0.5. */
  readonly vocabulary: number;
  /** Kinds of transition words: 0 to 0.38. */
  readonly transitions: number;
  /** Content words in common: 0 to 0.6. */
  readonly overlap: number;
  /** 0 to 2.98. */
  readonly total: number;
}

/** What is measured of a pair of texts, each thing when it is first asked for. */
export class PairMeasures {
  readonly first: TextSize;
  readonly second: TextSize;
  readonly #texts: readonly [string, string];
  readonly #rules: WritingRules;
  #lowered: readonly [string, string] | undefined;
  #vocabulary: Vocabulary | undefined;
  #categories: number | undefined;

  constructor(rules: WritingRules, first: string, second: string) {
    this.#rules = rules;
    this.#texts = [first, second];
    this.first = sizeOf(first);
    this.second = sizeOf(second);
  }

  get vocabulary(): Vocabulary {
    this.#vocabulary ??= compareVocabulary(...this.#lower());
    return this.#vocabulary;
  }

  /** Transition categories, 0 to 12. */
  get categories(): number {
    if (this.#categories === undefined) {
      const [first, second] = this.#lower();
      // Entries are ASCII, so it makes no difference that the texts were put in lower case apart.
      const scanned = this.#rules.transitionsIn === 'both' ? first + second : second;
      this.#categories = countTransitionCategories(scanned);
    }
    return this.#categories;
  }

  #lower(): readonly [string, string] {
    this.#lowered ??= [this.#texts[0].toLowerCase(), this.#texts[1].toLowerCase()];
    return this.#lowered;
  }
}

/** Level 1: 0.5, or null, which stops. */
export function structureReward(rules: WritingRules, { first, second }: PairMeasures): number | null {
  return inTokenRange(rules, first) && inTokenRange(rules, second) ? structureCredit : null;
}

export function inTokenRange({ tokens: [least, most] }: WritingRules, { tokens }: TextSize): boolean {
  return least <= tokens && tokens <= most;
}

/** Level 2: 0 to 1, or null, which stops. */
export function lengthReward(rules: WritingRules, { first, second }: PairMeasures): number | null {
  if (first.characters === 0) return null;
  const share = shareOfBand(second.characters / first.characters, rules.lengthBand);
  return share === null ? null : lengthCredit * share;
}

/** Level 3: 0 to 0.5, or null, which stops. */
export function vocabularyReward(rules: WritingRules, { vocabulary }: PairMeasures): number | null {
  if (vocabulary.first === 0) return null;
  const share = shareOfBand(vocabulary.second / vocabulary.first, rules.vocabularyBand);
  return share === null ? null : vocabularyCredit * share;
}

/** 0 without transition words, otherwise 0.4 for the first category and 0.05 for each further one: at most 0.95. */
export function transitionScale(categories: number): number {
  return categories === 0 ? 0 : Math.min(1, 0.4 + Math.min(0.05 * (categories - 1), 0.6));
}

/** Level 4, first part: 0 to 0.38. */
export function transitionReward({ categories }: PairMeasures): number {
  return transitionCredit * transitionScale(categories);
}

/** Level 4, second part: 0 to 0.6. */
export function overlapReward({ overlapCap }: WritingRules, { vocabulary }: PairMeasures): number {
  return (overlapCredit * Math.min(vocabulary.jaccard, overlapCap)) / overlapCap;
}

/** The reward of a pair that was measured. */
export function rewardOf(rules: WritingRules, pair: PairMeasures): WritingReward {
  const structure = structureReward(rules, pair);
  const length = structure === null ? null : lengthReward(rules, pair);
  const vocabulary = length === null ? null : vocabularyReward(rules, pair);
  const transitions = vocabulary === null ? 0 : transitionReward(pair);
  const overlap = vocabulary === null ? 0 : overlapReward(rules, pair);
  return {
    structure: structure ?? 0,
    length: length ?? 0,
    vocabulary: vocabulary ?? 0,
    transitions,
    overlap,
    total: (structure ?? 0) + (length ?? 0) + (vocabulary ?? 0) + (transitions + overlap),
  };
}

/**
 * Scores two texts; reads no further than to the level that stops.
 *
 * @example scorePair(tldrRules, summary, elaboration).total // 0 to 2.98
 */
export function scorePair(rules: WritingRules, first: string, second: string): WritingReward {
  return rewardOf(rules, new PairMeasures(rules, first, second));
}
