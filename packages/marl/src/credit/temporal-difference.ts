import { split } from '../split.js';

/** Targets for the critic and advantages for the actors of one trajectory, per turn. */
export interface TrajectoryCredit {
  readonly targets: number[];
  /** target - V; with λ = 0 this is the TD error δ. */
  readonly advantages: number[];
}

/**
 * λ-returns and GAE over the steps of one trajectory (P9); λ = 0 is one-step TD (P8), λ = 1 the
 * Monte Carlo return minus V. Computed as target_t = r_t + γ_t((1-λ) V_{t+1} + λ target_{t+1}), which
 * equals A_t + V_t and is exact at both ends of λ.
 *
 * @param rewards r_t of the executed steps
 * @param values V(h_t) of the same steps
 * @param discount γ, the same at every step or one for each
 * @param bootstrapValue V(h_T) when the end is a cut (P8, `bootstrapOnHorizon`); null when it is an end
 */
export function generalisedAdvantages(
  rewards: readonly number[],
  values: readonly number[],
  discount: number | readonly number[],
  lambda: number,
  bootstrapValue: number | null,
): TrajectoryCredit {
  if (rewards.length !== values.length) {
    throw new RangeError(
      `A trajectory has ${rewards.length} rewards but ${values.length} values; give one each per turn.`,
    );
  }
  const targets = new Array<number>(rewards.length).fill(0);
  // After the end both V and the λ-return are the bootstrap value, or 0.
  let nextValue = bootstrapValue ?? 0;
  let nextTarget = nextValue;
  for (let step = rewards.length - 1; step >= 0; step--) {
    const gamma = typeof discount === 'number' ? discount : (discount[step] as number);
    const target = (rewards[step] as number) + gamma * ((1 - lambda) * nextValue + lambda * nextTarget);
    targets[step] = target;
    nextValue = values[step] as number;
    nextTarget = target;
  }
  return { targets, advantages: targets.map((target, step) => target - (values[step] as number)) };
}

/**
 * GAE over the tokens of one agent's responses in one trajectory (spec section 5, token-level values): the
 * subsequence of response tokens alone, prompts and observations removed. The reward of a turn comes with the last
 * token of its response; after that token the next turn's first value follows, discounted by γ; within a response
 * nothing is discounted.
 *
 * @param rewards r_t of the executed turns
 * @param values `values[t][k]` before token k of the response at turn t; an empty response has none, and its reward
 *   falls to the token before it, if there is one
 * @param discount γ per turn
 * @param lambda λ per token
 * @returns per turn and token
 */
export function tokenAdvantages(
  rewards: readonly number[],
  values: readonly (readonly number[])[],
  discount: number,
  lambda: number,
  bootstrapValue: number | null,
): { targets: number[][]; advantages: number[][] } {
  if (rewards.length !== values.length) {
    throw new RangeError(
      `A trajectory has ${rewards.length} rewards but the token values of ${values.length} turns; give one each per turn.`,
    );
  }
  const tokenRewards: number[] = [];
  const gammas: number[] = [];
  values.forEach((own, turn) => {
    for (const _ of own) {
      tokenRewards.push(0);
      gammas.push(1);
    }
    // The end of a turn: its reward, seen from the last token before it, and one discount more.
    const last = tokenRewards.length - 1;
    if (last < 0) return;
    tokenRewards[last] =
      (tokenRewards[last] as number) + (gammas[last] as number) * (rewards[turn] as number);
    gammas[last] = (gammas[last] as number) * discount;
  });
  const flat = generalisedAdvantages(tokenRewards, values.flat(), gammas, lambda, bootstrapValue);
  const lengths = values.map((own) => own.length);
  return { targets: split(flat.targets, lengths), advantages: split(flat.advantages, lengths) };
}
