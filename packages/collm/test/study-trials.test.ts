import { afterAll, describe, expect, it } from 'vitest';
import { checkTrials, filesOfTrial } from '../src/study/check-trials.js';
import { cellsOf } from '../src/study/grid.js';
import { onlyFilter } from '../src/study/only.js';
import { parseStudy, StudyError } from '../src/study/study-file.js';
import { studyPaths } from '../src/study/study-folder.js';
import { fingerprintOf, modelsIn, type PlannedTrial, trialsOf, withModels } from '../src/study/trials.js';
import type { Study } from '../src/study/types.js';
import { unequalTerms } from '../src/study/unequal-terms.js';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space[Symbol.dispose]());

const text = `
models:
  small: { task: str_build, seed: 1 }
base:
  env: { type: str_build, prompt_style: compact }
  agent_model: { path: model }
  algorithm: { discount: 1 }
  train: { items_per_step: 8, temperature: 0.5, max_new_tokens: 32 }
tasks:
  short: { env_steps: 64, config: { env: { num_turns: 1 }, train: { temperature: 0.6 } } }
  long: { env_steps: 128, config: { env: { num_turns: 2 } } }
methods:
  cc:
    config: { algorithm: { name: collm_cc }, train: { temperature: 0.7, items_per_step: 4 } }
    per_task: { long: { train: { temperature: 0.8 } } }
  raw: { protocol: raw }
axes:
  words: { levels: { few: {}, more: { config: { env: { words: [I, L] }, train: { temperature: 0.9 } } } } }
  model: { levels: { 1: {}, 2: { config: { agent_model: { path: "model:small"} } } } }
exclude:
  - { task: short, method: [raw], words: more }
overrides:
  - { where: { method: cc, words: [more], task: long }, config: { train: { items_per_step: 5 } } }
seeds: [7, 3]
`;
const read = (changed = text): Study => parseStudy(changed, 'a.yaml', 'a');
const paths = studyPaths(space.path('out'));
const check = (changed = text) => {
  const study = read(changed);
  return checkTrials({ study, dir: space.dir }, trialsOf(study), paths);
};

describe('the trials of a study', () => {
  const trials = trialsOf(read());
  const named = (id: string) => trials.find((trial) => trial.id === id) as PlannedTrial;

  it('are all cells that are not excluded, with one seed after the other', () => {
    expect(trials.map(({ id }) => id).slice(0, 14)).toEqual([
      ...['short-cc-few-1-s7', 'short-cc-few-2-s7', 'short-cc-more-1-s7', 'short-cc-more-2-s7'],
      ...['short-raw-few-1-s7', 'short-raw-few-2-s7'],
      ...['long-cc-few-1-s7', 'long-cc-few-2-s7', 'long-cc-more-1-s7', 'long-cc-more-2-s7'],
      ...['long-raw-few-1-s7', 'long-raw-few-2-s7', 'long-raw-more-1-s7', 'long-raw-more-2-s7'],
    ]);
    expect(trials).toHaveLength(28);
    expect(trials[14]?.id).toBe('short-cc-few-1-s3');
    expect(named('long-cc-more-2-s3')).toMatchObject({
      ...{ task: 'long', method: 'cc', seed: 3, protocol: null },
      conditions: { words: 'more', model: '2' },
    });
  });

  it('have the seeds of their task where it has its own', () => {
    const study = read(text.replace('env_steps: 128,', 'env_steps: 128, seeds: [3, 9],'));
    const seeds = (task: string) => [
      ...new Set(trialsOf(study).flatMap((trial) => (trial.task === task ? trial.seed : []))),
    ];
    expect([seeds('short'), seeds('long')]).toEqual([
      [7, 3],
      [3, 9],
    ]);
    expect(trialsOf(study).filter(onlyFilter(study, ['seed=9']))).toHaveLength(8);
  });

  it('have the threshold of their conditions, for all methods', () => {
    const part = (where: string) => `  - { where: ${where}, threshold: 0.7 }\nseeds:`;
    const study = read(text.replace('seeds:', part('{ task: long, words: more }')));
    const timed = cellsOf(study).filter(({ task }) => task.threshold !== null);
    expect(timed.map(({ id, task }) => [id, task.threshold])).toEqual(
      ['cc-more-1', 'cc-more-2', 'raw-more-1', 'raw-more-2'].map((name) => [`long-${name}`, 0.7]),
    );
    expect(() => read(text.replace('seeds:', part('{ method: cc }')))).toThrow(
      /`overrides\.1\.threshold` is for one of several methods/,
    );
  });

  it('are configured by base, task, method, method in the task, conditions, and seed and budget last', () => {
    const temperature = (id: string) => (named(id).config.train as { temperature: number }).temperature;
    expect(temperature('short-raw-few-1-s7')).toBe(0.6);
    expect(temperature('short-cc-few-1-s7')).toBe(0.7);
    expect(temperature('long-cc-few-1-s7')).toBe(0.8);
    expect(temperature('long-cc-more-1-s7')).toBe(0.9);
    const items = (id: string) => (named(id).config.train as { items_per_step: number }).items_per_step;
    expect([items('long-cc-few-1-s7'), items('long-cc-more-1-s7'), items('short-cc-more-1-s7')]).toEqual([
      4, 5, 4,
    ]);
    expect(named('long-cc-few-1-s3').config).toEqual({
      env: { type: 'str_build', prompt_style: 'compact', num_turns: 2 },
      agent_model: { path: 'model', threads: 1 },
      critic_model: { threads: 1 },
      algorithm: { name: 'collm_cc', discount: 1 },
      train: {
        ...{ items_per_step: 4, temperature: 0.8, max_new_tokens: 32, num_train_epochs: 1_000_000 },
        ...{ keep_last: 1, seed: 3, max_env_steps: 128 },
      },
    });
    expect(named('long-cc-few-2-s3').config.agent_model).toEqual({ path: 'model:small', threads: 1 });
    expect(named('short-raw-few-1-s7').config.train).not.toHaveProperty('max_env_steps');
  });

  it('name models of the study anywhere', () => {
    const config = {
      agent_model: { path: ['model:a', 'other', 'model:b'] },
      critic_model: { path: 'model:a' },
    };
    expect(modelsIn(config)).toEqual(['a', 'b']);
    expect(withModels(config, (name) => `/models/${name}`)).toEqual({
      agent_model: { path: ['/models/a', 'other', '/models/b'] },
      critic_model: { path: '/models/a' },
    });
  });

  it('are others once anything that they depend on is another', () => {
    const one = named('long-cc-few-2-s3');
    const models = new Map([['small', { task: 'str_build', seed: 1 }]]);
    const print = fingerprintOf(one, models);
    const turned = Object.fromEntries(Object.entries(one.config).reverse());
    expect(fingerprintOf({ ...one, config: turned }, models)).toBe(print);
    expect(fingerprintOf(one, new Map([['small', { task: 'str_build', seed: 2 }]]))).not.toBe(print);
    expect(fingerprintOf({ ...one, config: { ...one.config, env: {} } }, models)).not.toBe(print);
    expect(fingerprintOf({ ...one, protocol: 'raw' }, models)).not.toBe(print);
    // A recipe matters to those that use the model.
    const other = named('long-cc-few-1-s3');
    expect(fingerprintOf(other, new Map())).toBe(fingerprintOf(other, models));
  });
});

describe('--only', () => {
  const chosen = (...parts: string[]) => {
    const study = read();
    return trialsOf(study)
      .filter(onlyFilter(study, parts))
      .map(({ id }) => id);
  };

  it('takes all that match every part', () => {
    expect(chosen()).toHaveLength(28);
    expect(chosen('task=long', 'method=cc', 'words=few,more', 'model=2', 'seed=3')).toEqual([
      'long-cc-few-2-s3',
      'long-cc-more-2-s3',
    ]);
  });

  it('says what is not in the study', () => {
    expect(() => chosen('task=lang')).toThrow('no task "lang". Did you mean `long`?');
    expect(() => chosen('seed=1')).toThrow('no seed "1". Known are 7, 3.');
    for (const wrong of ['tasks=long', 'long', '=long'])
      expect(() => chosen(wrong)).toThrow('is none of task=…, method=…, seed=…, words=…, model=…');
  });
});

describe('the check of all trials', () => {
  it('gives configurations with absolute paths; a model that is to be made need not be there', () => {
    const trials = check();
    expect(trials).toHaveLength(28);
    expect(trials[0]?.checked.agent_model.path).toBe(space.path('model'));
    expect(trials[1]?.checked.agent_model.path).toBe(space.path('out/models/small'));
    expect(trials.flatMap((trial) => filesOfTrial(trial, read().models, paths))).toEqual([]);
  });

  it('tells every problem once, with the cells that have it', () => {
    const wrong = text
      .replace('temperature: 0.6', 'temperatur: 0.6')
      .replace('name: collm_cc', 'name: collm_cc, num_generations: 0')
      .replace('path: model }', 'path: nowhere }')
      .replace('model:small', 'model:smal');
    const fail = () => check(wrong);
    expect(fail).toThrow(StudyError);
    const messages = (() => {
      try {
        fail();
      } catch (error) {
        return (error as StudyError).problems.map(({ message }) => message);
      }
    })() as string[];
    expect(messages.filter((message) => message.includes('temperatur`'))).toEqual([
      expect.stringMatching(
        /^short-cc-few-1, short-cc-more-1, short-raw-few-1: `train.temperatur` is not a known key/,
      ),
    ]);
    expect(messages.filter((message) => message.includes('num_generations'))).toEqual([
      expect.stringMatching(/^short-cc-few-1, short-cc-more-1, long-cc-few-1 and 1 more: /),
    ]);
    expect(messages.filter((message) => message.includes('smal`'))).toEqual([
      expect.stringMatching(/`models` has no such recipe. Did you mean `model:small`\?/),
    ]);
    expect(messages.filter((message) => message.includes('nowhere'))).toHaveLength(1);
  });

  it('misses evaluations where these are compared', () => {
    const fail = (changed: string) => () => check(text.replace('max_new_tokens: 32', changed));
    expect(fail('max_new_tokens: 32, eval_interval: 0')).toThrow(
      /^short-cc-few-1, short-cc-few-2, short-cc-more-1 and 5 more: `eval\/return` is compared, but nothing/,
    );
    // Protocols play the same items.
    expect(fail('max_new_tokens: 32, eval_num_samples: 0')).toThrow(/ and 11 more: `eval\/return`/);
    const byTraining = text.replace('env_steps: 128,', 'env_steps: 128, metric: train/return_mean,');
    expect(() => check(byTraining.replace('max_new_tokens: 32', 'eval_interval: 0'))).toThrow(
      /^short-cc-few-1, short-cc-few-2, short-cc-more-1 and 1 more: `eval\/return`/,
    );
  });

  it('says where methods are compared on unequal terms', () => {
    expect(unequalTerms(check())).toEqual([]);
    const changed = text.replace('name: collm_cc', 'name: collm_cc, discount: 0.5');
    expect(unequalTerms(check(changed))).toEqual([
      'short: algorithm.discount is 0.5 with cc, 1 with raw, so their returns, discounted sums, mean other things.',
      'long: algorithm.discount is 0.5 with cc, 1 with raw, so their returns, discounted sums, mean other things.',
    ]);
    const sampled = text
      .replace('items_per_step: 8,', 'items_per_step: 8, eval_temperature: 1,')
      .replace(
        '  raw: { protocol: raw }',
        '  raw: { protocol: raw }\n  other: { config: { algorithm: { name: magrpo }, train: { top_p: 0.5, eval_env_steps: 8 } } }',
      );
    expect(unequalTerms(check(sampled)).filter((line) => line.startsWith('short'))).toEqual([
      'short: train.eval_env_steps is null with cc, 8 with other, so they are evaluated otherwise.',
      expect.stringMatching(
        /^short: train.top_p is .* with cc, 0.5 with other, so they are evaluated otherwise.$/,
      ),
    ]);
    const other = text.replace(
      'raw: { protocol: raw',
      'raw: { protocol: raw, config: { env: { num_turns: 3 }, train: { eval_num_samples: 2 } }',
    );
    expect(unequalTerms(check(other))).toEqual([
      'short: env.num_turns is 1 with cc, 3 with raw, so they play other tasks.',
      'short: train.eval_num_samples is 4 with cc, 2 with raw, so they are evaluated otherwise.',
      'long: env.num_turns is 2 with cc, 3 with raw, so they play other tasks.',
      'long: train.eval_num_samples is 4 with cc, 2 with raw, so they are evaluated otherwise.',
    ]);
  });
});
