/** What tests of language-model agents begin with. */
import {
  LmAgent,
  type ModelOptions,
  type PolicySample,
  type PolicyUpdate,
  type Response,
} from '../src/index.js';

/** The plain policy gradient, each token as any other. */
export const policyGradient: PolicyUpdate = {
  loss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  aggregation: 'tokenMean',
  temperature: 1,
  isCorrection: 'off',
  isCap: 2,
  kl: null,
  entropyCoef: 0,
  learningRateFactor: 1,
  value: null,
};

/** Of an agent or a critic. */
export const modelOptions = (model: string, over: Partial<ModelOptions> = {}): ModelOptions => ({
  model,
  device: 'cpu',
  learningRate: 1e-2,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  maxGradNorm: null,
  tokensPerMicroBatch: 4096,
  maxPromptTokens: null,
  ...over,
});

/** Opens an agent for each of the given changes to the options, and closes them when they were used. */
export async function withTeam(
  model: string,
  over: readonly Partial<ModelOptions>[],
  use: (...agents: LmAgent[]) => Promise<void>,
): Promise<void> {
  const agents = await Promise.all(over.map((one) => LmAgent.open(modelOptions(model, one))));
  await use(...agents);
  for (const agent of agents) agent.dispose();
}

/** A sampled response with an advantage, counting as any other. */
export const sampleOf = (
  { promptTokens, tokens, logProbs, behaviourLogProbs }: Response,
  advantage: PolicySample['advantage'],
  over: Partial<PolicySample> = {},
): PolicySample => ({
  promptTokens,
  tokens,
  oldLogProbs: logProbs,
  behaviourLogProbs,
  advantage,
  weight: 1,
  itemId: 'item',
  turn: 0,
  ...over,
});

/** Three responses of 4, 8 and 12 tokens, so that a small micro-batch holds one or two. */
export const fixedSamples: readonly PolicySample[] = [1, 2, 3].map((i) => ({
  promptTokens: [40 + i, 60, 70 + 2 * i, 80],
  tokens: Array.from({ length: 4 * i }, (_, k) => 30 + ((7 * k + i) % 200)),
  oldLogProbs: new Float32Array(4 * i).fill(-5),
  behaviourLogProbs: new Float32Array(4 * i).fill(-5),
  advantage: [1.5, -0.5, 0.75][i - 1] as number,
  weight: 1,
  itemId: `item ${i}`,
  turn: 0,
}));
