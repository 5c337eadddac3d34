/**
 * Faults of the reference in language models: losses, gradients and what is seen, against the reference's formulas
 * computed sequence by sequence with autograd on a model of its own.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import { type Decoder, loadDecoder, Tokenizer } from '@collm/lm';
import { type Tensor, tensor, tidy } from '@collm/torch';
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import type { Lesson, LessonRun } from '../src/algorithms/algorithm.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import {
  type ActRequest,
  type AlgorithmOptions,
  type History,
  HostedAgent,
  HostedCritic,
  LmAgent,
  type LmAgentOptions,
  LmCritic,
  type PolicySample,
  type Response,
  rollout,
} from '../src/index.js';
import { meanWeightOf, playersOf, policyOf } from '../src/learner/players.js';
import { policyUpdate } from '../src/learner/settings.js';
import { actionOf, stateOf } from './critic-fixtures.js';
import { CC, MAGRPO } from './fakes/runs.js';
import { modelOptions } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

const pad = 0;
const model = writeTinyModel();
writeFileSync(
  join(model.dir, 'tokenizer_config.json'),
  JSON.stringify({
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    chat_template: "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}",
  }),
);
// Many tokens end a response, so that lengths differ.
const ends = [1, ...Array.from({ length: 60 }, (_, k) => 20 + k)];
writeFileSync(join(model.dir, 'generation_config.json'), JSON.stringify({ eos_token_id: ends }));
afterAll(() => model.remove());
expectNoLeaks();

/** AdamW's first step is then -η g / (|g| + 1): smooth in the gradient, every component of it. */
const options = (over: Partial<LmAgentOptions> = {}): LmAgentOptions => ({
  ...modelOptions(model.dir, { eps: 1, learningRate: 0.5 }),
  ...over,
});

/** One agent; a response pays by its length. */
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

const sampling = { temperature: 0.6, topK: null, topP: 0.9, maxNewTokens: 8, greedy: false };

/** Plays a lesson with an agent as it is. */
function lessonOf(agent: LmAgent, algorithm: AlgorithmOptions): Promise<Lesson> {
  const nothing = { values: async (queries: readonly unknown[]) => queries.map(() => [0.25]) };
  const run: LessonRun = {
    agents: [agent],
    critics: [nothing as unknown as LmCritic],
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

/** Log-probs at a temperature of tokens of a whole sequence, one forward for it alone: those before `places` say them. */
function logProbsOf(decoder: Decoder, ids: readonly number[], temperature: number): Tensor {
  const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
  return decoder.logits(hidden).squeeze(0).div(temperature).logSoftmax(-1);
}

/** One sequence of the reference's loss: -A Σ log p over the first `scored` tokens of a completion. */
interface Scored {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly scored: number;
  readonly coefficient: number;
}

/** Loss, its gradient's norm, and the weights after the step, of Σ coefficient · -Σ log p. */
function stepOf(sequences: readonly Scored[], temperature: number) {
  using decoder = loadDecoder(model.dir);
  decoder.train();
  let loss = 0;
  for (const { prompt, completion, scored, coefficient } of sequences)
    tidy(() => {
      if (scored === 0) return;
      // As the reference: all but the last token are fed, and logits P-1, P, ... score tokens 0, 1, ...
      const logits = logProbsOf(decoder, [...prompt, ...completion.slice(0, -1)], temperature);
      const rows = logits.narrow(0, prompt.length - 1, scored);
      const targets = tensor(Int32Array.from(completion.slice(0, scored)), [scored, 1]);
      const own = rows.gather(-1, targets).sum().mul(-coefficient);
      loss += own.item();
      own.backward();
    });
  let squares = 0;
  const weights = decoder.parameters().map((weight) =>
    tidy(() => {
      const gradient = weight.grad?.toArray() ?? [];
      const before = weight.detach().toArray();
      weight.setGrad(null);
      squares += gradient.reduce((sum, g) => sum + g * g, 0);
      return before.map((w, k) => w - (0.5 * (gradient[k] ?? 0)) / (Math.abs(gradient[k] ?? 0) + 1));
    }),
  );
  return { loss, gradNorm: Math.sqrt(squares), weights };
}

/** The agent's own step on a lesson, as the learner makes it. */
async function learnedBy(agent: LmAgent, algorithm: AlgorithmOptions, { units }: Lesson, name: string) {
  const [player] = playersOf([agent]);
  const samples = units.flatMap(({ policy }) => policy[0] as readonly PolicySample[]);
  const settings = {
    ...policyUpdate(createAlgorithm(algorithm), sampling, 1),
    meanWeight: meanWeightOf(player as NonNullable<typeof player>, units, policyOf(units)),
  };
  const stats = await agent.update(samples, settings);
  const dir = join(model.dir, name);
  mkdirSync(dir, { recursive: true });
  await agent.save(dir);
  using decoder = loadDecoder(dir);
  return { ...stats, weights: decoder.parameters().map((weight) => weight.toArray()) };
}

function expectSameStep(
  made: Awaited<ReturnType<typeof learnedBy>>,
  { loss, gradNorm, weights }: ReturnType<typeof stepOf>,
) {
  expect(made.loss).toBeCloseTo(loss, 4);
  expect(made.gradNorm / gradNorm).toBeCloseTo(1, 4);
  weights.forEach((wanted, w) => {
    const furthest = Math.max(
      ...wanted.map((value, k) => Math.abs(value - (made.weights[w]?.[k] as number))),
    );
    expect(furthest).toBeLessThan(2e-4);
  });
}

async function withAgent<T>(over: Partial<LmAgentOptions>, use: (agent: LmAgent) => Promise<T>): Promise<T> {
  const agent = await LmAgent.open(options(over));
  try {
    return await use(agent);
  } finally {
    agent.dispose();
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('D3: padded groups', () => {
  const algorithm = {
    ...MAGRPO,
    numGenerations: 3,
    lossAggregation: 'seqSum',
    nodeWeighting: 'equal',
    referenceFaults: ['D3'],
  } as const satisfies AlgorithmOptions;

  it.each([
    ['at the sampling temperature', [], 0.6],
    ['at temperature 1, with D5', ['D5'], 1],
  ] as const)('have the loss and the gradient of the reference, %s', (name, more, temperature) =>
    withAgent({}, async (agent) => {
      const faulty = { ...algorithm, referenceFaults: [...algorithm.referenceFaults, ...more] };
      const lesson = await lessonOf(agent, faulty);
      const nodes = lesson.units.length;
      const sequences = lesson.units.flatMap(({ episode, policy }, index): Scored[] => {
        const node = lesson.episodes.flatMap((one) => one.nodes)[index];
        expect(episode.nodes).toContain(node);
        const group = node?.responses[0] as readonly Response[];
        const longest = Math.max(...group.map(({ tokens }) => tokens.length));
        return group.map(({ promptTokens, tokens }, g) => ({
          prompt: promptTokens,
          completion: [...tokens, ...new Array<number>(longest - tokens.length).fill(pad)],
          scored: longest - 1,
          coefficient: (policy[0]?.[g]?.advantage as number) / group.length / nodes,
        }));
      });
      // Some are trained on padding, some without their last token.
      expect(sequences.some(({ completion }) => completion.slice(0, -1).includes(pad))).toBe(true);
      expect(sequences.some(({ completion }) => completion.at(-1) !== pad)).toBe(true);
      const samples = lesson.units.flatMap(({ policy }) => policy[0] as readonly PolicySample[]);
      expect(samples.map(({ tokens }) => [...tokens])).toEqual(
        sequences.map(({ completion }) => completion.slice(0, -1)),
      );
      for (const [k, { oldLogProbs }] of samples.entries()) {
        const { prompt, completion, scored } = sequences[k] as Scored;
        expectClose(oldLogProbs, scores(prompt, completion, temperature).slice(0, scored));
      }
      expectSameStep(await learnedBy(agent, faulty, lesson, name), stepOf(sequences, temperature));
    }),
  );

  it('without the fault responses are trained as they were sampled', () =>
    withAgent({}, async (agent) => {
      const right = { ...algorithm, referenceFaults: [] };
      const lesson = await lessonOf(agent, right);
      const groups = lesson.episodes.flatMap(({ nodes }) => nodes.map(({ responses }) => responses[0] ?? []));
      const sequences = groups.flatMap((group, index) =>
        group.map(({ promptTokens, tokens }, g): Scored => {
          const sample = lesson.units[index]?.policy[0]?.[g] as PolicySample;
          expect(sample.tokens).toBe(tokens);
          const coefficient = (sample.advantage as number) / group.length / groups.length;
          return { prompt: promptTokens, completion: [...tokens, pad], scored: tokens.length, coefficient };
        }),
      );
      expectSameStep(await learnedBy(agent, right, lesson, 'right'), stepOf(sequences, 0.6));
    }));

  it('of tokenizers without a padding token end as responses do', async () => {
    const other = writeTinyModel();
    const agent = await LmAgent.open(modelOptions(other.dir));
    expect(await agent.padToken()).toBe(1);
    agent.dispose();
    other.remove();
  });
});

describe('D5: sampled at one temperature, scored at 1', () => {
  const algorithm = {
    ...CC,
    numGenerations: 1,
    lossAggregation: 'seqSum',
  } as const satisfies AlgorithmOptions;

  it.each([
    [['D5'], 1],
    [[], 0.6],
  ] as const)(
    'with %j old log-probs, loss and gradient are at temperature %s',
    (referenceFaults, temperature) =>
      withAgent({}, async (agent) => {
        const faulty = { ...algorithm, referenceFaults };
        const lesson = await lessonOf(agent, faulty);
        const samples = lesson.units.flatMap(({ policy }) => policy[0] as readonly PolicySample[]);
        expect(samples).toHaveLength(4);
        const sequences = samples.map(({ promptTokens, tokens, advantage, oldLogProbs }): Scored => {
          expectClose(oldLogProbs, scores(promptTokens, [...tokens, pad], temperature));
          const coefficient = (advantage as number) / samples.length;
          return { prompt: promptTokens, completion: [...tokens, pad], scored: tokens.length, coefficient };
        });
        const step = await learnedBy(agent, faulty, lesson, `D5-${temperature}`);
        expectSameStep(step, stepOf(sequences, temperature));
        expect(step.metrics.log_ratio_mean).toBeCloseTo(0, 4);
      }),
  );

  it('samples the same, with the same behaviour log-probs', () =>
    withAgent({}, async (agent) => {
      const [faulty, right] = [
        await lessonOf(agent, { ...algorithm, referenceFaults: ['D5'] }),
        await lessonOf(agent, algorithm),
      ];
      const told = ({ units }: Lesson) =>
        units.flatMap(({ policy }) =>
          policy.flat().map(({ tokens, behaviourLogProbs }) => [tokens, behaviourLogProbs]),
        );
      expect(told(faulty)).toEqual(told(right));
      const scoresOf = ({ units }: Lesson) =>
        mean(units.flatMap(({ policy }) => policy.flat().flatMap(({ oldLogProbs }) => [...oldLogProbs])));
      expect(scoresOf(faulty)).toBeLessThan(scoresOf(right) - 0.1);
    }));
});

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
    const forgetful = options({ currentPromptOnly: true });
    const host = { placement: 'thread', member: 'agent-0', threads: 1 } as const;
    const hosted = await HostedAgent.open(forgetful, host);
    await withAgent({}, async (agent) => {
      const wanted = await agent.act([ask(alone, 1)], sampling);
      const tokens = Tokenizer.load(model.dir).encodeChat([{ role: 'user', content: 'south' }], {
        addGenerationPrompt: true,
      });
      expect(wanted[0]?.[0]?.promptTokens).toEqual(tokens);
      await withAgent({ currentPromptOnly: true }, async (other) => {
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
    withAgent({ currentPromptOnly: true }, async (agent) => {
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

/** Log-probs of a completion's tokens but the last, on a model as it was before any update. */
function scores(prompt: readonly number[], completion: readonly number[], temperature: number): number[] {
  using decoder = loadDecoder(model.dir);
  return tidy(() => {
    const logits = logProbsOf(decoder, [...prompt, ...completion.slice(0, -1)], temperature);
    const count = completion.length - 1;
    const targets = tensor(Int32Array.from(completion.slice(0, -1)), [count, 1]);
    return logits
      .narrow(0, prompt.length - 1, count)
      .gather(-1, targets)
      .detach()
      .toArray();
  });
}

function expectClose(actual: Iterable<number>, expected: readonly number[]) {
  const values = [...actual];
  expect(values).toHaveLength(expected.length);
  for (const [k, value] of values.entries()) expect(value).toBeCloseTo(expected[k] as number, 4);
}
