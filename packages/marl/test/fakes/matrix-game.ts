import type { Environment, Item, Observation, StepResult } from '@collm/envs';

export interface GameState {
  readonly turn: number;
  readonly unlocked: boolean;
}

/**
 * A two-turn matrix game that needs credit over turns. Turn 1: when all answer "a", turn 2 is unlocked,
 * at no reward; all "b" pays 0.5 at once, anything else 0.2. Turn 2 pays 3 for all "b" and 0.5
 * otherwise when unlocked, else 0. Best return 3 (a, then b); the greedy first turn gets 0.5.
 */
export function matrixGame(numAgents = 2, numItems = 4): Environment<Item, GameState> {
  const items = Array.from({ length: numItems }, (_, index) => ({ id: `game-${index}` }));
  return {
    name: 'matrix_game',
    numAgents,
    numTurns: 2,
    earlyTerminationThreshold: null,
    rewardRange: [0, 3],
    trainItems: items,
    evalItems: items,
    reset: () => ({ turn: 0, unlocked: false }),
    observe: ({ turn, unlocked }): Observation[] =>
      Array.from({ length: numAgents }, (_, agent) => ({
        messages: [
          { role: 'user', content: `agent ${agent} turn ${turn} ${unlocked ? 'unlocked' : 'locked'}` },
        ],
        startsAfresh: true,
      })),
    step: (state, responses): StepResult<GameState> => {
      const all = (action: string) => responses.every((response) => response === action);
      const first = all('b') ? 0.5 : 0.2;
      const second = all('b') ? 3 : 0.5;
      const reward = state.turn === 0 ? (all('a') ? 0 : first) : state.unlocked ? second : 0;
      return {
        state: { turn: state.turn + 1, unlocked: state.turn === 0 && all('a') },
        reward,
        processedReward: reward,
        components: { payoff: reward },
        metrics: { agreement: new Set(responses).size === 1 ? 1 : 0 },
        terminated: state.turn === 1,
        info: {},
      };
    },
  };
}
