/** What an agent keeps of its earlier turns changes how fast it answers, never what. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder } from '@collm/lm';
import { memory } from '@collm/torch';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LmAgent } from '../src/agents/lm-agent.js';
import type { ActRequest, History, Response, Sampling } from '../src/index.js';
import { modelOptions, policyGradient, sampleOf } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const model = writeTinyModel();
afterAll(() => model.remove());

const sampling: Sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens: 6, greedy: false };
const open = () => LmAgent.open(modelOptions(model.dir, { learningRate: 0.05 }));

const ask = (history: History, episode: number): ActRequest => ({
  history,
  keys: [0, 1].map((sample) => ({
    seed: 1,
    phase: 'train',
    episode,
    turn: history.past.length,
    agent: 0,
    sample,
  })),
});

/** Two episodes of `turns` turns; the histories of the last of them. */
async function play(agent: LmAgent, turns: number, startsAfresh = false): Promise<History[]> {
  const see = (content: string) => ({ messages: [{ role: 'user' as const, content }], startsAfresh });
  let histories: History[] = ['north and north', 'south'].map((text) => ({
    past: [],
    observation: see(text),
  }));
  for (let turn = 1; turn < turns; turn++) {
    const made = await agent.act(histories.map(ask), sampling);
    histories = histories.map(({ past, observation }, i) => {
      const { text, tokens } = (made[i] as Response[])[0] as Response;
      return { past: [...past, { observation, response: text, tokens }], observation: see(`turn ${turn}`) };
    });
  }
  return histories;
}

async function expectAsFresh(agent: LmAgent, fresh: LmAgent, histories: readonly History[]): Promise<void> {
  const requests = histories.map(ask);
  const [made, expected] = [await agent.act(requests, sampling), await fresh.act(requests, sampling)];
  for (const [i, responses] of expected.entries()) {
    for (const [k, response] of responses.entries()) {
      expect(made[i]?.[k]?.tokens).toEqual(response.tokens);
      for (const [t, value] of response.logProbs.entries())
        expect(Math.abs((made[i]?.[k]?.logProbs[t] as number) - value)).toBeLessThan(1e-4);
    }
  }
}

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  vi.restoreAllMocks();
  expect(memory().tensors).toBe(alive);
});

describe('turns of an agent', () => {
  it('are answered as by an agent that computes every prompt from its start', async () => {
    const [agent, fresh] = [await open(), await open()];
    const histories = await play(agent, 4);
    const forward = vi.spyOn(Decoder.prototype, 'forward');
    await expectAsFresh(agent, fresh, histories);
    const [continued, whole] = forward.mock.calls.map(([ids]) => ids.numel) as [number, number];
    expect(continued).toBeLessThan(whole / 2);
    agent.dispose();
    fresh.dispose();
  });

  it('forget what was computed with weights that an update has changed', async () => {
    const agent = await open();
    const histories = await play(agent, 3);
    const responses = (await agent.act(histories.map(ask), sampling)).flat();
    await agent.update(
      responses.map((response, i) => sampleOf(response, i % 2 === 0 ? 1 : -1)),
      policyGradient,
    );
    const dir = mkdtempSync(join(tmpdir(), 'collm-turns-'));
    await agent.save(dir);
    const fresh = await open();
    await fresh.load(dir);
    rmSync(dir, { recursive: true });
    await expectAsFresh(agent, fresh, histories);
    agent.dispose();
    fresh.dispose();
  });

  it('keep nothing where observations stand alone', async () => {
    const agent = await open();
    await play(agent, 3, true); // makes the rotary tables, and shows that nothing is continued
    const before = memory().tensors;
    await play(agent, 3, true);
    expect(memory().tensors).toBe(before);
    await play(agent, 3);
    expect(memory().tensors).toBeGreaterThan(before);
    agent.dispose();
  });
});
