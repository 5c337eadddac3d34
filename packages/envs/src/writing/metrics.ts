/** What is logged of a pair of texts besides its reward (writing spec, 7). All levels are taken without the gates. */
import {
  inTokenRange,
  lengthReward,
  overlapReward,
  type PairMeasures,
  structureReward,
  transitionReward,
  transitionScale,
  vocabularyReward,
  type WritingReward,
} from './reward.js';
import type { Band, WritingRules } from './rules.js';

/**
 * @param texts names of the two texts, e.g. `summary` and `elaboration`
 * @param reward of the pair
 */
export function writingMetrics(
  [first, second]: readonly [string, string],
  rules: WritingRules,
  pair: PairMeasures,
  reward: WritingReward,
): Record<string, number> {
  const structure = structureReward(rules, pair) ?? 0;
  const length = lengthReward(rules, pair) ?? 0;
  const diversity = vocabularyReward(rules, pair) ?? 0;
  const transition = transitionReward(pair);
  const jaccard = overlapReward(rules, pair);
  const lengthRatio = ratio(pair.second.characters, pair.first.characters);
  const wordsRatio = ratio(pair.vocabulary.second, pair.vocabulary.first);
  return {
    [`${first}_tokens`]: pair.first.tokens,
    [`${second}_tokens`]: pair.second.tokens,
    [`${first}_chars`]: pair.first.characters,
    [`${second}_chars`]: pair.second.characters,
    [`${first}_unique_words`]: pair.vocabulary.first,
    [`${second}_unique_words`]: pair.vocabulary.second,
    structure_reward: structure,
    length_reward: length,
    diversity_reward: diversity,
    jaccard_score: pair.vocabulary.jaccard,
    jaccard_reward: jaccard,
    transition_categories: pair.categories,
    transition_reward: transition,
    style_reward: transition + jaccard,
    transition_reward_scale: transitionScale(pair.categories),
    gated_total_reward: reward.total,
    ungated_total_reward: structure + length + diversity + (transition + jaccard),
    length_ratio: lengthRatio,
    tokens_ratio: ratio(pair.second.tokens, pair.first.tokens),
    unique_words_ratio: wordsRatio,
    optimal_length_rate: Number(isOptimal(lengthRatio, rules.lengthBand)),
    optimal_unique_words_rate: Number(isOptimal(wordsRatio, rules.vocabularyBand)),
    acceptable_length_rate: Number(isAcceptable(lengthRatio, rules.lengthBand)),
    acceptable_unique_words_rate: Number(isAcceptable(wordsRatio, rules.vocabularyBand)),
    has_transition_words_rate: Number(pair.categories > 0),
    [`${first}_in_token_range_rate`]: Number(inTokenRange(rules, pair.first)),
    [`${second}_in_token_range_rate`]: Number(inTokenRange(rules, pair.second)),
  };
}

function ratio(second: number, first: number): number {
  return first === 0 ? 0 : second / first;
}

function isOptimal(value: number, [, from, to]: Band): boolean {
  return from <= value && value <= to;
}

function isAcceptable(value: number, [lo, , , hi]: Band): boolean {
  return lo <= value && value <= hi;
}
