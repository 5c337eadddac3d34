/**
 * Splits the samples of one optimiser step into groups of similar length, so that little is spent on
 * padding and none needs more than the budget allows. The loss does not depend on the split.
 *
 * Groups come longest first: if memory does not suffice, the first forward says so.
 *
 * @param lengths tokens of each sample, prompt and response together
 * @param tokenBudget most padded tokens (count x longest) of a group; a sample longer than that stands alone
 * @returns indices of the samples, every one in exactly one group
 */
export function planMicroBatches(lengths: readonly number[], tokenBudget: number): number[][] {
  if (!(tokenBudget > 0)) {
    throw new RangeError(`A micro-batch of ${tokenBudget} tokens holds no sample; set a budget above 0.`);
  }
  const order = lengths.map((_, index) => index);
  // Equal lengths keep their order, so that a plan is the same in every run.
  order.sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const groups: number[][] = [];
  let group: number[] = [];
  let longest = 0;
  for (const index of order) {
    if (group.length === 0 || (group.length + 1) * longest > tokenBudget) {
      group = [];
      groups.push(group);
      longest = lengths[index] as number;
    }
    group.push(index);
  }
  return groups;
}
