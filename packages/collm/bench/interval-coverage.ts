/**
 * How often the 95 % percentile bootstrap interval of a mean holds the true mean, by number of runs; how often that of a
 * difference shows one between methods that are equal; and how long 10,000 resamples take. Scores are drawn from a normal
 * distribution. Prints JSON.
 *
 * npx tsx packages/collm/bench/interval-coverage.ts
 */
import { differenceInterval, meanInterval } from '../src/statistics/bootstrap.js';
import { improvementOverTasks } from '../src/statistics/probability-of-improvement.js';
import { seededIndices } from '../src/statistics/random.js';

const TRIALS = 4000;
const draw = seededIndices(2021);

function normal(): number {
  const uniform = () => (draw(2 ** 32) + 0.5) / 2 ** 32;
  return Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

const scores = (runs: number) => Array.from({ length: runs }, normal);

function coverage(runs: number): number {
  let held = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const interval = meanInterval([scores(runs)], { resamples: 2000, seed: trial });
    if (interval !== null && interval.low <= 0 && interval.high >= 0) held++;
  }
  return held / TRIALS;
}

/** Share of comparisons of so many runs with as many of an equal method whose interval does not hold 0. */
function falseDifferences(runs: number): number {
  let shown = 0;
  for (let trial = 0; trial < TRIALS; trial++) {
    const interval = differenceInterval([scores(runs)], [scores(runs)], { resamples: 2000, seed: trial });
    if (interval !== null && (interval.low > 0 || interval.high < 0)) shown++;
  }
  return shown / TRIALS;
}

function milliseconds(work: () => void): number {
  work();
  const start = performance.now();
  work();
  return Math.round(performance.now() - start);
}

const runs = scores(60);
const result = {
  trials: TRIALS,
  coverage_of_95_percent: Object.fromEntries([2, 3, 4, 5, 8, 10, 20, 40].map((n) => [n, coverage(n)])),
  differences_shown_of_equals: Object.fromEntries([4, 5, 8, 10, 20].map((n) => [n, falseDifferences(n)])),
  milliseconds_of_10000_resamples_of_60_runs: {
    mean: milliseconds(() => meanInterval([runs])),
    probability_of_improvement_60_to_60: milliseconds(() => improvementOverTasks([runs], [scores(60)])),
  },
};
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
