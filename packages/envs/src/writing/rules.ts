/** What the two writing tasks differ in when answers are scored (writing spec, 5.2). */

/** Nothing outside `[lo, hi]`, full credit in `[fullFrom, fullTo]`, linear in between. All four belong to the band. */
export type Band = readonly [lo: number, fullFrom: number, fullTo: number, hi: number];

export interface WritingRules {
  /** Least and most tokens of each text. */
  readonly tokens: readonly [least: number, most: number];
  /** Characters of the second text over those of the first. */
  readonly lengthBand: Band;
  /** Distinct words of the second text over those of the first. */
  readonly vocabularyBand: Band;
  /** From this Jaccard similarity of the content words on, overlap earns full credit. */
  readonly overlapCap: number;
  /** Where transition words are looked for. `both`: in the first text immediately followed by the second. */
  readonly transitionsIn: 'second' | 'both';
}

export const tldrRules: WritingRules = {
  tokens: [8, 256],
  lengthBand: [1.1, 1.6, 3.2, 5.0],
  vocabularyBand: [1.3, 2.0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  overlapCap: 0.03,
  transitionsIn: 'second',
};

export const arxivRules: WritingRules = {
  tokens: [128, 256],
  lengthBand: [0.8, 1.0, 1.3, 1.5],
  vocabularyBand: [0.5, 0.7, 1.3, 1.7],
  overlapCap: 0.23,
  transitionsIn: 'both',
};

/** The band that one version of the reference has for arXiv (writing spec, 10.1). */
export const arxivWideLengthBand: Band = [0.8, 1.3, 1.6, 2.0];

/** Full credit of each level. */
export const structureCredit = 0.5;
export const lengthCredit = 1;
export const vocabularyCredit = 0.5;
export const transitionCredit = 0.4;
export const overlapCredit = 0.6;

/**
 * The share of the full credit that a ratio earns, 0 to 1, or null outside the band. On the outer edges it is 0 up to
 * rounding, which is not the same: there scoring goes on.
 */
export function shareOfBand(ratio: number, [lo, fullFrom, fullTo, hi]: Band): number | null {
  if (fullFrom <= ratio && ratio <= fullTo) return 1;
  if (lo <= ratio && ratio < fullFrom) return (ratio - lo) / (fullFrom - lo);
  if (fullTo < ratio && ratio <= hi) return 1 - (ratio - fullTo) / (hi - fullTo);
  return null;
}
