import { describe, expect, it } from 'vitest';
import {
  claimOf,
  recordsOf,
  rising,
  syntheticStudy,
  syntheticTask,
  trained,
  trialOf,
  untrained,
} from '../../../test/synthetic-study.js';
import type { Claim } from '../types.js';
import { analyse } from './analyse.js';
import type { ClaimResult } from './results.js';

/** The verdict on a claim about `a` and `b` with these final values by seed. */
function judged(
  claim: Partial<Claim>,
  a: readonly number[],
  b: readonly number[],
  threshold: number | null = null,
): ClaimResult {
  const study = syntheticStudy({
    ...{ methods: [trained('a'), trained('b'), untrained('raw')], claims: [claimOf(claim)] },
    tasks: [syntheticTask('writing', threshold)],
  });
  const trials = [...rising({}, a), ...rising({ method: 'b' }, b), ...rising({ method: 'raw' }, a)];
  return analyse(study, recordsOf(trials)).claims[0] as ClaimResult;
}

const [low, high, mixed] = [
  [1, 1.1, 1.2, 1.3],
  [2, 2.1, 2.2, 2.3],
  [0.5, 1, 1.5, 2],
];

describe('claims of higher and lower', () => {
  it('are confirmed, contradicted or open by the side of 0 that the interval lies on', () => {
    expect(judged({ expect: 'higher' }, high, low)).toMatchObject({
      ...{ verdict: 'confirmed', reason: '', seeds: { first: 4, second: 4 } },
    });
    expect(judged({ expect: 'higher' }, high, low).difference?.mean).toBeCloseTo(1, 12);
    expect(judged({ expect: 'higher' }, low, high).verdict).toBe('contradicted');
    expect(judged({ expect: 'higher' }, mixed, low).verdict).toBe('not confirmed');
    expect(judged({ expect: 'lower' }, low, high).verdict).toBe('confirmed');
    expect(judged({ expect: 'lower' }, high, low).verdict).toBe('contradicted');
    expect(judged({ expect: 'lower' }, low, mixed).verdict).toBe('not confirmed');
  });

  it('are never confirmed with too few seeds', () => {
    expect(judged({ expect: 'higher' }, [5, 6, 7], [1, 2, 3])).toMatchObject({
      ...{ verdict: 'not confirmed', reason: 'too few seeds: it takes 4 of each' },
    });
    expect(judged({ expect: 'higher' }, [5], [1])).toMatchObject({
      ...{ verdict: 'not confirmed', difference: { mean: 4, interval: null } },
    });
  });
});

describe('claims of equality', () => {
  it('are about the margin', () => {
    const equal = (margin: number, a: readonly number[]) =>
      judged({ expect: 'equal', margin }, a, low).verdict;
    expect(equal(0.5, [1.1, 1.1, 1.2, 1.2])).toBe('confirmed');
    expect(equal(0.05, [1.1, 1.1, 1.2, 1.2])).toBe('not confirmed');
    expect(equal(0.5, high)).toBe('contradicted');
    expect(equal(0.5, [0.1, 0.1, 0.1, 0.1])).toBe('contradicted');
    expect(equal(0.5, [1.1, 1.2])).toBe('not confirmed');
  });
});

describe('claims of samples', () => {
  it('are decided by where curves cross the threshold, not by where evaluations lie', () => {
    const study = syntheticStudy({
      methods: [trained('a'), trained('b')],
      ...{ tasks: [syntheticTask('writing', 1)], claims: [claimOf({ measure: 'samples', expect: 'lower' })] },
    });
    // Equal curves, evaluated after steps of 40 and of 45: at the evaluations alone, b is later with every seed.
    const curves = (method: string, at: number) =>
      [1, 2, 3, 4].map((seed) =>
        trialOf({
          ...{ method, seed },
          curve: [0, at, 2 * at, 100].map((steps) => [steps, (steps * (1 + seed / 10)) / 40] as const),
        }),
      );
    const { claims } = analyse(study, recordsOf([...curves('a', 40), ...curves('b', 45)]));
    expect(claims[0]).toMatchObject({ verdict: 'not confirmed' });
    expect(claims[0]?.difference?.mean).toBeCloseTo(0, 9);
  });

  it('say which runs did not reach the threshold', () => {
    const open = judged({ measure: 'samples', expect: 'lower' }, [3, 3, 3, 1], [3, 3, 3, 3], 2);
    expect(open).toMatchObject({
      ...{ verdict: 'not confirmed', reason: '1 of 4 runs of A did not reach the threshold' },
    });
  });

  it('are not equal because nobody got there', () => {
    const neither = judged({ measure: 'samples', expect: 'equal', margin: 5 }, low, low, 2);
    expect(neither).toMatchObject({
      ...{ verdict: 'not confirmed', reason: 'no run of either reached the threshold' },
    });
  });
});

describe('claims without data', () => {
  it('say what is lacking', () => {
    expect(judged({}, [], low)).toMatchObject({
      ...{ verdict: 'no data', reason: 'A has no run that counts', difference: null },
      seeds: { first: 0, second: 4 },
    });
    expect(judged({ second: { method: 'c', conditions: {} } }, low, low)).toMatchObject({
      ...{ verdict: 'no data', reason: 'c is not played in writing' },
    });
    expect(judged({ measure: 'area', second: { method: 'raw', conditions: {} } }, low, low)).toMatchObject({
      ...{ verdict: 'no data', reason: 'raw has no area' },
    });
  });
});
