/** Each agent sees exactly what the protocol shows it, and its own history is what it was really shown. */
import type { Environment, Item, Observation, ProtocolPrompts } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { evaluateProtocol, type ProtocolName } from '../src/index.js';
import { shownIn, Talker, talkingGame } from './fakes/talking-team.js';

const options = {
  items: [{ id: 'x' }] as Item[],
  generations: 1,
  seed: 1,
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  earlyTerminationThreshold: null,
  discount: 1,
};

async function play(protocol: ProtocolName, environment: Environment) {
  const actors = Array.from({ length: environment.numAgents }, (_, agent) => new Talker(agent));
  const { episodes } = await evaluateProtocol(environment, actors, protocol, options);
  return { shown: actors.map((actor) => actor.requests.map(shownIn)), episodes };
}

const user = (content: string, startsAfresh = false): Observation => ({
  messages: [{ role: 'user', content }],
  startsAfresh,
});

/** Prompts that say what they were given. */
const telling: ProtocolPrompts<{ turn: number }> = {
  parallel: ({ turn }) => [user(`p0.${turn}`), user(`p1.${turn}`)],
  pipeline: ({ turn }, agent, earlier) => user(`line ${agent}.${turn}: ${earlier}`, true),
  discussion: ({ turn }, agent, first) => user(`talk ${agent}.${turn}: ${first}`, true),
};
const tellingGame = () => talkingGame(2, [0, 0], { protocols: telling as ProtocolPrompts<unknown> });

describe('without prompts of the environment', () => {
  it.each(['parallel', 'trained'] as const)('%s: nothing of anybody else', async (protocol) => {
    const { shown } = await play(protocol, talkingGame(2, [0, 0]));
    expect(shown).toEqual([
      [['o0.0'], ['o0.0', 'r0.0.0', 'o0.1']],
      [['o1.0'], ['o1.0', 'r1.0.0', 'o1.1']],
    ]);
  });

  it('pipeline: the responses of this turn of those before', async () => {
    const { shown } = await play('pipeline', talkingGame(3, [0, 0]));
    const before = (agent: number, turn: number) =>
      [
        `o${agent}.${turn}`,
        'Teammates have answered this turn before you.',
        ...Array.from({ length: agent }, (_, other) => `Agent ${other + 1} wrote:\nr${other}.${turn}.0`),
        'Now answer yourself.',
      ].join('\n\n');
    expect(shown).toEqual([
      [['o0.0'], ['o0.0', 'r0.0.0', 'o0.1']],
      [[before(1, 0)], [before(1, 0), 'r1.0.0', before(1, 1)]],
      [[before(2, 0)], [before(2, 0), 'r2.0.0', before(2, 1)]],
    ]);
  });

  it("discussion: in the second round the others' first responses; only the second is played", async () => {
    const { shown, episodes } = await play('discussion', talkingGame(3, [0, 0]));
    const others = (agent: number, turn: number) =>
      [
        'Your answer was a draft. Your teammates have drafted too.',
        ...[0, 1, 2]
          .filter((other) => other !== agent)
          .map((other) => `Agent ${other + 1} wrote:\nr${other}.${turn}.0`),
        'Now give your final answer, whole and in the same form. Only this one counts.',
      ].join('\n\n');
    const lived = (agent: number, turn: number) => [
      `o${agent}.${turn}`,
      `r${agent}.${turn}.0`,
      others(agent, turn),
    ];
    shown.forEach((own, agent) => {
      const first = lived(agent, 0);
      const second = [...first, `r${agent}.0.1`, ...lived(agent, 1)];
      expect(own).toEqual([first.slice(0, 1), first, second.slice(0, 5), second]);
    });
    expect(episodes[0]?.record.turns.map(({ info }) => info.responses)).toEqual([
      ['r0.0.1', 'r1.0.1', 'r2.0.1'],
      ['r0.1.1', 'r1.1.1', 'r2.1.1'],
    ]);
  });

  it('keeps system messages, format and what stands alone', async () => {
    const observation: Observation = {
      messages: [
        { role: 'system', content: 'rules' },
        { role: 'user', content: 'task' },
      ],
      startsAfresh: true,
      format: 'text',
    };
    const game = talkingGame(2, [0], { observe: () => [observation, observation] });
    const actors = [new Talker(0), new Talker(1)];
    await evaluateProtocol(game, actors, 'pipeline', options);
    const seen = actors[1]?.requests[0]?.history.observation;
    expect(seen).toMatchObject({ startsAfresh: true, format: 'text' });
    expect(seen?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
    await evaluateProtocol(game, actors, 'discussion', options);
    // The draft has to stay in view.
    expect(actors[1]?.requests.at(-1)?.history.observation).toMatchObject({
      startsAfresh: false,
      format: 'text',
    });
  });
});

describe('with prompts of the environment', () => {
  it('parallel asks as they say, trained as the environment observes', async () => {
    expect((await play('parallel', tellingGame())).shown).toEqual([
      [['p0.0'], ['p0.0', 'r0.0.0', 'p0.1']],
      [['p1.0'], ['p1.0', 'r1.0.0', 'p1.1']],
    ]);
    expect((await play('trained', tellingGame())).shown[0]).toEqual([['o0.0'], ['o0.0', 'r0.0.0', 'o0.1']]);
  });

  it("pipeline: the first agent has the environment's observation", async () => {
    expect((await play('pipeline', tellingGame())).shown).toEqual([
      [['o0.0'], ['o0.0', 'r0.0.0', 'o0.1']],
      [['line 1.0: r0.0.0'], ['line 1.0: r0.0.0', 'r1.0.0', 'line 1.1: r0.1.0']],
    ]);
  });

  it('discussion: the first round is naive parallel', async () => {
    const { shown, episodes } = await play('discussion', tellingGame());
    const talk = (agent: number, turn: number) => `talk ${agent}.${turn}: r0.${turn}.0,r1.${turn}.0`;
    const round2 = ['p1.0', 'r1.0.0', talk(1, 0)];
    expect(shown[1]).toEqual([
      ['p1.0'],
      round2,
      [...round2, 'r1.0.1', 'p1.1'],
      [...round2, 'r1.0.1', 'p1.1', 'r1.1.0', talk(1, 1)],
    ]);
    // The log shows what was really answered to.
    const turn = episodes[0]?.record.turns[1]?.agents[1];
    expect(turn).toMatchObject({ messages: [{ content: talk(1, 1) }], response: 'r1.1.1' });
  });
});
