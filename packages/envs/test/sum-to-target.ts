import { EnvError, type Environment, type Item, type Observation, type StepResult } from '../src/index.js';

interface Target extends Item {
  readonly sum: number;
}

interface Round {
  readonly target: Target;
  readonly turn: number;
  readonly lastSum: number | null;
}

/** Two agents each write a number, unseen by the other; the sum should hit a target. */
export class SumToTarget implements Environment<Target, Round> {
  readonly name = 'sum_to_target';
  readonly numAgents = 2;
  readonly numTurns = 3;
  readonly earlyTerminationThreshold = null;
  readonly rewardRange = [0, 1] as const;
  readonly trainItems = [4, 9, 12, 17].map((sum) => ({ id: `sum_${sum}`, sum }));
  readonly evalItems = [{ id: 'sum_10', sum: 10 }];

  reset(target: Target): Round {
    return { target, turn: 1, lastSum: null };
  }

  observe({ target, lastSum }: Round): Observation[] {
    const content =
      lastSum === null ? `Your numbers should add up to ${target.sum}.` : `The sum was ${lastSum}.`;
    const observation: Observation = {
      messages: [{ role: 'user', content }],
      startsAfresh: lastSum === null,
    };
    return [observation, observation];
  }

  step({ target, turn }: Round, responses: readonly string[]): StepResult<Round> {
    if (responses.length !== 2) throw new EnvError('wrong_responses', 'SumToTarget wants two responses.');
    const numbers = responses.map((response) => Number(/-?\d{1,6}/.exec(response)?.[0] ?? 0));
    const sum = numbers.reduce((total, number) => total + number, 0);
    const reward = 1 / (1 + Math.abs(sum - target.sum));
    return {
      state: { target, turn: turn + 1, lastSum: sum },
      reward,
      processedReward: reward,
      components: { closeness: reward },
      metrics: { distance: Math.abs(sum - target.sum) },
      terminated: turn === this.numTurns,
      info: { numbers },
    };
  }
}
