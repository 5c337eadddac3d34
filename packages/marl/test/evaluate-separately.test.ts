import { describe, expect, it } from 'vitest';
import {
  type Actor,
  type ActRequest,
  evaluate,
  evaluateSeparately,
  type Response,
  type SeparateOptions,
  type Unanswered,
} from '../src/index.js';
import { matrixGame } from './fakes/matrix-game.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';
import { Talker, talkingGame } from './fakes/talking-team.js';

const game = talkingGame(2, [0, 1], { evalItems: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })) });
const options: SeparateOptions = {
  items: game.evalItems,
  generations: 2,
  seed: 1,
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  earlyTerminationThreshold: null,
  discount: 0.9,
  concurrency: 3,
};

/** Answers after a while, some episodes later than others. */
class Slow implements Actor {
  open = 0;
  most = 0;
  readonly talker = new Talker(1);
  constructor(private readonly answered: (request: ActRequest) => string | null = () => null) {}

  async act(requests: readonly ActRequest[]): Promise<(Response[] | Unanswered)[]> {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    const episode = requests[0]?.keys[0]?.episode as number;
    await new Promise((resolve) => setTimeout(resolve, 10 - episode));
    this.open -= 1;
    const answers = await this.talker.act(requests);
    return requests.map((request, index) => {
      const failure = this.answered(request);
      return failure === null ? (answers[index] as Response[]) : { failure };
    });
  }

  dispose(): void {}
}

describe('episodes that are played each on its own', () => {
  it('are those of an evaluation, whatever the order in which they end', async () => {
    const matrix = matrixGame();
    const team = [new SoftmaxAgent(), new SoftmaxAgent()];
    const items = matrix.evalItems.length > 0 ? matrix.evalItems : matrix.trainItems;
    const own = { ...options, items };
    const { wanted, ...separate } = await evaluateSeparately(matrix, team, own);
    expect(separate).toEqual(await evaluate(matrix, team, own));
    expect(wanted).toBe(2 * items.length);
    const talked = await evaluateSeparately(game, [new Talker(0), new Slow()], options);
    const together = await evaluate(game, [new Talker(0), new Talker(1)], options);
    expect(talked.episodes).toEqual(together.episodes);
    expect(talked.summary).toEqual(together.summary);
  });

  it('so many at a time, and each is told when it is over', async () => {
    const slow = new Slow();
    const told: [number, number, number][] = [];
    await evaluateSeparately(game, [new Talker(0), slow], {
      ...options,
      onEpisode: ({ episode }, done, total) => told.push([episode, done, total]),
    });
    expect(slow.most).toBe(3);
    expect(told.map(([, done, total]) => [done, total])).toEqual(
      Array.from({ length: 10 }, (_, index) => [index + 1, 10]),
    );
    expect(told.map(([episode]) => episode).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('failed ones are in no figure, and no number of them is an error', async () => {
    const some = new Slow(({ keys }) => ((keys[0]?.episode as number) < 9 ? 'it is down' : null));
    const { episodes, failed, summary } = await evaluateSeparately(game, [new Talker(0), some], options);
    expect(episodes.map(({ itemId }) => itemId)).toEqual(['e']);
    expect(failed.map(({ episode }) => episode)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(failed[0]?.failure).toMatch(/^it is down \(evaluation, turn 0, agent-1/);
    expect(summary.return?.count).toBe(1);
    const all = await evaluateSeparately(game, [new Talker(0), new Slow(() => 'gone')], options);
    expect(all).toMatchObject({ episodes: [], summary: {} });
    expect(all.failed).toHaveLength(10);
  });

  it('a stop keeps what is over', async () => {
    const stop = new AbortController();
    const evaluation = await evaluateSeparately(game, [new Talker(0), new Slow()], {
      ...options,
      signal: stop.signal,
      onEpisode: (_, done) => {
        if (done === 2) stop.abort();
      },
    });
    expect(evaluation.wanted).toBe(10);
    expect(evaluation.failed).toEqual([]);
    expect(evaluation.episodes.length).toBeGreaterThanOrEqual(2);
    expect(evaluation.episodes.length).toBeLessThan(10);
  });

  it('an agent that fails as a whole ends it, after what is under way', async () => {
    const slow = new Slow();
    let calls = 0;
    const broken: Actor = {
      act: async (requests) => {
        calls += 1;
        if (calls === 2) throw new Error('out of memory');
        return new Talker(0).act(requests);
      },
      dispose: () => {},
    };
    const call = evaluateSeparately(game, [broken, slow], options);
    await expect(call).rejects.toMatchObject({ source: 'agent', cause: { message: 'out of memory' } });
    expect(slow.open).toBe(0);
  });
});
