/** A team of which every text says who wrote it and when, for tests of who sees what. */
import type { Environment, Item, Observation } from '@collm/envs';
import type { Actor, ActRequest, Response } from '../../src/index.js';

interface Turn {
  readonly id: string;
  readonly turn: number;
}

/** Agent i sees `o<i>.<turn>`; reward and processed reward of a turn are given. */
export function talkingGame(
  numAgents: number,
  rewards: readonly number[],
  change: Partial<Environment> = {},
): Environment {
  const game: Environment<Item, Turn> = {
    name: 'talking',
    numAgents,
    numTurns: rewards.length,
    earlyTerminationThreshold: null,
    rewardRange: [-1, 3],
    trainItems: [],
    evalItems: [{ id: 'x' }, { id: 'y' }],
    reset: ({ id }) => ({ id, turn: 0 }),
    observe: ({ turn }): Observation[] =>
      Array.from({ length: numAgents }, (_, agent) => ({
        messages: [{ role: 'user', content: `o${agent}.${turn}` }],
        startsAfresh: false,
      })),
    step: ({ id, turn }, responses) => ({
      state: { id, turn: turn + 1 },
      reward: rewards[turn] as number,
      processedReward: rewards[turn] as number,
      components: {},
      metrics: { letters: responses.join('').length },
      terminated: turn + 1 === rewards.length,
      info: { responses },
    }),
  };
  return { ...(game as Environment), ...change };
}

/** A clock that stands still unless it is told. */
export class Clock {
  seconds = 0;
  readonly now = () => this.seconds;
}

/** Says `r<agent>.<turn>.<sample>` in so many tokens, in so many seconds a call. */
export class Talker implements Actor {
  readonly calls: ActRequest[][] = [];

  constructor(
    private readonly agent: number,
    private readonly clock = new Clock(),
    private readonly seconds = 1,
    private readonly tokens = 1,
  ) {}

  get requests(): ActRequest[] {
    return this.calls.flat();
  }

  async act(requests: readonly ActRequest[]): Promise<Response[][]> {
    this.calls.push([...requests]);
    this.clock.seconds += this.seconds;
    const tokens = new Array<number>(this.tokens).fill(this.agent);
    return requests.map(({ keys }) =>
      keys.map(({ turn, sample }) => ({
        text: `r${this.agent}.${turn}.${sample}`,
        promptTokens: [],
        tokens,
        logProbs: Float32Array.from(tokens, () => -1),
        behaviourLogProbs: Float32Array.from(tokens, () => -1),
        finish: 'stop',
        promptTruncated: false,
      })),
    );
  }

  dispose(): void {}
}

/** What an agent was shown in a call: its messages and own responses, one after another. */
export const shownIn = ({ history: { past, observation } }: ActRequest): string[] => [
  ...past.flatMap((turn) => [...turn.observation.messages.map(({ content }) => content), turn.response]),
  ...observation.messages.map(({ content }) => content),
];
