/** One language model whose responses differ in length, in a game that pays by it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import type { Lesson, LessonRun } from '../src/algorithms/algorithm.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import { type AlgorithmOptions, type Critic, LmAgent, type LmAgentOptions, rollout } from '../src/index.js';
import { modelOptions } from './policy.js';
import { learningRate } from './reference-step.js';
import { writeTinyModel } from './tiny-model.js';

/** The padding token of `lengthModel`. */
export const pad = 0;

/** Writes a tiny model of which many tokens end a response; the caller removes it. */
export function lengthModel(): ReturnType<typeof writeTinyModel> {
  const model = writeTinyModel();
  const tokenizer = {
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    chat_template: "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}",
  };
  writeFileSync(join(model.dir, 'tokenizer_config.json'), JSON.stringify(tokenizer));
  const ends = [1, ...Array.from({ length: 60 }, (_, k) => 20 + k)];
  writeFileSync(join(model.dir, 'generation_config.json'), JSON.stringify({ eos_token_id: ends }));
  return model;
}

/** AdamW's first step is then -η g / (|g| + 1): smooth in the gradient, every component of it. */
export const lengthAgent = (dir: string, over: Partial<LmAgentOptions> = {}): LmAgentOptions => ({
  ...modelOptions(dir, { eps: 1, learningRate }),
  ...over,
});

/** Opens an agent, and closes it when it was used. */
export async function withAgent<T>(options: LmAgentOptions, use: (agent: LmAgent) => Promise<T>): Promise<T> {
  const agent = await LmAgent.open(options);
  try {
    return await use(agent);
  } finally {
    agent.dispose();
  }
}

const game: Environment = {
  name: 'lengths',
  numAgents: 1,
  numTurns: 2,
  earlyTerminationThreshold: null,
  rewardRange: [0, 10],
  trainItems: ['one', 'another'].map((id) => ({ id })),
  evalItems: [],
  reset: (item) => ({ id: item.id, turn: 0 }),
  observe: (state) => {
    const { id, turn } = state as { id: string; turn: number };
    return [{ messages: [{ role: 'user', content: `${id} ${turn}` }], startsAfresh: false }];
  },
  step: (state, [text = '']) => {
    const { id, turn } = state as { id: string; turn: number };
    const reward = (text.length % 7) + 0.5 * turn;
    const parts = { components: {}, metrics: {}, info: {}, terminated: turn === 1 };
    return { state: { id, turn: turn + 1 }, reward, processedReward: reward, ...parts };
  },
};

export const sampling = { temperature: 0.6, topK: null, topP: 0.9, maxNewTokens: 8, greedy: false };

/** Plays a lesson with an agent as it is. */
export function lessonOf(agent: LmAgent, algorithm: AlgorithmOptions): Promise<Lesson> {
  const nothing = { values: async (queries: readonly unknown[]) => queries.map(() => [0.25]) };
  const run: LessonRun = {
    agents: [agent],
    critics: [nothing as unknown as Critic],
    sampling,
    rollout: (shape) => {
      const specs = game.trainItems.map((item, episode) => ({ item, episode }));
      const settings = {
        ...shape,
        seed: 3,
        phase: 'train',
        sampling,
        earlyTerminationThreshold: null,
      } as const;
      return rollout(game, [agent], specs, settings);
    },
    roundsLeft: () => false,
    greedyFrom: async () => [],
    phase: (_, work) => work(() => undefined),
  };
  return createAlgorithm(algorithm).lesson(run);
}
