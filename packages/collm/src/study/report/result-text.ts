/** How figures of a study are written, in every table and document alike. */
import { overSeedsText, stepsText } from '../../compare/comparison-lines.js';
import type { OverSeeds } from '../../statistics/over-seeds.js';
import type { CellResult, ClaimResult } from '../analysis/results.js';
import type { Measure } from '../types.js';

/** Where there is no figure. */
export const NONE = '-';

/** `0.512 [0.490, 0.534]`; environment steps as whole numbers. */
export function measureText(measure: Measure, value: OverSeeds | null, signed = false): string {
  if (value === null) return NONE;
  return measure === 'samples' ? stepsOverSeeds(value, signed) : overSeedsText(value, signed);
}

function stepsOverSeeds({ mean, interval }: OverSeeds, signed: boolean): string {
  const text = (steps: number) => `${signed && steps >= 0 ? '+' : ''}${stepsText(steps)}`;
  return interval === null ? text(mean) : `${text(mean)} [${text(interval.low)}, ${text(interval.high)}]`;
}

/** Environment steps to the threshold, and how many runs reached it. */
export function samplesText({ measures, reached, runs }: CellResult): string {
  const text = measureText('samples', measures.samples);
  return reached === null || text === NONE ? text : `${text}, ${reached} of ${runs.length} reached it`;
}

export function claimText({ claim, difference }: ClaimResult): string {
  return difference === null ? NONE : measureText(claim.measure, difference, true);
}

/** `5 / 5`: the seeds of both sides. */
export function claimSeeds({ seeds }: ClaimResult): string {
  return `${seeds.first} / ${seeds.second}`;
}

/** What the claim expects, in words. */
export function expectationText({ claim }: ClaimResult): string {
  return claim.expect === 'equal' ? `equal within ${claim.margin}` : claim.expect;
}
