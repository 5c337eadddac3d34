/** What goes over the channels of agents in processes of their own, in a whole training: nothing of another agent. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { PolicySample, Response } from '../src/messages.js';
import { train } from '../src/trainer/train.js';
import { HostedAgent } from '../src/workers/hosted-agent.js';
import { MARKER, markerEnvironment } from './fakes/marker-team.js';
import { DC, TRAINER } from './fakes/runs.js';
import { writeTinyModel } from './tiny-model.js';

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** `channels[process]`: everything that was sent to it and came from it. */
const channels = vi.hoisted(() => [] as { calls: unknown[]; answers: unknown[] }[]);
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof import('node:child_process')>();
  const fork = (...args: Parameters<typeof real.fork>) => {
    const child = real.fork(...args);
    const channel = { calls: [] as unknown[], answers: [] as unknown[] };
    channels.push(channel);
    const send = child.send.bind(child);
    child.send = ((message: object, ...rest: []) => {
      channel.calls.push(message);
      return send(message, ...rest);
    }) as typeof child.send;
    child.on('message', (message) => channel.answers.push(message));
    return child;
  };
  return { ...real, fork };
});

let model: ReturnType<typeof writeTinyModel>;
let agents: HostedAgent[];
beforeAll(async () => {
  model = writeTinyModel(400);
  const options = {
    model: model.dir,
    device: 'cpu',
    learningRate: 0.01,
    weightDecay: 0,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    maxGradNorm: 1,
    tokensPerMicroBatch: 512,
    maxPromptTokens: null,
    valueHead: { hiddenDim: null, seed: 1, learningRate: 0.01 },
  } as const;
  agents = [];
  for (const agent of [0, 1])
    agents.push(
      await HostedAgent.open(options, { placement: 'process', member: `agent-${agent}`, threads: 1 }),
    );
  await train({
    environment: markerEnvironment(2, 3, false),
    agents,
    critics: [],
    algorithm: { ...DC, useSeparateCritic: false },
    options: {
      ...TRAINER,
      itemsPerStep: 2,
      maxSteps: 2,
      evalInterval: 0,
      sampling: { ...TRAINER.sampling, maxNewTokens: 8 },
      diagnostics: { interval: 1, items: 1, rollouts: 2 },
    },
    checkpoints: null,
    onEvent: () => undefined,
  });
}, 180_000);
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.dispose()));
  model.remove();
});

const channelOf = (agent: number) => channels[agent] as (typeof channels)[number];
const calls = (agent: number) => channelOf(agent).calls.filter((call): call is Call => call !== null);
const sent = (agent: number) => JSON.stringify(channelOf(agent));

/** Responses of an agent that are long enough to be its own. */
function responsesOf(agent: number): Response[] {
  const ids = new Set(calls(agent).flatMap(({ id, name }) => (name === 'act' ? [id] : [])));
  const answers = channelOf(agent).answers as { id: number; value: unknown }[];
  const all = answers.flatMap(({ id, value }) => (ids.has(id) ? (value as Response[][]).flat() : []));
  return all.filter(({ tokens }) => tokens.length >= 5);
}

it('everything that a training asks of an agent goes over its channel', () => {
  for (const agent of [0, 1]) {
    const names = new Set(calls(agent).map(({ name }) => name));
    expect([...names].sort()).toEqual(
      ['act', 'endRollout', 'gradientSpread', 'logProbs', 'open', 'update', 'values'].sort(),
    );
    expect(responsesOf(agent).length).toBeGreaterThan(6);
  }
});

it.each([0, 1])('nothing that agent %i has not lived itself goes over its channel', (agent) => {
  const channel = sent(agent);
  const owners = [...channel.matchAll(MARKER)].map(([, owner]) => Number(owner));
  expect(owners.length).toBeGreaterThan(6);
  expect(new Set(owners)).toEqual(new Set([agent]));
  const inside = ({ text, tokens }: Response) =>
    channel.includes(JSON.stringify(text).slice(1, -1)) ||
    channel.includes(JSON.stringify(tokens).slice(1, -1));
  expect(responsesOf(agent).every(inside)).toBe(true);
  expect(responsesOf(1 - agent).some(inside)).toBe(false);
});

it('the tokens of an update are those that the agent itself has sampled', () => {
  for (const agent of [0, 1]) {
    const own = new Set(responsesOf(agent).map(({ tokens }) => tokens.join()));
    const trained = calls(agent)
      .filter(({ name }) => name === 'update')
      .flatMap(({ args }) => args[0] as PolicySample[])
      .filter(({ tokens }) => tokens.length >= 5);
    expect(trained.length).toBeGreaterThan(0);
    for (const { tokens } of trained) expect(own.has(tokens.join())).toBe(true);
  }
});
