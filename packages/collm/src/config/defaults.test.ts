import { resolveStrBuildSettings } from '@collm/envs';
import type { AcOptions, CollmCcOptions, MagrpoOptions, MaremaxOptions } from '@collm/marl';
import { describe, expect, it } from 'vitest';
import { base, magrpo, problems, set, withAlgorithm } from '../../test/config-problems.js';
import { processIo } from '../io.js';
import { checkConfig } from './check.js';
import { merge } from './load.js';
import { algorithmOptions, loraOptions, openEnvironment, trainerOptions } from './to-options.js';

describe('defaults', () => {
  it('fill in everything and agree with the environment', async () => {
    const config = checkConfig(base);
    expect(config.train).toMatchObject({ seed: 42, items_per_step: 8, max_steps: null, top_p: 0.6 });
    const environment = (await openEnvironment(config, processIo)) as unknown as { settings: object };
    expect(environment.settings).toEqual(resolveStrBuildSettings({}));
  });

  it('of a task change with its preset, but not what is given', () => {
    const env = { type: 'house_build', preset: 'paper', reward_shift: -5 };
    const { env: resolved } = checkConfig({ ...base, env, train: { eval_interval: 0 } });
    expect(resolved).toMatchObject({
      reward: 'coverage',
      reward_shift: -5,
      train_split: '[:]',
      eval_split: null,
    });
    expect(checkConfig({ ...base, env: resolved, train: { eval_interval: 0 } }).env).toEqual(resolved);
  });

  it.each([
    ['collm_cc', { discount: 1, num_generations: 1, advantage_normalization: 'batch' }],
    [
      'collm_dc',
      { discount: 0.9, num_generations: 1, advantage_normalization: 'batch', use_separate_critic: true },
    ],
    [
      'ac',
      { discount: 0.9, num_generations: 1, advantage_normalization: 'batch', use_separate_critic: true },
    ],
    ...['mareinforce', 'magrpo', 'marloo', 'maremax', 'grpo'].map(
      (name) =>
        [
          name,
          { discount: 0.9, num_generations: 4, advantage_normalization: 'none', joint_mode: 'aligned' },
        ] as const,
    ),
  ] as const)('of %s are those of its kind', (name, expected) => {
    expect(checkConfig(withAlgorithm(name)).algorithm).toMatchObject({ name, ...expected });
  });

  it('reach the packages below under their names', () => {
    const config = checkConfig(
      merge(base, {
        algorithm: { gae_lambda: 0.5 },
        train: { top_k: 7, eval_generations: 2, eval_temperature: 1, diagnostics_interval: 5 },
      }),
    );
    // Typed, so that an option without a key, or a key without an option, does not compile or fails.
    const central: CollmCcOptions = {
      ...common,
      ...withCritic,
      name: 'collm_cc',
      criticSees: 'history',
      discount: 1,
      gaeLambda: 0.5,
    };
    expect(algorithmOptions(config)).toEqual(central);
    expect(trainerOptions(config)).toMatchObject({
      sampling: { temperature: 0.6, topK: 7, topP: 0.6, maxNewTokens: 256 },
      evalGenerations: 2,
      lrSchedule: 'constant',
      warmupSteps: 0,
      maxFailureRate: 0.1,
      maxSkippedUpdates: 0,
      targetReturn: null,
      diagnostics: { interval: 5, items: 4, rollouts: 8 },
    });
    const single: AcOptions = {
      ...common,
      ...withCritic,
      name: 'ac',
      useSeparateCritic: true,
      valueStopGradient: false,
    };
    expect(algorithmOptions(checkConfig(withAlgorithm('ac')))).toEqual(single);
    const tree = {
      ...common,
      advantageNormalization: 'none',
      numGenerations: 4,
      jointMode: 'aligned',
      crossReduce: 'mean',
      branchesPerNode: null,
      nodeWeighting: 'path',
    } as const;
    const mean: MagrpoOptions = { ...tree, name: 'magrpo' };
    expect(algorithmOptions(checkConfig(magrpo))).toEqual(mean);
    const best: MaremaxOptions = { ...tree, name: 'maremax', maxSource: 'group' };
    expect(algorithmOptions(checkConfig(withAlgorithm('maremax')))).toEqual(best);
  });
});

const common = {
  discount: 0.9,
  rolloutBufferSize: null,
  trainBatchSize: null,
  updateEpochs: 1,
  advantageNormalization: 'batch',
  advantageClip: null,
  policyLoss: 'pg',
  clipEps: 0.2,
  ratioLevel: 'token',
  lossAggregation: 'tokenMean',
  isCorrection: 'off',
  isCap: 2,
  klMode: 'off',
  klCoef: 0.1,
  entropyCoef: 0,
  updateOrder: 'simultaneous',
  sequentialClip: [0.1, 2],
  referenceFaults: [],
} as const;

const withCritic = {
  numGenerations: 1,
  gaeLambda: 0,
  bootstrapOnHorizon: false,
  criticType: 'v',
  qBaseline: 'v',
  baselineSamples: 4,
  valueLevel: 'turn',
  valueLossCoef: 0.6,
  valueClipRange: null,
  criticWarmupSteps: 0,
  criticUpdateEpochs: null,
} as const;

describe('adapters', () => {
  it('are off unless a key of theirs is set, and null brings a default back', () => {
    expect(checkConfig(base).agent_model.lora).toBeNull();
    expect(loraOptions(checkConfig(base).agent_model.lora, 1, 0)).toBeNull();
    const changes = merge(set('agent_model.lora.r', 16), set('agent_model.lora.lora_alpha', null));
    const { lora } = checkConfig(merge(base, changes)).agent_model;
    expect(lora).toEqual({
      r: 16,
      lora_alpha: 8,
      target_modules: 'all-linear',
      lora_dropout: 0,
      use_rslora: false,
    });
    expect(loraOptions(lora, 7, 2)).toEqual({
      rank: 16,
      alpha: 8,
      targets: 'all-linear',
      dropout: 0,
      rslora: false,
      seed: 9,
    });
  });

  it('have all their problems reported at once, with the right key nearby', () => {
    const found = problems({ agent_model: { lora: { r: 0, lora_dropout: 2, alpha: 3, lora_alpa: 4 } } });
    expect(found).toEqual([
      expect.stringContaining('`agent_model.lora.r` is 0'),
      expect.stringContaining('`agent_model.lora.lora_dropout` is 2'),
      expect.stringMatching(/`agent_model.lora.alpha` is not a known key/),
      expect.stringMatching(/`agent_model.lora.lora_alpa` is not .*`agent_model.lora.lora_alpha`/),
    ]);
    expect(problems(set('train.lora_alpha', 3))[0]).toMatch(/Did you mean `agent_model.lora.lora_alpha`/);
  });
});
