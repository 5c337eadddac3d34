import { describe, expect, it } from 'vitest';
import type { EpisodeEntry } from '../run-store/episodes.js';
import type { LoggedEpisode } from '../run-store/records.js';
import { chooseEpisodes } from './choose-episodes.js';
import { compareEnds } from './comparison.js';
import { resultText } from './comparison-section.js';
import { comparisonTable } from './comparison-text.js';

type Given = readonly [step: number, itemId: string, total: number, coverage: number, failure?: string];

function episode([step, itemId, total, coverage, failure]: Given, number: number): LoggedEpisode {
  const turn = {
    ...{ turn: 0, path: 0, reward: total, processedReward: total, components: {}, info: {}, agents: [] },
    ...{ end: null, return: total, metrics: { coverage } },
  };
  return {
    ...{ kind: 'episode', phase: 'evaluation', step, episode: number, itemId, return: total, turns: [turn] },
    ...{ attempt: 1, time: '', ...(failure === undefined ? {} : { failure }) },
  };
}

/** A run with these evaluation episodes. */
function runOf(...given: readonly Given[]) {
  const all = given.map(episode);
  const episodes = all.map(({ turns: _, time: __, failure, ...rest }, start): EpisodeEntry => {
    return { ...rest, failed: failure !== undefined, start, end: start };
  });
  return {
    episodes,
    read: (entries: readonly EpisodeEntry[]) => entries.map(({ start }) => all[start] as LoggedEpisode),
  };
}

describe('before and after', () => {
  it('compares the first evaluation with the last, figure by figure', () => {
    const comparison = compareEnds(
      runOf(
        ...([
          [0, 'a', 1, 0.5],
          [0, 'a', 3, 0.5],
          [0, 'b', 4, 0.5],
          [0, 'b', 4, 0.5],
          [5, 'a', 9, 0.9],
          [10, 'a', 4, 0.25],
          [10, 'a', 4, 0.75],
          [10, 'b', 7, 0.5],
          [10, 'b', 5, 0.5],
        ] as const),
      ),
    );
    expect(comparison).toMatchObject({ beforeStep: 0, afterStep: 10, failed: 0 });
    const [total, coverage] = comparison?.figures ?? [];
    // Items have means of 2 and 4, then 4 and 6: resampled, between the lower and the higher. Both gain 2.
    expect(total).toMatchObject({
      name: 'return',
      before: { mean: 3, interval: { low: 2, high: 4 }, episodes: 4, items: 2 },
      after: { mean: 5, interval: { low: 4, high: 6 } },
      gain: 2,
      interval: { low: 2, high: 2 },
      verdict: 'better',
    });
    expect(coverage).toMatchObject({ name: 'coverage', gain: 0, verdict: 'open' });
    expect(comparison?.figures).toHaveLength(2);
  });

  it('draws items with their episodes, and counts no failed episode', () => {
    const comparison = compareEnds(
      runOf(
        [0, 'a', 1, 0],
        [0, 'b', 1, 0],
        [0, 'b', 1, 0],
        [0, 'b', 99, 0, 'broken'],
        [3, 'a', 0, 0],
        [3, 'b', 3, 0],
      ),
    );
    const [total] = comparison?.figures ?? [];
    expect(total?.before).toEqual({ mean: 1, interval: { low: 1, high: 1 }, episodes: 3, items: 2 });
    expect(total).toMatchObject({ gain: 0.5, interval: { low: -1, high: 2 }, verdict: 'open' });
    expect(comparison?.failed).toBe(1);
    expect(comparisonTable(comparison as NonNullable<typeof comparison>)).toMatch(
      /return \(higher is better\) +│ +1\.000 \[1\.000, 1\.000\] │ +1\.500 \[0\.000, 3\.000\] │ +\+0\.500 \[-1\.000, \+2\.000\] │ may be chance[\s\S]*over 2 evaluation episodes, 2 items\. 1 failed episode in no figure\./,
    );
  });

  it('takes episodes of a single item for what they are, and says nothing of a single episode', () => {
    const several = compareEnds(runOf([0, 'a', 0, 0], [0, 'a', 1, 0], [1, 'a', 5, 0], [1, 'a', 6, 0]));
    expect(several?.figures[0]).toMatchObject({
      before: { interval: { low: 0, high: 1 }, items: 1 },
      interval: { low: 4, high: 6 },
      verdict: 'better',
    });
    const alone = compareEnds(runOf([0, 'a', 0, 0], [1, 'a', 5, 0]));
    expect(alone?.figures[0]).toMatchObject({ before: { interval: null }, interval: null, verdict: 'open' });
  });

  it('knows that less can be better', () => {
    const [figure] = compareEnds(runOf([0, 'a', 0, 0], [1, 'a', 0, 0]))?.figures ?? [];
    expect(figure?.verdict).toBe('open');
    const run = runOf([0, 'a', 0, 0], [0, 'b', 0, 0], [1, 'a', 0, 0], [1, 'b', 0, 0]);
    const read = (entries: readonly EpisodeEntry[]) =>
      run.read(entries).map((one) => {
        const [turn] = one.turns as [LoggedEpisode['turns'][number]];
        return { ...one, turns: [{ ...turn, metrics: { adj_ratio: one.step } }] };
      });
    expect(compareEnds({ ...run, read })?.figures[1]).toMatchObject({
      name: 'adj_ratio',
      gain: 1,
      verdict: 'worse',
    });
  });

  it('is told in a sentence', () => {
    const sentence = (...given: Given[]) => resultText(compareEnds(runOf(...given)), 'magrpo', 7);
    const start: Given[] = [
      [0, 'a', 1, 0],
      [0, 'b', 2, 0],
    ];
    expect(sentence(...start, [3, 'a', 2, 0], [3, 'b', 4, 0])).toBe(
      'In 3 training steps magrpo raised the return of its evaluations from 1.500 to 3.000, a change of +1.500 ' +
        '(95 % interval +1.000 to +2.000): more than the choice of evaluation items explains.',
    );
    expect(sentence(...start, [3, 'a', 0, 0], [3, 'b', 2.5, 0])).toMatch(
      /lowered .* a change of -0\.250 \(95 % interval -1\.000 to \+0\.500\): that may be chance\.$/,
    );
    expect(sentence([0, 'a', 1, 0], [1, 'a', 2, 0])).toMatch(
      /a change of \+1\.000\. A single episode does not say/,
    );
    expect(sentence(...start, [1, 'a', 1, 0], [1, 'b', 2, 0])).toMatch(
      / magrpo left the return of .* at 1\.500\.$/,
    );
    expect(sentence(...start)).toBe('magrpo, 7 training steps: there are no two evaluations to compare yet.');
  });

  it('needs two evaluations', () => {
    expect(compareEnds(runOf())).toBeNull();
    expect(compareEnds(runOf([4, 'a', 1, 1]))).toBeNull();
  });
});

describe('the choice of episodes', () => {
  it('is best, median and worst of the last evaluation, and what failed', () => {
    const { episodes } = runOf(
      ...([
        [0, 'old', 100, 0],
        [9, 'low', 1, 0],
        [9, 'high', 8, 0],
        [9, 'broken', 50, 0, 'the server is gone'],
        [9, 'mid', 3, 0],
        [9, 'next', 2, 0],
      ] as const),
    );
    const training = episodes.map(
      (entry): EpisodeEntry => ({ ...entry, phase: 'train', itemId: `train-${entry.itemId}` }),
    );
    const names = (chosen: ReturnType<typeof chooseEpisodes>) => chosen.map(({ entry }) => entry.itemId);
    expect(names(chooseEpisodes(episodes))).toEqual(['high', 'mid', 'low', 'broken']);
    expect(names(chooseEpisodes(episodes.slice(0, 2)))).toEqual(['low']);
    expect(names(chooseEpisodes([...episodes, ...training]))).toEqual([
      ...['high', 'mid', 'low', 'train-broken', 'broken', 'train-mid'],
    ]);
    expect(chooseEpisodes([])).toEqual([]);
  });
});
