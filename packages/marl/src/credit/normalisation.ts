import { mean, populationVariance } from './statistics.js';

const STD_FLOOR = 1e-6;

/**
 * (A - mean) / max(std, 1e-6) with the population standard deviation (P5). Sets of one or none stay as
 * they are. A set whose members are all equal becomes exact zeros: rounding residuals of its mean,
 * divided by the floor, would otherwise come out as advantages.
 */
export function normalise(advantages: readonly number[]): number[] {
  if (advantages.length <= 1) return [...advantages];
  if (advantages.every((value) => value === advantages[0])) return advantages.map(() => 0);
  const centre = mean(advantages);
  const scale = Math.max(Math.sqrt(populationVariance(advantages)), STD_FLOOR);
  return advantages.map((value) => (value - centre) / scale);
}

/** Normalises the members of each group among themselves; `groups[i]` names the group of value i. */
export function normaliseWithin(advantages: readonly number[], groups: readonly number[]): number[] {
  const members = new Map<number, number[]>();
  groups.forEach((group, index) => {
    const indices = members.get(group);
    if (indices) indices.push(index);
    else members.set(group, [index]);
  });
  const result = [...advantages];
  for (const indices of members.values()) {
    const scaled = normalise(indices.map((index) => advantages[index] as number));
    indices.forEach((index, position) => {
      result[index] = scaled[position] as number;
    });
  }
  return result;
}
