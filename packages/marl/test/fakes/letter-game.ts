import type { Environment, Item, Observation, StepResult } from '@collm/envs';

interface LetterState {
  readonly turn: number;
  readonly unlocked: boolean;
}

/**
 * A two-turn game for agents of many words, paid at the end alone. A word from the first half of the alphabet is an
 * "a", anything else a "b". When all say "a" in turn 1, turn 2 is unlocked; there all "b" pay 1 and anything else 0.25.
 * Locked, all "b" pay 0.1 and anything else nothing. The optimum is 1; without the first turn's credit it is 0.1.
 */
export function letterGame(numAgents: number): Environment<Item, LetterState> {
  const items = Array.from({ length: 4 }, (_, index) => ({ id: `letters-${index}` }));
  return {
    name: 'letter_game',
    numAgents,
    numTurns: 2,
    earlyTerminationThreshold: null,
    rewardRange: [0, 1],
    trainItems: items,
    evalItems: items,
    reset: () => ({ turn: 0, unlocked: false }),
    observe: ({ turn, unlocked }): Observation[] =>
      Array.from({ length: numAgents }, (_, agent) => ({
        messages: [{ role: 'user', content: `${agent} ${turn === 0 ? 'say' : unlocked ? 'open' : 'shut'}` }],
        startsAfresh: true,
      })),
    step: ({ turn, unlocked }, responses): StepResult<LetterState> => {
      const all = (wanted: 'a' | 'b') =>
        responses.every((text) => (/^[a-m]/.test(text) ? 'a' : 'b') === wanted);
      const open = all('b') ? 1 : 0.25;
      const shut = all('b') ? 0.1 : 0;
      const reward = turn === 0 ? 0 : unlocked ? open : shut;
      return {
        state: { turn: turn + 1, unlocked: turn === 0 && all('a') },
        reward,
        processedReward: reward,
        components: { payoff: reward },
        metrics: {},
        terminated: turn === 1,
        info: {},
      };
    },
  };
}
