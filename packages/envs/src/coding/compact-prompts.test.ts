import { expect, it } from 'vitest';
import { FakePython } from '../../test/fake-python.js';
import type { Observation } from '../env.js';
import { EnvError } from '../env-error.js';
import { Mbpp } from './tasks.js';

const options = { dataset: 'tiny', promptStyle: 'compact' } as const;
const open = (more: object = {}) => new Mbpp({ ...options, ...more }, undefined, new FakePython());
const texts = (observations: readonly Observation[]) =>
  observations.map(({ messages }) => messages.map(({ content }) => content).join('|'));

const problem = 'def f(x):\n """Write a function to triple, then add 3."""\n';
const code = ['def aux(x):\n return x', 'def f(x):\n return aux(x)'];

it('asks in a line, and then tells what is new', async () => {
  const env = open({ feedback: 'plain', promptFormat: 'chat' });
  const start = env.reset(env.evalItems[0] as (typeof env.evalItems)[0]);
  expect(texts(env.observe(start))).toEqual([
    `write helper aux for\n${problem}`,
    `write f(x), may call helper aux(...)\n${problem}`,
  ]);
  const { state } = await env.step(start, code);
  expect(texts(env.observe(state))).toEqual(['\nrevise aux\n', '\nrevise f\n']);
  expect(env.observe(start).map((one) => one.startsAfresh)).toEqual([true, true]);
  expect(env.observe(state).map((one) => [one.startsAfresh, one.format])).toEqual([
    [false, 'chat'],
    [false, 'chat'],
  ]);
});

it('tells what the feedback mode tells', async () => {
  const env = open({ feedback: 'passed' });
  const start = env.reset(env.evalItems[0] as (typeof env.evalItems)[0]);
  const { state } = await env.step(start, code);
  expect(texts(env.observe(state))[0]).toBe('\nAll levels passed.\nrevise aux\n');
});

it('asks a single model for all of it', () => {
  const env = open().singleModel();
  expect(texts(env.observe(env.reset(env.evalItems[0] as (typeof env.evalItems)[0])))).toEqual([
    `write f(x) alone\n${problem}`,
  ]);
});

it('has the fixed protocols, in which texts of others stand', () => {
  const env = open();
  const state = env.reset(env.evalItems[0] as (typeof env.evalItems)[0]);
  const { protocols } = env;
  if (protocols?.parallel === undefined) throw new Error('no protocols');
  expect(texts(protocols.parallel(state))[1]).toBe(`write f(x), may call helper aux(x)\n${problem}`);
  expect(texts([protocols.pipeline(state, 1, [code[0] as string])])).toEqual([
    `write f(x), may call helper aux:\n${problem}${code[0]}\n`,
  ]);
  expect(texts([0, 1].map((agent) => protocols.discussion(state, agent, code)))).toEqual([
    `improve helper aux for\n${problem}${code[1]}\n`,
    `improve f(x) with helper aux:\n${problem}${code[0]}\n`,
  ]);
});

it.each(['full', 'compact'] as const)(
  'goes on without a judgement as with one that tells nothing: %s',
  async (promptStyle) => {
    const env = open({ feedback: 'plain', promptStyle });
    const start = env.reset(env.evalItems[0] as (typeof env.evalItems)[0]);
    expect(env.unjudged(start, code)).toEqual((await env.step(start, code)).state);
    expect(() => open().unjudged(start, code)).toThrow(EnvError);
  },
);

it('refuses a data set that the task does not have', async () => {
  const { HumanEval } = await import('./tasks.js');
  expect(() => new HumanEval({ dataset: 'tiny' })).toThrow(/`dataset` is "tiny": this task has no data set/);
});
