import type { Environment, Item, Observation, StepResult } from '@collm/envs';
import { seededHash } from '../../src/seeded.js';

interface GameItem extends Item {
  readonly number: number;
}

interface GameState {
  readonly item: number;
  readonly turn: number;
  /** Everything that was said, as a number. */
  readonly said: number;
  /** What each agent knows: its own observations and responses. */
  readonly known: readonly string[];
}

export interface RandomGame extends Environment<GameItem, GameState> {
  step(state: GameState, responses: readonly string[]): StepResult<GameState>;
}

export interface RandomGameOptions {
  readonly numAgents?: number;
  readonly numTurns?: number;
  /** 3, or 1 for a game without hidden state. */
  readonly numItems?: number;
  /** Another game for every seed. */
  readonly seed?: number;
  readonly earlyTerminationThreshold?: number | null;
}

/**
 * A Dec-POMDP without structure, so that nothing cancels by luck: the reward is a random number in [-1, 1) for every
 * item, turn and joint history. Three items: agent 0 can tell the second from the others, nobody can tell the first
 * from the third at the start. After a turn every agent hears one random bit of (item, joint history), its own
 * noisy look at the hidden state and at what the others did.
 */
export function randomGame({
  numAgents = 2,
  numTurns = 2,
  numItems = 3,
  seed = 1,
  earlyTerminationThreshold = null,
}: RandomGameOptions = {}): RandomGame {
  const items = Array.from({ length: numItems }, (_, number) => ({ id: `item-${number}`, number }));
  const random = (...counters: readonly number[]) => seededHash(seed, 'items', ...counters);
  return {
    name: 'random_game',
    numAgents,
    numTurns,
    earlyTerminationThreshold,
    rewardRange: [-1, 1],
    trainItems: items,
    evalItems: items,
    reset: ({ number }) => ({
      item: number,
      turn: 0,
      said: 0,
      known: Array.from(
        { length: numAgents },
        (_, agent) => `agent ${agent} sees ${agent === 0 ? number % 2 : 0}`,
      ),
    }),
    observe: ({ known }): Observation[] =>
      known.map((content) => ({ messages: [{ role: 'user', content }], startsAfresh: true })),
    step: ({ item, turn, said: before, known }, responses) => {
      const said = responses.reduce(append, before);
      const reward = (2 * random(item, turn, said)) / 2 ** 32 - 1;
      return {
        state: {
          item,
          turn: turn + 1,
          said,
          known: known.map(
            (own, agent) => `${own}, says ${responses[agent]}, hears ${random(item, turn, said, agent) % 2}`,
          ),
        },
        reward,
        processedReward: reward,
        components: {},
        metrics: {},
        terminated: turn + 1 === numTurns,
        info: {},
      };
    },
  };
}

/** Ternary digits: 0 ends a response, 1 and 2 are its letters. */
const append = (said: number, response: string): number =>
  [...response].reduce((number, letter) => 3 * number + (letter === 'a' ? 1 : 2), said) * 3;
