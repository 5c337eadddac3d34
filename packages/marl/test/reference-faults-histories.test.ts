/** D8 of the reference: agents and critics that are language models see the current prompt alone. */
import { Tokenizer } from '@collm/lm';
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import { type ActRequest, type History, HostedAgent, HostedCritic, LmCritic } from '../src/index.js';
import { actionOf, stateOf } from './critic-fixtures.js';
import { CC } from './fakes/runs.js';
import { lengthAgent, lengthModel, lessonOf, pad, sampling, withAgent } from './length-game.js';
import { modelOptions } from './policy.js';

const model = lengthModel();
afterAll(() => model.remove());
expectNoLeaks();

describe('D8: the current prompt alone', () => {
  const see = (content: string) => ({ messages: [{ role: 'user' as const, content }], startsAfresh: false });
  const past = [{ observation: see('north'), response: 'ab', tokens: [70, 71, 1] }];
  const later: History = { past, observation: see('south') };
  const alone: History = { past: [], observation: see('south') };
  const ask = (history: History, turn: number): ActRequest => ({
    history,
    keys: [{ seed: 1, phase: 'train', episode: 0, turn, agent: 0, sample: 0 }],
  });

  it('agents answer a later turn as if it were the first, here and in a worker', async () => {
    const forgetful = lengthAgent(model.dir, { currentPromptOnly: true });
    const host = { placement: 'thread', member: 'agent-0', threads: 1 } as const;
    const hosted = await HostedAgent.open(forgetful, host);
    await withAgent(lengthAgent(model.dir), async (agent) => {
      const wanted = await agent.act([ask(alone, 1)], sampling);
      const tokens = Tokenizer.load(model.dir).encodeChat([{ role: 'user', content: 'south' }], {
        addGenerationPrompt: true,
      });
      expect(wanted[0]?.[0]?.promptTokens).toEqual(tokens);
      await withAgent(lengthAgent(model.dir, { currentPromptOnly: true }), async (other) => {
        await other.act([ask(alone, 0)], sampling);
        expect(await other.act([ask(later, 1)], sampling)).toEqual(wanted);
      });
      expect(await hosted.act([ask(later, 1)], sampling)).toEqual(wanted);
      const remembered = await agent.act([ask(later, 1)], sampling);
      expect(remembered[0]?.[0]?.promptTokens.length).toBeGreaterThan(tokens.length);
    });
    expect(await hosted.padToken()).toBe(pad);
    await hosted.dispose();
  });

  it('so a rollout, and what is learned from it, holds one prompt a turn', () =>
    withAgent(lengthAgent(model.dir, { currentPromptOnly: true }), async (agent) => {
      const { units } = await lessonOf(agent, { ...CC, numGenerations: 1 });
      const tokenizer = Tokenizer.load(model.dir);
      for (const { episode, turn, policy } of units)
        expect(policy[0]?.[0]?.promptTokens).toEqual(
          tokenizer.encodeChat([{ role: 'user', content: `${episode.item.id} ${turn}` }], {
            addGenerationPrompt: true,
          }),
        );
    }));

  it('critics value a later turn by what everybody sees then', async () => {
    const critic = {
      ...modelOptions(model.dir),
      valueHeadHiddenDim: 4,
      seed: 1,
      reads: ['state', 'action'],
    } as const;
    const [whole, forgetful] = [
      await LmCritic.open(critic),
      await LmCritic.open({ ...critic, currentPromptsOnly: true }),
    ];
    const hosted = await HostedCritic.open(
      { ...critic, currentPromptsOnly: true },
      { placement: 'thread', member: 'critic', threads: 1 },
    );
    const episode = ['left', 'up'].map((sees) => [
      { sees, says: `${sees}!` },
      { sees: `not ${sees}`, says: 'no' },
    ]);
    const queries = [stateOf(1, episode), actionOf(1, episode)];
    const forgotten = queries.map((query) => ({
      ...query,
      history: {
        ...query.history,
        agents: query.history.agents.map(({ observation }) => ({ past: [], observation })),
      },
    }));
    // A head begins at 0 everywhere: one step, then it tells inputs apart.
    const settings = { valueLossCoef: 1, valueClipRange: null, learningRateFactor: 1 };
    const lesson = forgotten.map((query, k) => ({ query, targets: [k + 1], oldValues: [0], itemId: 'x' }));
    const members = [whole, forgetful, hosted];
    for (const member of members) for (let step = 0; step < 3; step++) await member.fit(lesson, settings);
    const wanted = await whole.values(forgotten);
    expect(await forgetful.values(queries)).toEqual(wanted);
    expect(await hosted.values(queries)).toEqual(wanted);
    expect(await whole.values(queries)).not.toEqual(wanted);
    for (const member of members) await member.dispose();
  });
});
