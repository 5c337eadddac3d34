import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LmAgent } from '../src/agents/lm-agent.js';
import { HostedAgent } from '../src/workers/hosted-agent.js';
import { writeTinyModel } from './tiny-model.js';

let model: ReturnType<typeof writeTinyModel>;
beforeAll(() => {
  model = writeTinyModel();
});
afterAll(() => model.remove());
const options = () =>
  ({
    device: 'cpu',
    learningRate: 0.01,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    maxGradNorm: 1,
    tokensPerMicroBatch: 256,
    maxPromptTokens: null,
    model: model.dir,
  }) as const;
const sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false };
const request = {
  history: { past: [], observation: { messages: [{ role: 'user', content: 'hello' }], startsAfresh: true } },
  keys: [{ seed: 1, phase: 'train', episode: 0, turn: 0, agent: 0, sample: 0 }],
} as const;
describe.each(['thread', 'process'] as const)('%s', (placement) => {
  it('acts', async () => {
    const inline = await LmAgent.open(options());
    const wanted = await inline.act([request], sampling);
    inline.dispose();
    const agent = await HostedAgent.open(options(), { placement, member: 'agent 0', threads: 1 });
    expect(await agent.act([request], sampling)).toEqual(wanted);
    await agent.dispose();
  });
});
