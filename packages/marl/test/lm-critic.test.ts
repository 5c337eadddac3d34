/** Critics that are language models, on a tiny one. */
import { Tokenizer } from '@collm/lm';
import { memory } from '@collm/torch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fairShares, JointInput } from '../src/agents/joint-input.js';
import { sharePrefixes } from '../src/agents/shared-prefix.js';
import {
  type History,
  type JointHistory,
  LmCritic,
  type ModelOptions,
  type ValueSample,
} from '../src/index.js';
import { writeTinyModel } from './tiny-model.js';

let model: ReturnType<typeof writeTinyModel>;
let alive = 0;
beforeAll(() => {
  model = writeTinyModel();
});
afterAll(() => model.remove());
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

const options = (over: Partial<ModelOptions> = {}): ModelOptions => ({
  model: model.dir,
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

const see = (content: string, startsAfresh = false) => ({
  messages: [{ role: 'user' as const, content }],
  startsAfresh,
});
const first = (content: string): History => ({ past: [], observation: see(content) });
const joint = (turn: number, histories: History[]): JointHistory => ({
  agents: histories,
  turn,
  remainingTurns: 3 - turn,
});
const later = (mine: string): History => ({
  past: [{ observation: see(mine), response: `${mine} done`, tokens: [70, 1] }],
  observation: see(`${mine} again`),
});

describe('LmCritic', () => {
  const critic = (over: object = {}) =>
    LmCritic.open({ ...options(), valueHeadHiddenDim: null, seed: 1, ...over });
  const histories = [
    joint(0, [first('left'), first('right')]),
    joint(1, [later('left'), later('right')]),
    joint(0, [first('up'), first('down')]),
  ];
  const samples = histories.map(
    (history, i): ValueSample => ({ history, target: [1, -2, 0.5][i] as number, oldValue: 0, itemId: 'x' }),
  );
  const update = { valueLossCoef: 1, valueClipRange: null };

  it('starts at 0, learns its targets, and gives each history the same value alone and in a batch', async () => {
    const one = await critic({ tokensPerMicroBatch: 100 });
    expect(await one.values(histories)).toEqual([0, 0, 0]);
    const start = (await one.fit(samples, update)).loss;
    expect(start).toBeCloseTo((1 + 4 + 0.25) / 3, 5);
    let loss = start;
    for (let i = 0; i < 40; i++) loss = (await one.fit(samples, update)).loss;
    expect(loss).toBeLessThan(0.05 * start);
    const together = await one.values(histories);
    for (const [i, history] of histories.entries())
      expect((await one.values([history]))[0]).toBeCloseTo(together[i] as number, 4);
    one.dispose();
  });

  it('clips the change of values around the old ones (P12)', async () => {
    const one = await critic();
    // At V = 0 with old value 1 and range 0.5, V_c = 0.5: the larger error counts.
    const { loss } = await one.fit([{ ...(samples[0] as ValueSample), target: 0, oldValue: 1 }], {
      valueLossCoef: 0.6,
      valueClipRange: 0.5,
    });
    expect(loss).toBeCloseTo(0.6 * 0.25, 5);
    one.dispose();
  });

  it('sees every agent, the turn and what remains; a history begins the next one', () => {
    const tokenizer = Tokenizer.load(model.dir);
    const input = new JointInput(tokenizer, 1, 1000);
    const [a, b] = [
      input.tokens(histories[0] as JointHistory).tokens,
      input.tokens(histories[1] as JointHistory).tokens,
    ];
    expect(b.slice(0, a.length)).toEqual(a);
    const text = tokenizer.decode(b);
    for (const part of ['left done', 'right done', 'left again', 'right again']) expect(text).toContain(part);
    const last = input.tokens({ ...(histories[0] as JointHistory), remainingTurns: 1 }).tokens;
    expect(last).not.toEqual(a);
  });

  it('never loses the marker, whatever is cut', () => {
    const tokenizer = Tokenizer.load(model.dir);
    for (const limit of [20, 60, 80, 100]) {
      const { tokens, truncated } = new JointInput(tokenizer, 1, limit).tokens(histories[1] as JointHistory);
      expect(tokens.at(-1)).toBe(1);
      expect(truncated).toBe(true);
      expect(tokens.length).toBeLessThanOrEqual(Math.max(limit, 40));
    }
  });
});

describe('shared work', () => {
  it('finds rows that begin others', () => {
    const rows = [
      [1, 2, 3],
      [1, 2, 3, 4, 5],
      [1, 2, 4],
      [1, 2, 3, 4, 5],
    ];
    const long = rows.map((row) => [9, 9, 9, 9, 9, 9, 9, 9, ...row]);
    expect(sharePrefixes(long).map(({ members }) => members)).toEqual([[1, 3, 0], [2]]);
    expect(sharePrefixes([]).length).toBe(0);
  });

  it('divides a budget fairly', () => {
    expect(fairShares([10, 10], 8)).toEqual([4, 4]);
    expect(fairShares([2, 10], 8)).toEqual([2, 6]);
    expect(fairShares([3, 3], 100)).toEqual([3, 3]);
    expect(fairShares([5, 5], -1)).toEqual([0, 0]);
  });
});
