/** Targets for the critic and advantages for the actors of one trajectory, per turn. */
export interface TrajectoryCredit {
  readonly targets: number[];
  /** target - V; with λ = 0 this is the TD error δ. */
  readonly advantages: number[];
}

/**
 * λ-returns and GAE over the turns of one trajectory (P9); λ = 0 is one-step TD (P8), λ = 1 the
 * Monte Carlo return minus V. Computed as target_t = r_t + γ((1-λ) V_{t+1} + λ target_{t+1}), which
 * equals A_t + V_t and is exact at both ends of λ.
 *
 * @param rewards r_t of the executed turns
 * @param values V(h_t) of the same turns
 * @param bootstrapValue V(h_T) when the end is a cut (P8, `bootstrapOnHorizon`); null when it is an end
 */
export function generalisedAdvantages(
  rewards: readonly number[],
  values: readonly number[],
  discount: number,
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
  for (let turn = rewards.length - 1; turn >= 0; turn--) {
    const target = (rewards[turn] as number) + discount * ((1 - lambda) * nextValue + lambda * nextTarget);
    targets[turn] = target;
    nextValue = values[turn] as number;
    nextTarget = target;
  }
  return { targets, advantages: targets.map((target, turn) => target - (values[turn] as number)) };
}

/** One-step TD targets and errors (P8): target_t = r_t + γ V_{t+1}, and r_T-1 (+ γ bootstrap) at the end. */
export function temporalDifferences(
  rewards: readonly number[],
  values: readonly number[],
  discount: number,
  bootstrapValue: number | null,
): TrajectoryCredit {
  const targets = rewards.map((reward, turn) => {
    const next = turn + 1 < rewards.length ? (values[turn + 1] as number) : (bootstrapValue ?? 0);
    return reward + discount * next;
  });
  return { targets, advantages: targets.map((target, turn) => target - (values[turn] as number)) };
}
