import type { ProtocolPrompts } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import {
  evaluate,
  evaluateProtocol,
  type ProtocolName,
  type ProtocolOptions,
  passAtK,
  passRates,
  protocolEnvironment,
} from '../src/index.js';
import { MarkerActor } from './fakes/marker-team.js';
import { matrixGame } from './fakes/matrix-game.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';
import { Clock, Talker, talkingGame } from './fakes/talking-team.js';

const game = talkingGame(2, [0, 1]);
const options: ProtocolOptions = {
  items: game.evalItems,
  generations: 1,
  seed: 1,
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  earlyTerminationThreshold: null,
  discount: 1,
};

/** Agents that need 2 and 5 seconds a call and say 10 and 30 tokens. */
function play(protocol: ProtocolName, change: Partial<ProtocolOptions> = {}, environment = game) {
  const clock = new Clock();
  const actors = [new Talker(0, clock, 2, 10), new Talker(1, clock, 5, 30)];
  const players = actors.slice(0, environment.numAgents);
  return {
    actors,
    evaluation: evaluateProtocol(environment, players, protocol, { ...options, now: clock.now, ...change }),
  };
}

describe('time and tokens', () => {
  it.each([
    ['parallel', 2 * 5, 2 * 40],
    ['trained', 2 * 5, 2 * 40],
    ['pipeline', 2 * (2 + 5), 2 * 40],
    ['discussion', 2 * (5 + 5), 2 * 80],
  ] as const)('%s: %i seconds and %i tokens over two turns', async (protocol, seconds, tokens) => {
    const { summary } = await play(protocol).evaluation;
    expect(summary.seconds).toEqual({ mean: seconds, standardError: 0, count: 2 });
    expect(summary.tokens).toEqual({ mean: tokens, standardError: 0, count: 2 });
  });

  it('are of one call where one model plays alone', async () => {
    const { summary } = await play('raw', {}, talkingGame(1, [0, 1])).evaluation;
    expect([summary.seconds?.mean, summary.tokens?.mean]).toEqual([2 * 2, 2 * 10]);
  });

  it('a batch goes through an agent as one call, and each of its episodes is booked the whole time', async () => {
    const { actors, evaluation } = play('discussion', { batchSize: 2 });
    const { summary } = await evaluation;
    expect(actors.map(({ calls }) => calls.map((call) => call.length))).toEqual([
      [2, 2, 2, 2],
      [2, 2, 2, 2],
    ]);
    expect(summary.seconds?.mean).toBe(20);
    expect(summary.tokens?.mean).toBe(160);
  });

  it('measures roles of one model one by one', async () => {
    const clock = new Clock();
    const one = new Talker(0, clock, 3, 1);
    const { summary } = await evaluateProtocol(game, [one, one], 'pipeline', { ...options, now: clock.now });
    expect(summary.seconds?.mean).toBe(2 * (3 + 3));
  });
});

describe('the score in percent', () => {
  const scores = async (rewards: readonly number[], threshold: number | null = null) => {
    const environment = talkingGame(2, rewards);
    const { evaluation } = play('parallel', { earlyTerminationThreshold: threshold }, environment);
    return (await evaluation).episodes[0]?.figures;
  };

  it('is the mean over turns on the scale of the rewards, here -1 to 3', async () => {
    expect(await scores([0, 3])).toMatchObject({ score_percent: 62.5, score: 1, turns: 2 });
    expect(await scores([-1])).toMatchObject({ score_percent: 0 });
  });

  it('repeats the last executed turn for those that were not played', async () => {
    // 25, 75 and twice more 75.
    expect(await scores([0, 2, 0, 0], 1)).toMatchObject({ score_percent: 62.5, turns: 2 });
    expect(await scores([3, 0, 0, 0], 1)).toMatchObject({ score_percent: 100, turns: 1 });
  });
});

describe('as an evaluation', () => {
  const team = () => [new SoftmaxAgent(), new SoftmaxAgent()];
  const environment = matrixGame(2, 5);
  const same = {
    ...options,
    items: environment.evalItems,
    generations: 4,
    earlyTerminationThreshold: 0.3,
    discount: 0.9,
  };

  it.each([
    ['trained', 1],
    ['parallel', 1],
    ['trained', 7],
    ['parallel', 100],
  ] as const)('%s in batches of %i gives what evaluate gives', async (protocol, batchSize) => {
    const wanted = await evaluate(environment, team(), same);
    const given = await evaluateProtocol(environment, team(), protocol, { ...same, batchSize });
    expect(given.episodes.map(({ record }) => record)).toEqual(wanted.episodes.map(({ record }) => record));
    expect(given.summary).toMatchObject(wanted.summary);
    expect(new Set(wanted.episodes.map(({ figures }) => figures.return)).size).toBeGreaterThan(2);
  });

  it('draws the second round of a discussion with random numbers of its own', async () => {
    const actors = [new Talker(0), new Talker(1)];
    await evaluateProtocol(game, actors, 'discussion', options);
    const keys = actors.flatMap(({ requests }) => requests.flatMap((request) => request.keys));
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
    expect(keys).toHaveLength(16);
  });

  it('stops between turns and keeps the episodes that are done', async () => {
    const stop = new AbortController();
    const progress: unknown[] = [];
    const stopping = {
      signal: stop.signal,
      onEpisodes: (done: number, total: number) => {
        progress.push([done, total]);
        stop.abort();
      },
    };
    const { episodes, wanted } = await play('pipeline', stopping).evaluation;
    expect(episodes.map(({ itemId }) => itemId)).toEqual(['x']);
    expect([wanted, progress]).toEqual([2, [[1, 2]]]);
  });

  it('drops the batch that a stop interrupts', async () => {
    const stop = new AbortController();
    const actors = [new Talker(0), new Talker(1)];
    const act = actors[0]?.act.bind(actors[0]) as Talker['act'];
    Object.assign(actors[0] as Talker, {
      act: (...args: Parameters<Talker['act']>) => {
        stop.abort();
        return act(...args);
      },
    });
    const evaluation = await evaluateProtocol(game, actors, 'parallel', {
      ...options,
      signal: stop.signal,
    });
    expect(evaluation).toMatchObject({ episodes: [], summary: {}, wanted: 2 });
    expect(actors[0]?.calls).toHaveLength(1);
  });
});

describe('what goes wrong', () => {
  const broken = (protocols: Partial<ProtocolPrompts<unknown>>) =>
    talkingGame(2, [0], { protocols: protocols as ProtocolPrompts<unknown> });
  const failing = (state: unknown) => {
    if ((state as { id: string }).id === 'x') throw new Error('no words');
    return { messages: [], startsAfresh: true };
  };

  it.each(['pipeline', 'discussion'] as const)(
    '%s: an environment that fails to ask ends its own episode',
    async (protocol) => {
      const environment = broken({ pipeline: failing, discussion: failing });
      const { evaluation } = play(protocol, { maxFailureRate: 0.5, batchSize: 2 }, environment);
      const { episodes, failed } = await evaluation;
      expect(episodes.map(({ itemId }) => itemId)).toEqual(['y']);
      expect(failed.map(({ failure }) => failure)).toEqual([
        `The environment failed to ask for the protocol ${protocol}: no words (evaluation, turn 0, episode 0, item x)`,
      ]);
      await expect(play(protocol, { maxFailureRate: 0.4 }, environment).evaluation).rejects.toThrow(
        /1 of 2 episodes failed, and max_failure_rate is 0.4/,
      );
    },
  );

  it('says how many observations are missing', async () => {
    await expect(play('parallel', {}, broken({ parallel: () => [] })).evaluation).rejects.toThrow(
      /protocol parallel: it gave 0 observations for 2 agents/,
    );
  });

  it('an agent that fails names protocol and agent', async () => {
    const silent = { act: () => Promise.reject(new Error('out of memory')), dispose: () => undefined };
    const call = evaluateProtocol(game, [new Talker(0), silent], 'discussion', options);
    await expect(call).rejects.toThrow(
      'The agent failed to answer in the protocol discussion (evaluation, turn 0, agent-1, item x)',
    );
    await expect(call).rejects.toMatchObject({ cause: { message: 'out of memory' } });
  });

  it('an agent that answers too little, too', async () => {
    const short = { act: async () => [], dispose: () => undefined };
    await expect(evaluateProtocol(game, [short, new MarkerActor(1)], 'parallel', options)).rejects.toThrow(
      /asked for one response to each of 1 prompts in the protocol parallel, but gave \[\]/,
    );
  });
});

describe('the environment of a protocol', () => {
  const single = talkingGame(1, [0]);

  it("is the task's form for one model, or the team's", () => {
    const team = talkingGame(2, [0], { singleModel: () => single });
    expect(protocolEnvironment(team, 'raw')).toBe(single);
    expect(protocolEnvironment(team, 'pipeline')).toBe(team);
    expect(protocolEnvironment(single, 'raw')).toBe(single);
    expect(protocolEnvironment(single, 'trained')).toBe(single);
  });

  it('is missing where one model cannot do the task, and where there is no team', () => {
    expect(() => protocolEnvironment(game, 'raw')).toThrow(/talking cannot be done by one model alone/);
    expect(() => protocolEnvironment(single, 'discussion')).toThrow(
      /protocol discussion is for a team, but talking has one agent/,
    );
  });
});

describe('pass@k', () => {
  it.each([
    [1, 0, 1, 0],
    [1, 1, 1, 1],
    [4, 1, 1, 1 / 4],
    // 1 - C(3, 3) / C(5, 3)
    [5, 2, 3, 9 / 10],
    // 1 - C(7, 5) / C(10, 5)
    [10, 3, 5, 1 - 21 / 252],
    [10, 1, 10, 1],
    [10, 0, 10, 0],
    // Fewer completions than k: whether any is correct.
    [2, 1, 3, 1],
    [2, 0, 3, 0],
  ])('of %i completions, %i correct, at %i is %f', (n, m, k, rate) => {
    expect(passAtK(n, m, k)).toBeCloseTo(rate, 12);
  });

  const item = (itemId: string, verdicts: readonly number[]) =>
    verdicts.map((correct) => ({ itemId, figures: { correct } }));

  it('is averaged over items, as far as there are so many episodes', () => {
    const rates = passRates([...item('a', [1, 0, 0]), ...item('b', [0, 0, 0]), ...item('c', [1, 1])], 3);
    expect(Object.keys(rates)).toEqual(['pass@1', 'pass@3']);
    // 1/3, 0, 1; and 1, 0, 1.
    expect(rates['pass@1']?.mean).toBeCloseTo(4 / 9, 12);
    expect(rates['pass@3']).toMatchObject({ mean: 2 / 3, count: 3 });
    // Sample variance 1/3 over three items.
    expect(rates['pass@3']?.standardError).toBeCloseTo(1 / 3, 12);
  });

  it('is nothing without a metric `correct`', async () => {
    expect(Object.keys((await play('parallel').evaluation).summary)).not.toContain('pass@1');
  });

  it('is part of a summary', async () => {
    const environment = talkingGame(2, [0], {
      step: async (state, responses) => ({
        ...(await talkingGame(2, [0]).step(state, responses)),
        metrics: { correct: 1 },
      }),
    });
    const { summary } = await play('parallel', { generations: 3 }, environment).evaluation;
    expect(summary['pass@3']).toEqual({ mean: 1, standardError: 0, count: 2 });
  });
});
