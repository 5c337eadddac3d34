/** Critics that are language models, on a tiny one. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainBpe } from '@collm/lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import { LmCritic, type LmCriticOptions, type ValueQuery, type ValueSample } from '../src/index.js';
import { actionOf, mse, sample, stateOf, type Turn, tokensOf } from './critic-fixtures.js';
import { modelOptions } from './policy.js';
import { writeTinyModel } from './tiny-model.js';

let model: ReturnType<typeof writeTinyModel>;
beforeAll(() => {
  model = writeTinyModel();
});
afterAll(() => model.remove());
expectNoLeaks();

const all = ['state', 'action', 'tokens'] as const;

async function withCritic<T>(
  over: Partial<LmCriticOptions>,
  use: (critic: LmCritic) => Promise<T>,
): Promise<T> {
  const critic = await LmCritic.open({
    ...modelOptions(model.dir),
    valueHeadHiddenDim: null,
    seed: 1,
    reads: all,
    ...over,
  });
  try {
    return await use(critic);
  } finally {
    critic.dispose();
  }
}

async function withFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'collm-critic-'));
  try {
    return await use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const turns = (...names: string[]): Turn[] =>
  names.map((name) => [
    { sees: name, says: `${name}!` },
    { sees: `not ${name}`, says: 'no' },
  ]);
const [left, up] = [turns('left', 'on'), turns('up')];
const states = [stateOf(0, left), stateOf(1, left), stateOf(0, up)];
const samples = states.map((query, i) => sample(query, [1, -2, 0.5][i] as number));
/** Every read, of two episodes. */
const mixed = [
  sample(stateOf(0, left), 1),
  sample(actionOf(0, left), -1),
  sample(stateOf(1, left), -2),
  sample(actionOf(1, left), 2),
  sample(tokensOf(0, 0, left), 1, 0, -1, 0.5, 2),
  sample(tokensOf(0, 1, left), -1, 1),
  sample(stateOf(0, up), 0.5),
  sample(actionOf(0, up), 1.5),
];
const queries = mixed.map(({ query }) => query);
const flat = (values: number[][]) => values.flat();
const learn = async (critic: LmCritic, data: readonly ValueSample[], steps: number) => {
  let loss = Number.NaN;
  for (let i = 0; i < steps; i++) loss = (await critic.fit(data, mse)).loss;
  return loss;
};
const expectClose = (actual: readonly number[], expected: readonly number[], digits = 4) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] as number, digits);
};

describe('values of a critic', () => {
  it('start at 0 and learn their targets, of every read', () =>
    withCritic({ tokensPerMicroBatch: 100 }, async (critic) => {
      expect(flat(await critic.values(queries))).toEqual(new Array(13).fill(0));
      const { loss: start } = await critic.fit(mixed, mse);
      // The mean is over values, not over queries.
      const targets = mixed.flatMap(({ targets }) => targets);
      expect(start).toBeCloseTo(targets.reduce((sum, target) => sum + target ** 2, 0) / 13, 5);
      expect(await learn(critic, mixed, 60)).toBeLessThan(0.1 * start);
    }));

  it('do not depend on what else is in the batch, nor on how it is split', () =>
    withCritic({}, async (critic) => {
      await learn(critic, mixed, 5);
      const together = await critic.values(queries);
      // Among them V and Q of one transition, in one forward and in two.
      for (const [i, query] of queries.entries())
        expectClose(flat(await critic.values([query])), together[i] as number[]);
      await withFolder(async (dir) => {
        await critic.save(dir);
        await withCritic({ tokensPerMicroBatch: 1 }, async (other) => {
          await other.load(dir);
          expectClose(flat(await other.values(queries)), flat(together));
        });
      });
    }));

  it('of V and Q come from heads of their own', () =>
    withCritic({}, async (critic) => {
      const [v, q] = [stateOf(0, left), actionOf(0, left)];
      await critic.fit([sample(q, 3)], { ...mse, learningRateFactor: 1 });
      const [[ofV], [ofQ]] = (await critic.values([v, q])) as [[number], [number]];
      expect(ofV).toBe(0);
      expect(ofQ).not.toBe(0);
    }));

  it('before a token do not see it, nor what follows', () =>
    withCritic({}, async (critic) => {
      await learn(critic, mixed, 5);
      const query = tokensOf(0, 0, left) as Extract<ValueQuery, { read: 'tokens' }>;
      const tokens = [...query.response.tokens];
      tokens[2] = 200;
      const changed = { ...query, response: { ...query.response, tokens } };
      const [one, other] = (await critic.values([query, changed])) as [number[], number[]];
      expect(one).toHaveLength(5);
      expectClose(other.slice(0, 3), one.slice(0, 3), 5);
      for (const k of [3, 4]) expect(other[k]).not.toBeCloseTo(one[k] as number, 5);
    }));

  it('are none for an empty response', () =>
    withCritic({}, async (critic) => {
      const silent = tokensOf(0, 0, [[{ sees: 'a', says: '' }]]);
      expect(await critic.values([silent, stateOf(0, up)])).toEqual([[], [0]]);
      expect((await critic.fit([sample(silent)], mse)).loss).toBe(0);
    }));

  it('are refused where there is no head for them', () =>
    withCritic({ reads: ['state'] }, async (critic) => {
      await expect(critic.values([actionOf(0, up)])).rejects.toThrow(
        /read by 'action', from a model opened for 'state'/,
      );
    }));
});

describe('an update of a critic', () => {
  it('gives every split of the minibatch the same loss and gradient', async () => {
    const steps = [];
    for (const tokensPerMicroBatch of [1, 200, 4096]) {
      steps.push(
        await withCritic({ tokensPerMicroBatch }, async (critic) => {
          await learn(critic, mixed, 2);
          return critic.fit(mixed, { ...mse, valueClipRange: 0.1 });
        }),
      );
    }
    for (const { loss, gradNorm } of steps) {
      expect(loss).toBeCloseTo(steps[0]?.loss as number, 4);
      expect(gradNorm).toBeCloseTo(steps[0]?.gradNorm as number, 3);
    }
  });

  it('refuses a sample that has not a target for every value', () =>
    withCritic({}, async (critic) => {
      await expect(critic.fit([sample(tokensOf(0, 0, left), 1, 2)], mse)).rejects.toThrow(
        /item: a sample read by 'tokens' has 5 values, but 2 targets and 2 old values/,
      );
    }));

  it('clips the change of values around the old ones (P12)', () =>
    withCritic({ reads: ['state'] }, async (critic) => {
      // At V = 0 with old value 1 and range 0.5, V_c = 0.5: the larger error counts.
      const clipped = { ...(samples[0] as ValueSample), targets: [0], oldValues: [1] };
      const update = { valueLossCoef: 0.6, valueClipRange: 0.5, learningRateFactor: 1 };
      expect((await critic.fit([clipped], update)).loss).toBeCloseTo(0.6 * 0.25, 5);
    }));

  it('at a learning rate of 0 changes nothing', () =>
    withCritic({}, async (critic) => {
      const step = await critic.fit(mixed, { ...mse, learningRateFactor: 0 });
      expect(step.gradNorm).toBeGreaterThan(0);
      expect(flat(await critic.values(queries))).toEqual(new Array(13).fill(0));
    }));

  it.each(['none', 'running', 'popart'] as const)(
    'leaves weights and statistics alone when the loss is not finite (valueNorm %s)',
    (valueNorm) =>
      withCritic({ valueNorm }, async (critic) => {
        await learn(critic, mixed, 3);
        const values = await critic.values(queries);
        const step = await critic.fit([sample(stateOf(0, up), Number.NaN), sample(actionOf(0, up), 7)], mse);
        expect(step.loss).toBeNaN();
        expect(await critic.values(queries)).toEqual(values);
      }),
  );
});

describe('value normalisation', () => {
  const far = samples.map((one) => ({ ...one, targets: one.targets.map((target) => 1000 + 100 * target) }));
  const error = async (critic: LmCritic) => {
    const values = flat(await critic.values(states));
    return Math.max(...values.map((value, i) => Math.abs(value - (far[i]?.targets[0] as number))));
  };

  it.each(['running', 'popart'] as const)('%s learns targets of any scale', (valueNorm) =>
    withCritic({ valueNorm }, async (critic) => {
      await learn(critic, far, 60);
      expect(await error(critic)).toBeLessThan(60);
      await withCritic({ valueNorm: 'none' }, async (plain) => {
        await learn(plain, far, 60);
        expect(await error(plain)).toBeGreaterThan(300);
      });
    }),
  );

  it('clips in standard deviations of the targets', () =>
    withCritic({ valueNorm: 'running' }, async (critic) => {
      await learn(critic, far, 60);
      const old = (await critic.values([states[0] as ValueQuery]))[0] as number[];
      // Within the range of one deviation, which is hundreds here, nothing is clipped.
      const near = { ...(far[0] as ValueSample), oldValues: [(old[0] as number) + 50] };
      const free = { ...mse, learningRateFactor: 0 };
      await withFolder(async (dir) => {
        await critic.save(dir);
        const { loss } = await critic.fit([near], free);
        await critic.load(dir);
        expect((await critic.fit([near], { ...free, valueClipRange: 1 })).loss).toBeCloseTo(loss, 5);
      });
    }));
});

describe('a saved critic', () => {
  it.each(['none', 'running', 'popart'] as const)('goes on bit for bit (valueNorm %s)', (valueNorm) =>
    withFolder((dir) =>
      withCritic({ valueNorm, valueHeadHiddenDim: 8 }, async (critic) => {
        await learn(critic, mixed, 2);
        await critic.save(dir);
        await withCritic({ valueNorm, valueHeadHiddenDim: 8, seed: 2 }, async (other) => {
          await other.load(dir);
          expect(await other.fit(mixed, mse)).toEqual(await critic.fit(mixed, mse));
          expect(await other.values(queries)).toEqual(await critic.values(queries));
        });
      }),
    ),
  );

  it('without statistics does not become a normalised one', () =>
    withFolder(async (dir) => {
      await withCritic({}, (critic) => critic.save(dir));
      await withCritic({ valueNorm: 'popart' }, (critic) =>
        expect(critic.load(dir)).rejects.toThrow(/value_norm\.json cannot be used: .*ENOENT/),
      );
    }));

  it('keeps the names of the head when Q is not asked for', () =>
    withFolder(async (dir) => {
      await withCritic({ reads: ['state'] }, (critic) => critic.save(dir));
      const header = readFileSync(join(dir, 'training', 'value_head.safetensors')).toString('latin1');
      expect(header).toContain('"output.weight"');
      expect(header).not.toContain('q.output');
    }));
});

describe('vocabularies', () => {
  it('of critic and agents must be one where tokens are valued', () =>
    withFolder(async (dir) => {
      const specialTokens = ['<|end|>', '<|pad|>'];
      writeFileSync(
        join(dir, 'tokenizer.json'),
        JSON.stringify(trainBpe([], { vocabSize: 258, specialTokens })),
      );
      const open = (over: Partial<LmCriticOptions>) => withCritic(over, async () => 'opened');
      await expect(open({ agentModels: [model.dir, dir] })).rejects.toThrow(
        /has another vocabulary than the agent .*one value a turn/,
      );
      const copy = writeTinyModel();
      expect(await open({ agentModels: [model.dir, copy.dir] })).toBe('opened');
      copy.remove();
      expect(await open({ agentModels: [dir], reads: ['state', 'action'] })).toBe('opened');
    }));
});
