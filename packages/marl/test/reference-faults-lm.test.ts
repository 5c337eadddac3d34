/**
 * Faults of the reference in language models: losses, gradients and steps against the reference's formulas
 * (reference-step.ts).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadDecoder } from '@collm/lm';
import { afterAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import type { Lesson } from '../src/algorithms/algorithm.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import { type AlgorithmOptions, LmAgent, type PolicySample, type Response } from '../src/index.js';
import { meanWeightOf, playersOf, policyOf } from '../src/learner/players.js';
import { policyUpdate } from '../src/learner/settings.js';
import { CC, MAGRPO } from './fakes/runs.js';
import { lengthAgent, lengthModel, lessonOf, pad, sampling, withAgent } from './length-game.js';
import { modelOptions } from './policy.js';
import { type Scored, scores, stepOf } from './reference-step.js';
import { writeTinyModel } from './tiny-model.js';

const model = lengthModel();
afterAll(() => model.remove());
expectNoLeaks();

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
    withAgent(lengthAgent(model.dir), async (agent) => {
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
        expectClose(oldLogProbs, scores(model.dir, prompt, completion, temperature).slice(0, scored));
      }
      expectSameStep(await learnedBy(agent, faulty, lesson, name), stepOf(model.dir, sequences, temperature));
    }),
  );

  it('without the fault responses are trained as they were sampled', () =>
    withAgent(lengthAgent(model.dir), async (agent) => {
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
      expectSameStep(await learnedBy(agent, right, lesson, 'right'), stepOf(model.dir, sequences, 0.6));
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
      withAgent(lengthAgent(model.dir), async (agent) => {
        const faulty = { ...algorithm, referenceFaults };
        const lesson = await lessonOf(agent, faulty);
        const samples = lesson.units.flatMap(({ policy }) => policy[0] as readonly PolicySample[]);
        expect(samples).toHaveLength(4);
        const sequences = samples.map(({ promptTokens, tokens, advantage, oldLogProbs }): Scored => {
          expectClose(oldLogProbs, scores(model.dir, promptTokens, [...tokens, pad], temperature));
          const coefficient = (advantage as number) / samples.length;
          return { prompt: promptTokens, completion: [...tokens, pad], scored: tokens.length, coefficient };
        });
        const step = await learnedBy(agent, faulty, lesson, `D5-${temperature}`);
        expectSameStep(step, stepOf(model.dir, sequences, temperature));
        expect(step.metrics.log_ratio_mean).toBeCloseTo(0, 4);
      }),
  );

  it('samples the same, with the same behaviour log-probs', () =>
    withAgent(lengthAgent(model.dir), async (agent) => {
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

function expectClose(actual: Iterable<number>, expected: readonly number[]) {
  const values = [...actual];
  expect(values).toHaveLength(expected.length);
  for (const [k, value] of values.entries()) expect(value).toBeCloseTo(expected[k] as number, 4);
}
