/**
 * What an iteration of CoLLM-CC is timed on: an environment of exactly 64 tokens an observation and 64 a response,
 * and models in whose vocabulary every token is one word, so that texts have as many tokens wherever they are read.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Item } from '@collm/envs';
import { Decoder, type DecoderConfig, saveDecoder } from '@collm/lm';
import {
  type ActorCriticOptions,
  LmAgent,
  LmCritic,
  type ModelOptions,
  type TrainerOptions,
} from '@collm/marl';
import type { Device, DType } from '@collm/torch';

/** Tokens of an observation, and of a response; those of bench/native. */
export const turnTokens = 64;
/** Items of an iteration, each played once. */
export const items = 32;
/** Tokens of one forward and backward, on both sides. */
export const tokensPerMicroBatch = 2048;

export interface ModelFolders {
  agent: string;
  critic: string;
  remove(): void;
}

/**
 * Two folders with the same weights. The agents' end token lies outside the vocabulary, so that a response never
 * ends before its limit; the critic reads its values at one that the vocabulary has.
 */
export function writeModels(config: DecoderConfig, dtype: DType): ModelFolders {
  const root = mkdtempSync(join(tmpdir(), 'collm-bench-'));
  const folders = { agent: join(root, 'agent'), critic: join(root, 'critic') };
  const { vocabSize } = config;
  using decoder = Decoder.random(config, { seed: 1, dtype });
  saveDecoder(decoder, folders.agent);
  writeFileSync(join(folders.agent, 'tokenizer.json'), JSON.stringify(wordTokenizer(vocabSize)));
  cpSync(folders.agent, folders.critic, { recursive: true });
  writeFileSync(join(folders.agent, 'generation_config.json'), JSON.stringify({ eos_token_id: vocabSize }));
  writeFileSync(join(folders.critic, 'tokenizer_config.json'), JSON.stringify({ eos_token: '<end>' }));
  return { ...folders, remove: () => rmSync(root, { recursive: true }) };
}

function wordTokenizer(vocabSize: number): object {
  const words = ['<unk>', '<end>', ...Array.from({ length: vocabSize - 2 }, (_, i) => word(i + 2))];
  return {
    version: '1.0',
    added_tokens: [],
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(words.map((text, id) => [text, id])),
      unk_token: '<unk>',
    },
  };
}

const word = (id: number): string => `w${id}`;

/** A turn of an item: 64 words of its own for each agent, and a reward that depends on the responses. */
export function fixedLengths(
  numAgents: number,
  numTurns: number,
  vocabSize: number,
): Environment<Item, { item: number; turn: number }> {
  const text = (place: number) =>
    Array.from({ length: turnTokens }, (_, i) => word(2 + ((place * 8191 + i * 131) % (vocabSize - 2)))).join(
      ' ',
    );
  return {
    name: 'fixed_lengths',
    numAgents,
    numTurns,
    earlyTerminationThreshold: null,
    rewardRange: [0, 1],
    trainItems: Array.from({ length: items }, (_, id) => ({ id: String(id) })),
    evalItems: [],
    reset: ({ id }) => ({ item: Number(id), turn: 0 }),
    observe: ({ item, turn }) =>
      Array.from({ length: numAgents }, (_, agent) => ({
        messages: [{ role: 'user', content: text((item * numAgents + agent) * numTurns + turn) }],
        startsAfresh: false,
      })),
    step: ({ item, turn }, responses) => {
      const reward = (responses.join().length % 100) / 100;
      return {
        state: { item, turn: turn + 1 },
        reward,
        processedReward: reward,
        components: { length: reward },
        metrics: {},
        terminated: turn + 1 === numTurns,
        endedBy: turn + 1 === numTurns ? 'last_turn' : null,
        info: {},
      };
    },
  };
}

/** An agent that trains all its weights. */
export const agentOptions = (model: string, device: Device): ModelOptions => ({
  model,
  device,
  learningRate: 5e-6,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: 1,
  tokensPerMicroBatch,
  maxPromptTokens: null,
});

/** Agents and critic that train all their weights, each a copy of its own. */
export async function openMembers(
  folders: Pick<ModelFolders, 'agent' | 'critic'>,
  numAgents: number,
  device: Device,
): Promise<{ agents: LmAgent[]; critic: LmCritic }> {
  const agents: LmAgent[] = [];
  for (let i = 0; i < numAgents; i++) agents.push(await LmAgent.open(agentOptions(folders.agent, device)));
  const critic = await LmCritic.open({
    ...agentOptions(folders.critic, device),
    valueHeadHiddenDim: null,
    seed: 1,
  });
  return { agents, critic };
}

/** CoLLM-CC as in the paper: V(h), one optimiser step on all that was played. */
export const algorithm: ActorCriticOptions = {
  name: 'collm_cc',
  criticSees: 'history',
  discount: 1,
  rolloutBufferSize: null,
  trainBatchSize: null,
  updateEpochs: 1,
  advantageNormalization: 'none',
  advantageClip: null,
  policyLoss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  lossAggregation: 'tokenMean',
  isCorrection: 'off',
  isCap: 2,
  klMode: 'off',
  klCoef: 0,
  entropyCoef: 0,
  updateOrder: 'simultaneous',
  sequentialClip: [0.5, 2],
  referenceFaults: [],
  numGenerations: 1,
  gaeLambda: 0,
  bootstrapOnHorizon: false,
  criticType: 'v',
  qBaseline: 'v',
  baselineSamples: 2,
  valueLevel: 'turn',
  valueLossCoef: 1,
  valueClipRange: null,
  criticWarmupSteps: 0,
  criticUpdateEpochs: null,
};

/** One step: every iteration is a run of its own with the same team. */
export function oneStep(itemsPerStep: number): TrainerOptions {
  return {
    seed: 1,
    itemsPerStep,
    shuffle: false,
    numTrainEpochs: 1,
    maxSteps: 1,
    maxEnvSteps: null,
    sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: turnTokens },
    lrSchedule: 'constant',
    warmupSteps: 0,
    evalInterval: 0,
    evalEnvSteps: null,
    evalNumSamples: 0,
    evalTemperature: 0,
    evalGenerations: 1,
    checkpointEvery: 0,
    maxFailureRate: 0,
    maxSkippedUpdates: 0,
    targetReturn: null,
    diagnostics: { interval: 0, items: 1, rollouts: 2 },
  };
}
