/** Requests that an actor leaves unanswered, as endpoints do. */
import { describe, expect, it } from 'vitest';
import {
  type Actor,
  type ActRequest,
  evaluateProtocol,
  type PlayPhase,
  type ProtocolName,
  type Response,
  rollout,
  type Unanswered,
} from '../src/index.js';
import { Talker, talkingGame } from './fakes/talking-team.js';

const sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false };
const game = talkingGame(2, [0, 1]);

/** Answers as a talker does, but for what `fails` picks out. */
class Unsure implements Actor {
  readonly talker: Talker;
  constructor(
    agent: number,
    private readonly fails: (request: ActRequest) => boolean,
    private readonly change: (response: Response) => Response = (response) => response,
  ) {
    this.talker = new Talker(agent);
  }

  async act(requests: readonly ActRequest[]): Promise<(Response[] | Unanswered)[]> {
    const answers = await this.talker.act(requests);
    return requests.map((request, index) =>
      this.fails(request)
        ? { failure: 'agent-1 (http://a/v1): it is down' }
        : (answers[index] as Response[]).map(this.change),
    );
  }

  dispose(): void {}
}

const play = (actors: readonly Actor[], phase: PlayPhase = 'evaluation', numGenerations = 1) =>
  rollout(
    game,
    actors,
    game.evalItems.map((item, episode) => ({ item, episode })),
    { seed: 1, phase, sampling, numGenerations, jointMode: 'aligned', earlyTerminationThreshold: null },
  );

/** In the second turn of the first episode. */
const late = ({ keys }: ActRequest) => keys[0]?.episode === 0 && keys[0].turn === 1;

describe('a request that is not answered', () => {
  it('ends its episode, with turn, agent and item, and the others go on', async () => {
    const [broken, whole] = await play([new Talker(0), new Unsure(1, late)]);
    expect(broken?.failure).toMatchObject({
      source: 'agent',
      message: 'agent-1 (http://a/v1): it is down (evaluation, turn 1, agent-1, episode 0, item x)',
    });
    expect(broken?.transitions).toHaveLength(1);
    expect(whole?.failure).toBeNull();
    expect(whole?.transitions).toHaveLength(2);
  });

  it('in a tree ends all branches of its episode', async () => {
    const one = ({ keys }: ActRequest) => late({ keys } as ActRequest) && keys[0]?.sample === 2;
    const [broken, whole] = await play([new Talker(0), new Unsure(1, one)], 'train', 2);
    expect(broken?.transitions).toHaveLength(2);
    expect(whole?.transitions).toHaveLength(6);
  });

  it.each<ProtocolName>(['parallel', 'pipeline', 'discussion'])(
    'under %s too, and nobody is asked for that episode again',
    async (protocol) => {
      const other = new Talker(1);
      const early = ({ keys }: ActRequest) => keys[0]?.episode === 0;
      const options = {
        items: game.evalItems,
        generations: 1,
        seed: 1,
        sampling,
        earlyTerminationThreshold: null,
        discount: 1,
        maxFailureRate: 0.5,
      };
      const evaluation = await evaluateProtocol(game, [new Unsure(0, early), other], protocol, options);
      expect(evaluation.failed.map(({ itemId, failure }) => [itemId, failure])).toEqual([
        ['x', 'agent-1 (http://a/v1): it is down (evaluation, turn 0, agent-0, episode 0, item x)'],
      ]);
      expect(evaluation.episodes.map(({ itemId }) => itemId)).toEqual(['y']);
      expect(other.requests.map(({ keys }) => keys[0]?.episode)).not.toContain(0);
    },
  );
});

describe('log-probs that are not told', () => {
  const untold = (response: Response): Response => ({
    ...response,
    logProbs: new Float32Array(),
    behaviourLogProbs: new Float32Array(),
    counted: { prompt: 7, response: 3 },
  });
  const team = () => [new Talker(0), new Unsure(1, () => false, untold)];

  it('are no fault in an evaluation, and an error where one trains on them', async () => {
    expect((await play(team())).map(({ failure }) => failure)).toEqual([null, null]);
    await expect(play(team(), 'train')).rejects.toThrow(
      /1 tokens came with 0 log-probs .*\(train, turn 0, agent-1/,
    );
  });

  it('and what was counted is what records tell', async () => {
    const options = { items: game.evalItems, generations: 1, seed: 1, sampling, discount: 1 };
    const evaluation = await evaluateProtocol(game, team(), 'trained', {
      ...options,
      earlyTerminationThreshold: null,
    });
    expect(evaluation.episodes[0]?.record.turns[0]?.agents[1]).toMatchObject({
      promptTokens: 7,
      responseTokens: 3,
    });
    expect(evaluation.episodes[0]?.figures.tokens).toBe(2 * (1 + 3));
  });
});
