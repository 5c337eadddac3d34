import { split } from '../split.js';
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

/** The advantage of one response: one number for all its tokens, or one for each. */
export type ResponseAdvantage = number | Float32Array;

/**
 * Normalises advantages within groups and cuts them to [-clip, clip]. Advantages per token count token by token.
 *
 * @param groups `groups[i]` names the group of `advantages[i]`; null leaves the scale as it is
 * @param clip > 0, or null for no limit
 */
export function scaleAdvantages(
  advantages: readonly ResponseAdvantage[],
  groups: readonly number[] | null,
  clip: number | null,
): ResponseAdvantage[] {
  const lists = advantages.map((own) => (typeof own === 'number' ? [own] : [...own]));
  let flat = lists.flat();
  if (groups !== null) {
    const expanded = lists.flatMap((list, index) => list.map(() => groups[index] as number));
    flat = normaliseWithin(flat, expanded);
  }
  if (clip !== null) flat = flat.map((value) => Math.max(-clip, Math.min(clip, value)));
  const pieces = split(
    flat,
    lists.map((list) => list.length),
  );
  return advantages.map((own, index) => {
    const piece = pieces[index] as number[];
    return typeof own === 'number' ? (piece[0] as number) : Float32Array.from(piece);
  });
}

/** One number for a response; 0 for one without tokens. */
export function meanAdvantage(advantage: ResponseAdvantage): number {
  if (typeof advantage === 'number') return advantage;
  return advantage.length === 0 ? 0 : mean([...advantage]);
}
