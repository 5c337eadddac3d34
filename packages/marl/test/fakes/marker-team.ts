import type { Environment, Item } from '@collm/envs';
import type { Actor, ActRequest, Response } from '../../src/index.js';

/** Owner-stamped text: `<o2.17>` is the 17th observation of agent 2, `<r0.3>` the 3rd response of agent 0. */
export const MARKER = /<[or](\d+)\.\d+>/g;

interface MarkerState {
  readonly turn: number;
}

/** An environment whose every observation is unique and names the agent it was made for. */
export function markerEnvironment(
  numAgents: number,
  numTurns: number,
  startsAfresh: boolean,
): Environment<Item, MarkerState> {
  let made = 0;
  return {
    name: 'markers',
    numAgents,
    numTurns,
    earlyTerminationThreshold: null,
    rewardRange: [0, 1],
    trainItems: [{ id: 'x' }, { id: 'y' }],
    evalItems: [],
    reset: () => ({ turn: 0 }),
    observe: () =>
      Array.from({ length: numAgents }, (_, agent) => ({
        messages: [{ role: 'user', content: `<o${agent}.${made++}>` }],
        startsAfresh,
      })),
    step: ({ turn }, responses) => {
      const reward = (responses.join('').length % 7) / 7;
      return {
        state: { turn: turn + 1 },
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

/** An actor whose every response is unique, in text and in tokens, and names its author. */
export class MarkerActor implements Actor {
  readonly requests: ActRequest[] = [];
  readonly calls: number[] = [];
  #made = 0;

  constructor(private readonly agent: number) {}

  async act(requests: readonly ActRequest[]): Promise<Response[][]> {
    this.requests.push(...requests);
    this.calls.push(requests.length);
    return requests.map(({ keys }) => keys.map(() => this.#respond()));
  }

  dispose(): void {}

  #respond(): Response {
    const number = this.#made++;
    // Token ids carry the author too: agent 2's are 2,000,000 and up.
    const tokens = [(this.agent + 1) * 1_000_000 + number];
    return {
      text: `<r${this.agent}.${number}>`,
      promptTokens: [],
      tokens,
      logProbs: Float32Array.of(-1),
      behaviourLogProbs: Float32Array.of(-1),
      finish: 'stop',
      promptTruncated: false,
    };
  }
}
