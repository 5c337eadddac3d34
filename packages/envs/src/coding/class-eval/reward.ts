/** The reward of how a team shares out methods (coding spec, 15, version 1). What the methods do is not looked at. */

/** The signed terms; they add up to the reward, -2 to 7. */
export type ClassEvalComponents = Readonly<
  Record<'coverage' | 'duplication' | 'balance' | 'penalty', number>
>;

export const classEvalRewardRange = [-2, 7] as const;

/**
 * @param counts methods of each agent
 * @param covered different methods of the whole team
 * @param methods methods that are wanted (V)
 */
export function classEvalComponents(
  counts: readonly number[],
  covered: number,
  methods: number,
): ClassEvalComponents {
  const penalty = penaltyOf(counts, covered, methods);
  if (penalty !== 0) return { coverage: 0, duplication: 0, balance: 0, penalty };
  const share = covered / methods;
  return {
    coverage: share < 0.5 ? 0 : 2 * share,
    duplication: duplication(total(counts), methods),
    balance: balance(counts, methods),
    penalty: 0,
  };
}

/** Somebody chose nothing, hardly anything is covered, or nearly everything was done by everybody. */
function penaltyOf(counts: readonly number[], covered: number, methods: number): number {
  if (counts.some((count) => count === 0)) return -2;
  if (methods === 0 || covered / methods < 0.35) return -1;
  return total(counts) > 2 * methods + 2 ? -1 : 0;
}

/** Greatest, 2, where as many methods were written as there are. Beyond, through (2V + 1, -1) and (2V + 2, -2). */
function duplication(written: number, methods: number): number {
  const excess = written - methods;
  if (excess <= 0) return 2 - (3 * excess ** 2) / methods ** 2;
  const a = (methods ** 2 - 4 * methods - 8) / (methods ** 2 + 3 * methods + 2);
  const b = (2 - methods) / ((methods + 1) * (methods + 2));
  return 2 + a * excess + b * excess ** 2;
}

/** From -0.5, one agent does it all, to 3, each does V / N. */
function balance(counts: readonly number[], methods: number): number {
  const fair = methods / counts.length;
  const spread = total(counts.map((count) => (count - fair) ** 2)) / counts.length;
  const most = (methods ** 2 * (1 - 1 / counts.length)) / counts.length;
  return 3.5 * Math.max(0, 1 - spread / (most + 1e-8)) - 0.5;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
