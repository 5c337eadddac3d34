import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@collm/torch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LmAgent, type LmAgentOptions } from '../src/agents/lm-agent.js';
import { LmCritic, type LmCriticOptions } from '../src/agents/lm-critic.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import type { AlgorithmOptions, TrainerOptions } from '../src/config.js';
import type { Metrics } from '../src/events.js';
import type { Checkpoint, TrainerState } from '../src/trainer/checkpoints.js';
import { train } from '../src/trainer/train.js';
import { letterGame } from './fakes/letter-game.js';
import {
  AC,
  CC,
  DC,
  folderStore,
  GRPO,
  MAGRPO,
  MAREINFORCE,
  MAREMAX,
  MARLOO,
  newestCheckpoint,
  TRAINER,
} from './fakes/runs.js';
import { writeLetterModel } from './letter-model.js';
import { writeTinyModel } from './tiny-model.js';

let models: ReturnType<typeof writeLetterModel>[];
let root: string;
let before: number;
beforeAll(() => {
  models = [writeLetterModel(), writeTinyModel(), writeLetterModel({ width: 24, seed: 9 })];
});
afterAll(() => {
  for (const model of models) model.remove();
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'collm-teams-'));
  before = memory().tensors;
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
  expect(memory().tensors).toBe(before);
});

const optimiser = {
  device: 'cpu',
  learningRate: 0.01,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: 1,
  tokensPerMicroBatch: 256,
  maxPromptTokens: null,
} as const;

interface Setup {
  readonly algorithm: AlgorithmOptions;
  readonly numAgents?: number;
  /** Model of each agent, by its place among the three; default: the first for all. */
  readonly modelOf?: (agent: number) => number;
  readonly share?: boolean;
  readonly agent?: Partial<LmAgentOptions>;
  readonly critic?: Partial<LmCriticOptions>;
  readonly options?: Partial<TrainerOptions>;
  readonly resumeFrom?: Checkpoint;
  readonly keep?: string;
}

interface Outcome {
  readonly state: TrainerState;
  readonly steps: Metrics[];
  /** Every member's log-probs or values of something fixed: what its weights say. */
  readonly says: number[][];
}

/** Pays for anything that is said, so that teams of any size have something to learn. */
function talkative(game: ReturnType<typeof letterGame>): typeof game {
  return {
    ...game,
    step: async (state, responses) => {
      const reward = [...responses.join('')].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 7;
      return { ...(await game.step(state, responses)), reward, processedReward: reward };
    },
  };
}

const folder = (index: number) => (models[index] as { dir: string }).dir;

/** Trains a team of language models for some steps and asks its members what they have become. */
async function run(setup: Setup): Promise<Outcome> {
  const { algorithm, modelOf = () => 0, share = false } = setup;
  const single = algorithm.name === 'grpo' || algorithm.name === 'ac';
  const environment = talkative(letterGame(setup.numAgents ?? (single ? 1 : 2)));
  const { numAgents } = environment;
  const open = (agent: number) =>
    LmAgent.open({ ...optimiser, model: folder(modelOf(agent)), ...setup.agent });
  const own = await Promise.all(Array.from({ length: share ? 1 : numAgents }, (_, agent) => open(agent)));
  const agents = Array.from({ length: numAgents }, (_, agent) => own[share ? 0 : agent] as LmAgent);
  const critics = await Promise.all(
    Array.from({ length: createAlgorithm(algorithm).critics(numAgents) }, (_, index) =>
      LmCritic.open({ ...optimiser, model: folder(0), valueHeadHiddenDim: 8, seed: index, ...setup.critic }),
    ),
  );
  const steps: Metrics[] = [];
  try {
    const { state } = await train({
      environment,
      agents,
      critics,
      algorithm,
      options: {
        ...TRAINER,
        itemsPerStep: 2,
        numTrainEpochs: 100,
        maxSteps: 2,
        sampling: { ...TRAINER.sampling, maxNewTokens: 3 },
        evalInterval: 0,
        ...setup.options,
      },
      checkpoints: setup.keep === undefined ? null : folderStore(setup.keep),
      onEvent: (event) => {
        if (event.type === 'step-finished') steps.push(event.metrics);
      },
      ...(setup.resumeFrom ? { resumeFrom: setup.resumeFrom } : {}),
    });
    const sequence = { promptTokens: [1, 5, 7, 0, 2], tokens: [4, 9, 0] };
    const history = { agents: [], turn: 0, remainingTurns: 2 };
    const said = await Promise.all([
      ...own.map(async (agent) => [...((await agent.logProbs([sequence], 'current', 1))[0] as Float32Array)]),
      ...critics.map(async (critic) => {
        const read = setup.critic?.reads?.[0] ?? 'state';
        if (read === 'tokens') return [];
        const query = read === 'state' ? { read, history } : { read, history, responses: [] };
        return (await critic.values([query]))[0] as number[];
      }),
    ]);
    return { state, steps, says: said };
  } finally {
    for (const member of [...own, ...critics]) await member.dispose();
  }
}

describe('teams of 1 to 8 agents', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i agents with one critic', async (numAgents) => {
    const { state, steps, says } = await run({ algorithm: CC, numAgents });
    // 2 items x 2 trajectories x 2 turns.
    expect(state).toMatchObject({ step: 2, envSteps: 16 });
    expect(steps.at(-1)).toMatchObject({ 'critic/updates': 1, [`agent_${numAgents}/updates`]: 1 });
    expect(says).toHaveLength(numAgents + 1);
    // Each has learned from responses of its own.
    expect(new Set(says.slice(0, numAgents).map(String)).size).toBe(numAgents);
  });

  it.each([1, 3, 8])('%i agents with critics of their own, and without', async (numAgents) => {
    const local = await run({ algorithm: DC, numAgents });
    expect(local.steps.at(-1)).toMatchObject(
      numAgents === 1 ? { 'critic/updates': 1 } : { 'critic_1/updates': 1 },
    );
    const trees = await run({ algorithm: { ...MAGRPO, numGenerations: 2 }, numAgents });
    expect(trees.state.envSteps).toBe(2 * 2 * 6);
  });

  it('of different models with tokenizers of their own, and a critic with another one', async () => {
    const { steps, says } = await run({ algorithm: CC, numAgents: 3, modelOf: (agent) => agent });
    expect(says.flat().every(Number.isFinite)).toBe(true);
    for (const agent of [1, 2, 3]) expect(steps.at(-1)?.[`agent_${agent}/grad_norm`]).toBeGreaterThan(0);
  });

  it('with adapters on one base, and with one set of weights for all roles', async () => {
    const lora = { rank: 2, alpha: 4, targets: 'all-linear', dropout: 0, rslora: false, seed: 1 } as const;
    const adapted = await run({ algorithm: CC, agent: { lora }, critic: { lora } });
    expect(adapted.steps.at(-1)?.['agent_2/grad_norm']).toBeGreaterThan(0);
    const { steps, says } = await run({ algorithm: CC, numAgents: 4, share: true });
    expect(says).toHaveLength(2);
    // One optimiser step for all roles: they report the same.
    expect(steps.at(-1)?.['agent_4/grad_norm']).toBe(steps.at(-1)?.['agent_1/grad_norm']);
  });
});

const headed = { valueHead: { hiddenDim: 8, seed: 3, learningRate: 0.02, valueNorm: 'popart' } } as const;
const local = { ...DC, useSeparateCritic: false };

/** Everything that has state of its own, or enters the updates in a way of its own. */
const VARIANTS: readonly (readonly [string, Setup])[] = [
  ['collm_cc', { algorithm: { ...CC, gaeLambda: 0.5, bootstrapOnHorizon: true } }],
  [
    'collm_cc with Q and a V head',
    { algorithm: { ...CC, criticType: 'q' }, critic: { reads: ['action', 'state'] } },
  ],
  [
    'collm_cc with Q and counterfactual baselines, one agent after the other',
    {
      algorithm: {
        ...CC,
        criticType: 'q',
        qBaseline: 'counterfactual',
        baselineSamples: 2,
        updateOrder: 'sequential',
      },
      critic: { reads: ['action'], valueNorm: 'running' },
    },
  ],
  [
    'collm_cc with token-level values',
    {
      algorithm: { ...CC, valueLevel: 'token', gaeLambda: 0.95, policyLoss: 'ppo', updateEpochs: 2 },
      critic: { reads: ['tokens'] },
    },
  ],
  [
    'collm_cc with popart and warm-up',
    { algorithm: { ...CC, criticWarmupSteps: 1 }, critic: { valueNorm: 'popart' } },
  ],
  ['collm_dc', { algorithm: { ...DC, valueClipRange: 0.2 } }],
  [
    'collm_dc with heads on the backbones',
    { algorithm: { ...local, valueStopGradient: true }, agent: headed },
  ],
  [
    'collm_dc with heads that read tokens',
    {
      algorithm: { ...local, valueLevel: 'token', gaeLambda: 1, criticWarmupSteps: 1 },
      agent: { valueHead: { ...headed.valueHead, reads: ['tokens'] } },
    },
  ],
  [
    'mareinforce towards a reference',
    {
      algorithm: { ...MAREINFORCE, klMode: 'lossK3', numGenerations: 2 },
      agent: { reference: {} },
    },
  ],
  [
    'magrpo with an exact divergence and all tuples',
    {
      algorithm: { ...MAGRPO, klMode: 'lossExact', jointMode: 'cross', numGenerations: 2, entropyCoef: 0.01 },
      agent: { reference: {} },
    },
  ],
  [
    'marloo in minibatches',
    { algorithm: { ...MARLOO, numGenerations: 2, policyLoss: 'ppo', trainBatchSize: 3 } },
  ],
  ['maremax with a greedy baseline', { algorithm: { ...MAREMAX, maxSource: 'greedy', numGenerations: 2 } }],
  [
    'grpo with adapters that drop out',
    {
      algorithm: { ...GRPO, numGenerations: 2, isCorrection: 'token' },
      agent: { lora: { rank: 2, alpha: 4, targets: 'all-linear', dropout: 0.2, rslora: false, seed: 1 } },
      options: { sampling: { temperature: 0.8, topK: null, topP: 0.9, maxNewTokens: 3 } },
    },
  ],
  ['ac that pays for divergence', { algorithm: { ...AC, klMode: 'rewardK1' }, agent: { reference: {} } }],
  ['shared actors', { algorithm: CC, share: true, numAgents: 3 }],
];

describe('four steps, and two steps, a new process and two more, end with the same bits', () => {
  it.each(VARIANTS)('%s', async (_, setup) => {
    // A rate that has not moved on would show.
    const options = {
      lrSchedule: 'linear',
      warmupSteps: 2,
      diagnostics: { interval: 2, items: 1, rollouts: 2 },
    } as const;
    const to = (maxSteps: number) => ({ ...options, ...setup.options, numTrainEpochs: 2, maxSteps });
    const whole = await run({ ...setup, options: to(4) });
    // The schedule follows the length of the run: the first part is one that was stopped, not a shorter one.
    const part = { ...setup, options: { ...to(4), checkpointEvery: 2 }, keep: root };
    await run(part);
    await rm(join(root, 'step-000004'), { recursive: true });
    const rest = await run({ ...setup, options: to(4), resumeFrom: await newestCheckpoint(root) });
    expect(rest.state).toEqual(whole.state);
    expect(rest.says).toEqual(whole.says);
    const untimed = (steps: Metrics[]) =>
      steps.map((metrics) => Object.entries(metrics).filter(([name]) => !name.startsWith('time/')));
    expect(untimed(rest.steps)).toEqual(untimed(whole.steps.slice(2)));
    expect(whole.steps.every((metrics) => Object.values(metrics).every(Number.isFinite))).toBe(true);
  });
});
