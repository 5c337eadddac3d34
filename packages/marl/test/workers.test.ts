/** Agents and critics in workers: the same answers, plain messages, errors with their class, and ends of all kinds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { ModelError } from '@collm/lm';
import { numThreads, setNumThreads, TorchError } from '@collm/torch';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { LmAgent, type LmAgentOptions } from '../src/agents/lm-agent.js';
import { LmCritic } from '../src/agents/lm-critic.js';
import { TeamError } from '../src/errors.js';
import type { Agent, Critic, PolicySample, PolicyUpdate, Response, ValueQuery } from '../src/messages.js';
import { HostedAgent } from '../src/workers/hosted-agent.js';
import { HostedCritic } from '../src/workers/hosted-critic.js';
import { WorkerLostError } from '../src/workers/worker-lost.js';
import { policyGradient } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

/** Every process and thread that was started, and everything that was sent to it. */
const started = vi.hoisted(() => ({
  processes: [] as import('node:child_process').ChildProcess[],
  threads: [] as import('node:worker_threads').Worker[],
  sent: [] as unknown[],
}));
vi.mock('node:child_process', async (original) => {
  const real = await original<typeof import('node:child_process')>();
  const fork = (...args: Parameters<typeof real.fork>) => {
    const child = real.fork(...args);
    const send = child.send.bind(child);
    child.send = ((message: object, ...rest: []) => {
      started.sent.push(message);
      return send(message, ...rest);
    }) as typeof child.send;
    started.processes.push(child);
    return child;
  };
  return { ...real, fork };
});
vi.mock('node:worker_threads', async (original) => {
  const real = await original<typeof import('node:worker_threads')>();
  class Worker extends real.Worker {
    constructor(...args: ConstructorParameters<typeof real.Worker>) {
      super(...args);
      started.threads.push(this);
    }
    override postMessage(message: unknown) {
      started.sent.push(message);
      super.postMessage(message);
    }
  }
  return { ...real, Worker };
});

let model: ReturnType<typeof writeTinyModel>;
let root: string;
let threads: number;
const open: (Agent | Critic)[] = [];
beforeAll(() => {
  model = writeTinyModel();
  root = mkdtempSync(join(tmpdir(), 'collm-workers-'));
  threads = numThreads();
  setNumThreads(1);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((member) => member.dispose()));
  started.sent.length = 0;
});
afterAll(() => {
  setNumThreads(threads);
  model.remove();
  rmSync(root, { recursive: true });
});

const options = (more: Partial<LmAgentOptions> = {}): LmAgentOptions => ({
  model: model.dir,
  device: 'cpu',
  learningRate: 0.01,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: 1,
  tokensPerMicroBatch: 256,
  maxPromptTokens: null,
  ...more,
});
const headed = (): LmAgentOptions => options({ valueHead: { hiddenDim: 4, seed: 3, learningRate: 0.02 } });
const criticOptions = () => ({ ...options(), valueHeadHiddenDim: 4, seed: 3 });

const sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens: 6, greedy: false };
const observation = {
  messages: [{ role: 'user', content: 'what now?' }],
  startsAfresh: false,
  // What is not of the message must not be sent: this could not be.
  draw: () => 'a picture',
} as const;
const request = (episode: number) => ({
  history: { past: [], observation },
  keys: [0, 1].map((sample) => ({ seed: 1, phase: 'train', episode, turn: 0, agent: 0, sample }) as const),
});
const update: PolicyUpdate = {
  ...policyGradient,
  entropyCoef: 0.01,
  value: { valueLossCoef: 0.5, valueClipRange: null, learningRateFactor: 1, stopGradient: false },
};
const sampleOf = (response: Response, index: number): PolicySample => ({
  ...response,
  oldLogProbs: response.logProbs,
  advantage: index === 0 ? 1.5 : new Float32Array(response.tokens.length).fill(-1),
  weight: 1,
  value: { read: 'state', targets: [index], oldValues: [0.5] },
  itemId: String(index),
  turn: 0,
});
const query = (turn: number): ValueQuery => ({
  read: 'state',
  history: { agents: [{ past: [], observation }], turn, remainingTurns: 2 - turn },
});

/** A query of a critic that sees the environment's state. */
const stateQuery = (state: string): ValueQuery => ({
  read: 'state',
  history: { agents: [], turn: 0, remainingTurns: 1, state },
});

/** Everything that an agent can be asked, one after the other. */
async function interview(agent: Agent, dir: string): Promise<unknown[]> {
  mkdirSync(dir);
  const answers = await agent.act([request(0), request(1)], sampling);
  agent.endRollout?.();
  const samples = answers.flat().map(sampleOf);
  const said = [
    answers,
    await agent.values?.(samples, 'state'),
    await agent.gradientSpread([samples, samples.slice(1)], update),
    await agent.update(samples, update),
    await agent.logProbs(samples, 'current', 1),
  ];
  await agent.save(dir);
  await agent.update(samples, update);
  await agent.load(dir);
  return [...said, await agent.logProbs(samples, 'current', 1), await agent.update(samples, update)];
}

async function question(critic: Critic, dir: string): Promise<unknown[]> {
  mkdirSync(dir);
  const samples = [0, 1].map((turn) => ({
    query: query(turn),
    targets: [turn],
    oldValues: [0.1],
    itemId: String(turn),
  }));
  const settings = { valueLossCoef: 1, valueClipRange: 0.2, learningRateFactor: 1 };
  const said = [await critic.values([query(0), query(1)]), await critic.fit(samples, settings)];
  await critic.save(dir);
  await critic.fit(samples, settings);
  await critic.load(dir);
  return [...said, await critic.values([query(0)]), await critic.values(['red', 'blue'].map(stateQuery))];
}

const keep = async <Member extends Agent | Critic>(opening: Promise<Member>): Promise<Member> => {
  const member = await opening;
  open.push(member);
  return member;
};
const hosted = (placement: 'thread' | 'process', own = options()) =>
  keep(HostedAgent.open(own, { placement, member: 'agent-1', threads: 1 }));

describe.each(['thread', 'process'] as const)('in a %s', (placement) => {
  let agent: HostedAgent;
  beforeAll(async () => {
    agent = await HostedAgent.open(options(), { placement, member: 'agent-0', threads: 1 });
  });
  afterAll(() => agent.dispose());

  it('an agent says what it says here, in plain messages', async () => {
    const here = await keep(LmAgent.open(headed()));
    const there = await hosted(placement, headed());
    const wanted = await interview(here, join(root, `agent-here-${placement}`));
    expect(await interview(there, join(root, `agent-${placement}`))).toEqual(wanted);
    const files = ['here-', ''].map((which) =>
      readFileSync(join(root, `agent-${which}${placement}`, 'model.safetensors')).toString('base64'),
    );
    expect(files[1]).toBe(files[0]);
    expect(started.sent.length).toBeGreaterThan(8);
    for (const message of started.sent) expectPlain(message);
  });

  it('a critic says what it says here, in plain messages', async () => {
    const here = await keep(LmCritic.open(criticOptions()));
    const there = await keep(HostedCritic.open(criticOptions(), { placement, member: 'critic', threads: 1 }));
    const wanted = await question(here, join(root, `critic-here-${placement}`));
    expect(await question(there, join(root, `critic-${placement}`))).toEqual(wanted);
    const [[red], [blue]] = wanted.at(-1) as [[number], [number]];
    expect(red).not.toBe(blue);
    for (const message of started.sent) expectPlain(message);
  });

  it('calls are served in the order of their arrival, and values are there with a head alone', async () => {
    expect(agent.values).toBeUndefined();
    const order: string[] = [];
    await Promise.all([
      agent.act([request(0)], sampling).then(() => order.push('act')),
      agent
        .logProbs([{ promptTokens: [1, 2], tokens: [3] }], 'current', 1)
        .then(() => order.push('logProbs')),
    ]);
    expect(order).toEqual(['act', 'logProbs']);
  });

  it('errors keep their class, their fields and the place where they were thrown', async () => {
    const nowhere = hosted(placement, options({ model: join(root, 'nowhere') }));
    await expect(nowhere).rejects.toThrow(/nowhere/);
    await expect(nowhere).rejects.toBeInstanceOf(ModelError);
    const asked = agent.logProbs([{ promptTokens: [1], tokens: [2] }], 'reference', 1);
    await expect(asked).rejects.toThrow(/There is no reference policy/);
    await expect(asked).rejects.toBeInstanceOf(TeamError);
    await expect(asked).rejects.toMatchObject({
      code: 'TEAM',
      stack: expect.stringContaining('lm-agent.js'),
    });
    const dir = join(root, `damaged-${placement}`);
    await agent.save(dir);
    truncateSync(join(dir, 'model.safetensors'), 1000);
    const loaded = agent.load(dir);
    await expect(loaded).rejects.toBeInstanceOf(TorchError);
    await expect(loaded).rejects.toMatchObject({ code: 'file', op: '', shapes: '' });
    // None of that ends the worker.
    expect(await agent.act([request(0)], sampling)).toHaveLength(1);
  });

  it('figures that are not finite arrive as they are', async () => {
    const [answers] = await agent.act([request(0)], sampling);
    const samples = (answers as Response[]).map((response, index) => ({
      ...sampleOf(response, index),
      advantage: Number.POSITIVE_INFINITY,
    }));
    const stats = await agent.update(samples, { ...update, value: null });
    expect(Number.isFinite(stats.loss)).toBe(false);
  });

  it('a worker that dies rejects what it was asked and what it is asked later, until it is opened again', async () => {
    const mortal = await hosted(placement);
    const wanted = await mortal.act([request(0)], sampling);
    const pending = mortal.act([request(1)], { ...sampling, maxNewTokens: 100 });
    const outcome = expect(pending).rejects.toThrow(
      placement === 'process'
        ? /The worker of agent-1 is gone: its process was killed by SIGKILL/
        : /The worker of agent-1 is gone: its thread ended with exit code 1/,
    );
    await kill(placement);
    await outcome;
    await expect(mortal.act([request(0)], sampling)).rejects.toBeInstanceOf(WorkerLostError);
    await expect(mortal.save(root)).rejects.toMatchObject({ code: 'WORKER_LOST', member: 'agent-1' });
    mortal.endRollout();
    await mortal.revive();
    expect(await mortal.act([request(0)], sampling)).toEqual(wanted);
    // Nothing is opened anew while the worker is there.
    const count = started.processes.length + started.threads.length;
    await mortal.revive();
    expect(started.processes.length + started.threads.length).toBe(count);
  });

  it('after dispose, twice, calls are refused', async () => {
    const mortal = await hosted(placement);
    await mortal.dispose();
    await mortal.dispose();
    await expect(mortal.act([request(0)], sampling)).rejects.toThrow(/agent-1 is gone: it was closed/);
  });
});

it('a thread that throws is told of with what it threw, and what it writes under the name of its member', async () => {
  const shown = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const agent = await hosted('thread');
  const thrown = new Error('Worker terminated due to reaching memory limit');
  started.threads.at(-1)?.emit('message', { wrote: 'running low\n' });
  started.threads.at(-1)?.emit('error', thrown);
  await kill('thread');
  expect(shown.mock.calls).toEqual([['agent-1: running low\n']]);
  shown.mockRestore();
  await expect(agent.act([request(0)], sampling)).rejects.toMatchObject({
    how: 'its thread was ended by Worker terminated due to reaching memory limit',
    cause: thrown,
  });
});

it('what a process wrote before it ended is in the error, under the name of its member on standard error too', async () => {
  const shown = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const agent = await hosted('process');
  const child = started.processes.at(-1) as ChildProcess;
  child.stderr?.emit('data', 'first\nterminate called');
  child.kill('SIGABRT');
  await once(child, 'close');
  await expect(agent.act([request(0)], sampling)).rejects.toMatchObject({
    how: 'its process was killed by SIGABRT',
    cause: { message: 'first\nterminate called' },
  });
  expect(shown.mock.calls.map(([text]) => text)).toEqual(['agent-1: first\n', 'agent-1: terminate called\n']);
  shown.mockRestore();
});

it('leaves signals to the trainer, in a session of its own', async () => {
  const agent = await hosted('process');
  const pid = (started.processes.at(-1) as ChildProcess).pid as number;
  const group = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]);
  expect(group).toBe(pid);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
  expect(await agent.act([request(0)], sampling)).toHaveLength(1);
});

describe('the trainer', () => {
  const file = fileURLToPath(new URL('children/hosts.mjs', import.meta.url));
  let trainer: ChildProcess;
  const start = (how: string) => {
    trainer = spawn(process.execPath, [file, model.dir, how], { stdio: ['ignore', 'pipe', 'inherit'] });
    return workerOf(trainer);
  };
  afterEach(() => void trainer.kill('SIGKILL'));
  // One that has ended stays in the table of processes until it is asked how.
  const isAlive = (pid: number) => {
    try {
      return !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };
  const workerOf = async (trainer: ChildProcess): Promise<number> => {
    const [pid] = await once(trainer.stdout as NodeJS.ReadableStream, 'data');
    expect(Number(pid)).toBeGreaterThan(0);
    return Number(pid);
  };

  it.each(['dispose', 'forget'])('ends by itself, and its workers with it: %s', async (how) => {
    const started = start(how);
    const [worker] = await Promise.all([started, once(trainer, 'exit')]);
    expect(trainer.exitCode).toBe(0);
    while (isAlive(worker)) await sleep(10);
  });

  it('is not outlived by its workers when it is killed', async () => {
    const worker = await start('stay');
    expect(isAlive(worker)).toBe(true);
    trainer.kill('SIGKILL');
    await once(trainer, 'exit');
    while (isAlive(worker)) await sleep(10);
  });
});

async function kill(placement: 'thread' | 'process'): Promise<void> {
  if (placement === 'thread') await (started.threads.at(-1) as Worker).terminate();
  else {
    const child = started.processes.at(-1) as ChildProcess;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

/** Text, numbers, flags, lists, Float32Arrays and plain objects of these: nothing with a handle, nothing with a life. */
function expectPlain(value: unknown): void {
  if (value === null || value === undefined || value instanceof Float32Array) return;
  if (typeof value !== 'object') {
    expect(['string', 'number', 'boolean']).toContain(typeof value);
    return;
  }
  expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
  for (const part of Object.values(value)) expectPlain(part);
}
