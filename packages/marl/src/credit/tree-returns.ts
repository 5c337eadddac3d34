/**
 * Monte Carlo returns in a tree of joint samples (P6): R_j = r_j + γ · mean of the returns of the joint
 * samples that follow j, or r_j where nothing follows. In a chain this is the discounted return-to-go.
 *
 * @param rewards processed reward of each joint sample, parents before children
 * @param parents index of the joint sample each one follows, or null at the root
 * @param discount γ in [0, 1]
 * @param pruned joint samples that were not played on although the episode went on (D29): what they would have led
 *   to is not known, so they count in no mean, and their own entry is their reward alone
 */
export function treeReturns(
  rewards: readonly number[],
  parents: readonly (number | null)[],
  discount: number,
  pruned: readonly boolean[] = [],
): number[] {
  const childSum = rewards.map(() => 0);
  const childCount = rewards.map(() => 0);
  const returns = [...rewards];
  for (let index = rewards.length - 1; index >= 0; index--) {
    const count = childCount[index] as number;
    if (count > 0)
      returns[index] = (rewards[index] as number) + (discount * (childSum[index] as number)) / count;
    const parent = parents[index] ?? null;
    if (parent === null || pruned[index] === true) continue;
    if (!(parent >= 0 && parent < index)) {
      throw new RangeError(
        `Joint sample ${index} names parent ${parent}; list parents before their children.`,
      );
    }
    childSum[parent] = (childSum[parent] as number) + (returns[index] as number);
    childCount[parent] = (childCount[parent] as number) + 1;
  }
  return returns;
}
