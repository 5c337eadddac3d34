/** Agents and a critic with adapters on one base: what they share, what they do not, and how they go on. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LoraOptions } from '@collm/lm';
import { memory } from '@collm/torch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LmAgent, LmCritic, type ModelOptions, type ValueSample } from '../src/index.js';
import { modelOptions, policyGradient as pg, fixedSamples as samples } from './policy.js';
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

const lora: LoraOptions = { rank: 4, alpha: 8, targets: 'all-linear', dropout: 0.2, seed: 11 };
const options = (over: Partial<ModelOptions> = {}): ModelOptions =>
  modelOptions(model.dir, { lora, maxGradNorm: 1, tokensPerMicroBatch: 30, ...over });

const see = (content: string) => ({ messages: [{ role: 'user' as const, content }], startsAfresh: false });
const values = ['left', 'up'].map((text, i): ValueSample => {
  const history = { agents: [{ past: [], observation: see(text) }], turn: 0, remainingTurns: 2 };
  return { query: { read: 'state', history }, targets: [i], oldValues: [0], itemId: 'x' };
});
const fitting = { valueLossCoef: 1, valueClipRange: null, learningRateFactor: 1 };
const critics = (over: Partial<ModelOptions> = {}) =>
  LmCritic.open({ ...options({ lora: { ...lora, seed: 12 }, ...over }), valueHeadHiddenDim: 8, seed: 1 });

const baseBytes = (agent: LmAgent) => agent.reference?.parameters().map((weight) => weight.toBytes());
const filesOf = (dir: string) =>
  new Map(
    readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(relative(dir, parentPath), name),
        readFileSync(join(parentPath, name)).toString('base64'),
      ]),
  );

describe('adapters on one base', () => {
  it('share its weights, which no update changes', async () => {
    const before = memory().bytes;
    const whole = await LmAgent.open(options({ lora: null }));
    const size = memory().bytes - before;
    expect(whole.reference).toBeNull();
    whole.dispose();
    const agents = await Promise.all(
      [1, 2].map((seed) => LmAgent.open(options({ lora: { ...lora, rank: 1, seed } }))),
    );
    const critic = await critics({ lora: { ...lora, rank: 1 } });
    const [first, second] = agents as [LmAgent, LmAgent];
    // A whole agent is weights and two moments of each: 3 copies. The three here are one copy and a little.
    expect(memory().bytes - before).toBeLessThan(0.6 * size);
    expect(first.reference).toBe(second.reference);
    const weights = baseBytes(first);
    await first.update(samples, pg);
    const untouched = await second.update(samples, pg);
    await critic.fit(values, fitting);
    expect(baseBytes(first)).toEqual(weights);
    // What the others did is nothing to it: alone it makes the same step.
    const alone = await LmAgent.open(options({ lora: { ...lora, rank: 1, seed: 2 } }));
    expect(await alone.update(samples, pg)).toEqual(untouched);
    for (const one of [...agents, alone, critic]) one.dispose();
  });

  it('learn', async () => {
    const agent = await LmAgent.open(options({ lora: { ...lora, dropout: 0 }, tokensPerMicroBatch: 4096 }));
    const good = samples.map((sample) => ({ ...sample, advantage: 1 }));
    const before = (await agent.update(good, pg)).loss;
    for (let i = 0; i < 5; i++) await agent.update(good, pg);
    expect((await agent.update(good, pg)).loss).toBeLessThan(before - 0.2);
    agent.dispose();
  });

  it('make the same step with gradient checkpointing, dropout included, also where the first layers are frozen', async () => {
    for (const layers of [undefined, [1]]) {
      const steps = [];
      for (const gradientCheckpointing of [false, true]) {
        const agent = await LmAgent.open(
          options({ gradientCheckpointing, lora: { ...lora, ...(layers === undefined ? {} : { layers }) } }),
        );
        steps.push([await agent.update(samples, pg), await agent.update(samples, pg)]);
        agent.dispose();
      }
      expect(steps[1]?.map(({ loss }) => loss)).toEqual([
        expect.closeTo(steps[0]?.[0]?.loss as number, 4),
        expect.closeTo(steps[0]?.[1]?.loss as number, 4),
      ]);
      expect(steps[1]?.[1]?.gradNorm).toBeCloseTo(steps[0]?.[1]?.gradNorm as number, 3);
    }
  });
});

describe('a saved adapter', () => {
  it('is the PEFT folder, and the agent goes on from it bit for bit, dropout included', async () => {
    const agent = await LmAgent.open(options());
    await agent.update(samples, pg);
    const dir = join(model.dir, 'agent');
    await agent.save(dir);
    expect(readdirSync(dir)).toEqual(
      expect.arrayContaining(['adapter_config.json', 'adapter_model.safetensors', 'training']),
    );
    expect(readdirSync(dir)).not.toContain('model.safetensors');
    const other = await LmAgent.open(options());
    await other.load(dir);
    for (let i = 0; i < 2; i++)
      expect(await other.update(samples, pg)).toEqual(await agent.update(samples, pg));
    await agent.save(join(model.dir, 'x'));
    await other.save(join(model.dir, 'y'));
    expect(filesOf(join(model.dir, 'y'))).toEqual(filesOf(join(model.dir, 'x')));
    agent.dispose();
    other.dispose();
  });

  it('holds for the critic and its value head, too', async () => {
    const critic = await critics();
    for (let i = 0; i < 2; i++) await critic.fit(values, fitting);
    const dir = join(model.dir, 'critic');
    await critic.save(dir);
    const other = await critics();
    await other.load(dir);
    const queries = values.map(({ query }) => query);
    expect(await other.values(queries)).toEqual(await critic.values(queries));
    expect(await other.fit(values, fitting)).toEqual(await critic.fit(values, fitting));
    critic.dispose();
    other.dispose();
  });

  it('that does not fit is refused', async () => {
    const agent = await LmAgent.open(options());
    const dir = join(model.dir, 'other');
    await agent.save(dir);
    for (const [change, message] of [
      [
        { ...lora, rank: 3, alpha: 6 },
        /adapter_model\.safetensors: a weight has shape \[4,32\] where the model has \[3,32\]/,
      ],
      [{ ...lora, alpha: 9 }, /holds an adapter of other modules or another scale/],
      [{ ...lora, targets: ['q_proj'] }, /holds an adapter of other modules/],
      [null, /only an adapter|config\.json does not exist/],
    ] as const) {
      const wrong = await LmAgent.open(options({ lora: change }));
      await expect(wrong.load(dir)).rejects.toThrow(message);
      wrong.dispose();
    }
    agent.dispose();
    await expect(LmAgent.open(options({ lora: { ...lora, rank: 99 } }))).rejects.toThrow(
      /rank of 99 does not fit/,
    );
  });
});
