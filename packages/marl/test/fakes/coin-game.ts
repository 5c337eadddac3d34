import type { Environment, Item, Observation, StepResult } from '@collm/envs';

export interface CoinState {
  readonly turn: number;
  readonly heads: boolean;
}

/**
 * Two turns under a coin that nobody sees: each pays 1 under heads and -1 under tails, whatever is said. Histories know
 * nothing of the rewards to come before the first has been paid, and no observation ever tells: only the state does.
 * V(heads) is the turns left and V(tails) minus them.
 */
export function coinGame(numAgents = 2, numItems = 4): Environment<Item, CoinState> {
  const items = Array.from({ length: numItems }, (_, index) => ({ id: `coin-${index}` }));
  return {
    name: 'coin_game',
    numAgents,
    numTurns: 2,
    earlyTerminationThreshold: null,
    rewardRange: [-1, 1],
    trainItems: items,
    evalItems: items,
    reset: (_, seed) => ({ turn: 0, heads: seed % 2 === 0 }),
    observe: (): Observation[] =>
      Array.from({ length: numAgents }, () => ({
        messages: [{ role: 'user', content: 'a coin' }],
        startsAfresh: true,
      })),
    step: ({ turn, heads }): StepResult<CoinState> => {
      const reward = heads ? 1 : -1;
      return {
        state: { turn: turn + 1, heads },
        reward,
        processedReward: reward,
        components: { coin: reward },
        metrics: {},
        terminated: turn === 1,
        info: {},
      };
    },
    describeState: ({ heads }) => (heads ? 'heads' : 'tails'),
  };
}
