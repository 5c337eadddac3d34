/** Verdicts on what a study set out to check. types.ts has the rules. */

import { differenceInterval, type Interval } from '../../statistics/bootstrap.js';
import { mean } from '../../statistics/descriptive.js';
import { enoughSeeds, seedsNeeded } from '../../statistics/over-seeds.js';
import type { CellName, Claim, Study } from '../types.js';
import { cellLabel, conditionsKey } from './conditions.js';
import type { Block, CellResult, ClaimResult, Verdict } from './results.js';

/** One side of a claim. */
interface Side {
  readonly label: string;
  readonly cell: CellResult;
  readonly values: readonly number[];
}

export function judge(claim: Claim, study: Study, blocks: readonly Block[]): ClaimResult {
  const sides = [claim.first, claim.second].map((name) => sideOf(claim, name, study, blocks));
  const seedsOf = (side: Side | string | undefined) => (typeof side === 'object' ? side.values.length : 0);
  const seeds = { first: seedsOf(sides[0]), second: seedsOf(sides[1]) };
  const lacking = sides.filter((side) => typeof side === 'string');
  if (lacking.length > 0) {
    return { claim, verdict: 'no data', reason: lacking.join('; '), difference: null, seeds };
  }
  const [first, second] = sides as [Side, Side];
  const interval = differenceInterval([first.values], [second.values]);
  const difference = { mean: mean(first.values) - mean(second.values), interval };
  return { claim, ...decide(claim, first, second, interval), difference, seeds };
}

/** The runs of a side, or why there are none. */
function sideOf(claim: Claim, name: CellName, study: Study, blocks: readonly Block[]): Side | string {
  const label = cellLabel(study, name);
  const key = conditionsKey(study, name.conditions);
  const block = blocks.find(
    ({ task, conditions }) => task === claim.task && conditionsKey(study, conditions) === key,
  );
  const cell = block?.cells.find(({ method }) => method === name.method);
  if (cell === undefined) return `${label} is not played in ${claim.task}`;
  const values = cell.runs.flatMap((run) => run.values[claim.measure] ?? []);
  if (values.length > 0) return { label, cell, values };
  return cell.runs.length === 0 ? `${label} has no run that counts` : `${label} has no ${claim.measure}`;
}

function decide(
  claim: Claim,
  first: Side,
  second: Side,
  interval: Interval | null,
): { verdict: Verdict; reason: string } {
  if (interval === null || !enoughSeeds(first.values.length, second.values.length)) {
    return { verdict: 'not confirmed', reason: `too few seeds: it takes ${seedsNeeded()} of each` };
  }
  const samples = claim.measure === 'samples';
  if (samples && first.cell.reached === 0 && second.cell.reached === 0) {
    return { verdict: 'not confirmed', reason: 'no run of either reached the threshold' };
  }
  return { verdict: verdictOf(claim, interval), reason: samples ? unreachedOf(first, second) : '' };
}

function verdictOf({ expect, margin }: Claim, { low, high }: Interval): Verdict {
  const [above, below] = [low > 0, high < 0];
  if (expect === 'higher') return above ? 'confirmed' : below ? 'contradicted' : 'not confirmed';
  if (expect === 'lower') return below ? 'confirmed' : above ? 'contradicted' : 'not confirmed';
  if (low >= -margin && high <= margin) return 'confirmed';
  return low > margin || high < -margin ? 'contradicted' : 'not confirmed';
}

/** Such runs count with the budget, which is less than they would have needed. */
function unreachedOf(...sides: readonly Side[]): string {
  return sides
    .flatMap(({ label, cell, values }) => {
      const without = values.length - (cell.reached ?? 0);
      return without === 0
        ? []
        : `${without} of ${values.length} runs of ${label} did not reach the threshold`;
    })
    .join('; ');
}
