import { describe, expect, it } from 'vitest';
import { EnvError } from '../../env-error.js';
import { defaultStrBuildBlocks, resolveStrBuildSettings, type StrBuildOptions } from './settings.js';

describe('options', () => {
  it('default to the shipped settings, with the grid shown', () => {
    expect(resolveStrBuildSettings({})).toEqual({
      preset: 'code',
      numTurns: 4,
      numAgents: 2,
      blocks: defaultStrBuildBlocks,
      adjacencyBy: 'texture',
      maxCommands: 300,
      target: 'grid',
      feedback: 'position',
      originalPrompt: true,
      previousResponse: true,
      followup: 'templated',
      mentionPaletteRule: false,
      rewardScale: 1,
      rewardShift: -2,
      earlyTerminationThreshold: -0.1,
      promptStyle: 'full',
      spacing: 2,
      localZ: 0,
      trainSplit: '[:8]',
      evalSplit: '[8:]',
      dataset: 'builtin',
      words: 'default',
    });
    expect(resolveStrBuildSettings({ promptStyle: 'compact' }).target).toBe('cells');
    expect(resolveStrBuildSettings({ earlyTerminationThreshold: null }).earlyTerminationThreshold).toBeNull();
  });

  it('have other defaults in the preset of the paper, which options that are given override', () => {
    const paper = resolveStrBuildSettings({ preset: 'paper', evalSplit: '[8:]', rewardShift: undefined });
    expect(paper).toMatchObject({
      blocks: [
        ['black_concrete', 'green_concrete'],
        ['white_concrete', 'red_concrete'],
      ],
      adjacencyBy: 'colour',
      trainSplit: '[:]',
      evalSplit: '[8:]',
      rewardShift: -2,
    });
    expect(resolveStrBuildSettings({ preset: 'paper' }).evalSplit).toBeNull();
  });

  it('resolve to themselves, whatever the preset: a saved run has them all', () => {
    const preset = 'paper';
    for (const options of [
      {},
      { preset },
      { preset, adjacencyBy: 'texture', blocks: defaultStrBuildBlocks },
    ]) {
      const settings = resolveStrBuildSettings(options as StrBuildOptions);
      expect(resolveStrBuildSettings(settings)).toEqual(settings);
    }
  });

  it.each<[StrBuildOptions, RegExp]>([
    [{ numTurns: 0 }, /`numTurns` is 0: .*>=1/],
    [{ numTurns: 9 }, /`numTurns` is 9: .*<=8/],
    [{ numTurns: 1.5 }, /numTurns/],
    [{ numAgents: 3 }, /`numAgents` is 3: .*<=2/],
    [{ maxCommands: 0 }, /maxCommands/],
    [{ spacing: -1 }, /spacing/],
    [{ localZ: Number.NaN }, /localZ/],
    [{ rewardScale: Number.POSITIVE_INFINITY }, /rewardScale/],
    [{ rewardShift: Number.NaN }, /rewardShift/],
    [{ earlyTerminationThreshold: Number.NaN }, /earlyTerminationThreshold/],
    [{ blocks: [['stone']] }, /`blocks\[1\]` is null; agent 2 needs/],
    [{ blocks: [['stone'], ['air', 'minecraft:cave_air']] }, /`blocks\[1\]`/],
    [{ blocks: [[], ['stone']] }, /`blocks\.0`/],
    [{ feedback: 'guess' }, /`feedback` is "guess": .*"position"/],
    [{ target: 'word' as 'grid' }, /`target` is "word": .*"hidden"\|"grid"\|"cells"/],
    [{ promptStyle: 'tiny' as 'full' }, /promptStyle/],
    [{ followup: 'shouted' as 'raw' }, /followup/],
    [{ preset: 'constructor' as 'code' }, /preset/],
    [{ adjacencyBy: 'smell' as 'colour' }, /adjacencyBy/],
  ])('%j is refused', (options, message) => {
    expect(() => resolveStrBuildSettings(options)).toThrow(message);
    expect(() => resolveStrBuildSettings(options)).toThrow(EnvError);
  });

  it.each([
    ['position', 'position'],
    ['Position-Feedback', 'position'],
    ['position_feedback', 'position'],
    ['PERFECT', 'perfect'],
    ['perfect-feedback', 'perfect'],
    ['feedback', 'perfect'],
    ['score', 'score'],
    ['score_feedback', 'score'],
  ])('feedback %j is %s', (spelling, mode) => {
    expect(resolveStrBuildSettings({ feedback: spelling }).feedback).toBe(mode);
  });
});
