/**
 * Rewards that are paid later than they are earned, for studies of credit assignment: what a team earns at every turn is
 * kept back and paid at every second turn, or at the end of the episode. The sum over an episode stays the same.
 */
import { z } from 'zod';
import type { Environment, Item, PaidRewards, ProtocolPrompts, StepResult } from './env.js';
import { pythonFixed4 } from './text/python-text.js';

export type RewardSchedule = 'every_turn' | 'every_second_turn' | 'final';

/** The setting that every task has besides its own. */
export const rewardScheduleShape = {
  rewardSchedule: z
    .enum(['every_turn', 'every_second_turn', 'final'])
    .default('every_turn')
    .describe(
      'When the team is paid what it has earned: at every turn, at every second one and the last, or only at the end of the episode. The sum over an episode is the same. Feedback that tells a reward tells that of the turn before all the same.',
    ),
};

/** A state with what has been earned since the last payment. Immutable, like the states within. */
export interface ScheduledState<State> {
  readonly inner: State;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** Null right after a payment and at the start. */
  readonly pending: PaidRewards | null;
}

/**
 * The environment with its rewards paid by a schedule: the same object for `every_turn`, and where episodes have one turn.
 *
 * Raw rewards, processed rewards (their shift included), rewards per agent and components all add up until they are paid;
 * a turn without payment has 0 for each. A turn at which the episode ends pays what is left, whatever the schedule:
 * `terminated` is judged by the environment within on the reward of its own turn, and `ifEnded` holds what is to be paid
 * where a learner ends the episode by the mean over several samples. `rewardRange` reaches from H·low to H·high, with H
 * the most turns that are paid at once.
 */
export function withRewardSchedule<I extends Item, State>(
  environment: Environment<I, State>,
  schedule: RewardSchedule,
): Environment<I> {
  const wrapped =
    schedule === 'every_turn' || environment.numTurns === 1
      ? environment
      : new ScheduledRewards(environment, schedule);
  return wrapped as Environment<I>;
}

/** What `withRewardSchedule` makes. It has the optional parts of the interface that the environment within has. */
export class ScheduledRewards<I extends Item, State> implements Environment<I, ScheduledState<State>> {
  readonly name: string;
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange: readonly [number, number];
  readonly trainItems: readonly I[];
  readonly evalItems: readonly I[];
  readonly rewardShape?: NonNullable<Environment['rewardShape']>;
  readonly roles?: NonNullable<Environment['roles']>;
  readonly dataReport?: NonNullable<Environment['dataReport']>;
  readonly protocols?: ProtocolPrompts<ScheduledState<State>>;
  readonly picture?: NonNullable<Environment<I, ScheduledState<State>>['picture']>;
  readonly describeState?: NonNullable<Environment<I, ScheduledState<State>>['describeState']>;
  readonly demonstrate?: NonNullable<Environment<I, ScheduledState<State>>['demonstrate']>;
  readonly readItem?: NonNullable<Environment<I, ScheduledState<State>>['readItem']>;
  readonly singleModel?: NonNullable<Environment['singleModel']>;
  readonly dispose?: NonNullable<Environment['dispose']>;

  constructor(
    /** The environment that pays at every turn. */
    readonly inner: Environment<I, State>,
    readonly schedule: Exclude<RewardSchedule, 'every_turn'>,
  ) {
    this.name = inner.name;
    this.numAgents = inner.numAgents;
    this.numTurns = inner.numTurns;
    this.earlyTerminationThreshold = inner.earlyTerminationThreshold;
    this.trainItems = inner.trainItems;
    this.evalItems = inner.evalItems;
    const turns = schedule === 'final' ? inner.numTurns : 2;
    const [low, high] = inner.rewardRange;
    this.rewardRange = [Math.min(0, low * turns), Math.max(0, high * turns)];
    const { rewardShape, roles, dataReport, protocols } = inner;
    if (rewardShape !== undefined) this.rewardShape = rewardShape;
    if (roles !== undefined) this.roles = roles;
    if (dataReport !== undefined) this.dataReport = dataReport;
    if (protocols !== undefined) this.protocols = protocolsWithin(protocols);
    if (inner.picture !== undefined) this.picture = (state) => inner.picture?.(state.inner);
    if (inner.readItem !== undefined) this.readItem = inner.readItem.bind(inner);
    if (inner.dispose !== undefined) this.dispose = inner.dispose.bind(inner);
    const { demonstrate, describeState, singleModel } = inner;
    if (demonstrate !== undefined) {
      this.demonstrate = (state, agent, random) => demonstrate.call(inner, state.inner, agent, random);
    }
    if (describeState !== undefined) {
      this.describeState = (state) =>
        `${describeState.call(inner, state.inner)}\npending ${pythonFixed4(state.pending?.processedReward ?? 0)}`;
    }
    if (singleModel !== undefined) {
      this.singleModel = () => withRewardSchedule(singleModel.call(inner), schedule);
    }
  }

  reset(item: I, seed: number): ScheduledState<State> {
    return { inner: this.inner.reset(item, seed), turn: 1, pending: null };
  }

  observe(state: ScheduledState<State>) {
    return this.inner.observe(state.inner);
  }

  step(
    state: ScheduledState<State>,
    responses: readonly string[],
  ): StepResult<ScheduledState<State>> | Promise<StepResult<ScheduledState<State>>> {
    const result = this.inner.step(state.inner, responses);
    return 'then' in result ? result.then((scored) => this.#paid(state, scored)) : this.#paid(state, result);
  }

  #paid(
    { turn, pending }: ScheduledState<State>,
    result: StepResult<State>,
  ): StepResult<ScheduledState<State>> {
    const earned = sumOf(pending, result);
    const last = result.terminated || turn >= this.numTurns;
    const pays = last || (this.schedule === 'every_second_turn' && turn % 2 === 0);
    return {
      ...result,
      ...(pays ? earned : nothingOf(result)),
      state: { inner: result.state, turn: turn + 1, pending: pays ? null : earned },
      turnReward: result.turnReward ?? result.processedReward,
      ...(pays ? {} : { ifEnded: earned }),
    };
  }
}

/** What is earned after a turn: what was pending, and the turn's own rewards. */
function sumOf(pending: PaidRewards | null, result: PaidRewards): PaidRewards {
  const { reward, processedReward, components, agentRewards } = result;
  const names = new Set([...Object.keys(pending?.components ?? {}), ...Object.keys(components)]);
  return {
    reward: (pending?.reward ?? 0) + reward,
    processedReward: (pending?.processedReward ?? 0) + processedReward,
    components: Object.fromEntries(
      [...names].map((name) => [name, (pending?.components[name] ?? 0) + (components[name] ?? 0)]),
    ),
    ...(agentRewards === undefined
      ? {}
      : { agentRewards: agentRewards.map((own, agent) => (pending?.agentRewards?.[agent] ?? 0) + own) }),
  };
}

/** The rewards of a turn that pays nothing. */
function nothingOf({ components, agentRewards }: PaidRewards): PaidRewards {
  return {
    reward: 0,
    processedReward: 0,
    components: Object.fromEntries(Object.keys(components).map((name) => [name, 0])),
    ...(agentRewards === undefined ? {} : { agentRewards: agentRewards.map(() => 0) }),
  };
}

function protocolsWithin<State>(protocols: ProtocolPrompts<State>): ProtocolPrompts<ScheduledState<State>> {
  const { parallel, sampling } = protocols;
  return {
    ...(parallel === undefined ? {} : { parallel: (state) => parallel.call(protocols, state.inner) }),
    pipeline: (state, agent, earlier) => protocols.pipeline(state.inner, agent, earlier),
    discussion: (state, agent, first) => protocols.discussion(state.inner, agent, first),
    ...(sampling === undefined ? {} : { sampling }),
  };
}
