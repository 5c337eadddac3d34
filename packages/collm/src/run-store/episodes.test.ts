import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseEpisode, listEpisodes, readEpisode } from './episodes.js';
import { readEpisodes } from './records.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-episodes-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const stamp = { attempt: 1, time: '2026-01-01T00:00:00.000Z' };
const attempt = (step: number) => ({ kind: 'attempt', step, ...stamp });
const episode = (phase: 'train' | 'evaluation', step: number, number: number, failure?: string) => ({
  kind: 'episode',
  phase,
  step,
  episode: number,
  itemId: `item-ü-${number}`,
  return: step + number / 10,
  ...(failure === undefined ? {} : { failure }),
  turns: [],
  ...stamp,
});

function log(...records: object[]): void {
  writeFileSync(
    join(dir, 'episodes.jsonl'),
    `${records.map((record) => `${JSON.stringify(record)}\n`).join('')}{"kind":"epis`,
  );
}

describe('the list of episodes', () => {
  it('has the episodes that are valid, in the same order, and where they lie', () => {
    log(
      attempt(0),
      episode('evaluation', 0, 0),
      episode('train', 1, 0),
      episode('train', 2, 0),
      episode('evaluation', 2, 0),
      attempt(1),
      episode('train', 2, 1, 'broke'),
      episode('evaluation', 2, 1),
      episode('evaluation', 0, 0),
    );
    const listed = listEpisodes(dir);
    expect(listed).toHaveLength(4);
    expect(listed.map((entry) => readEpisode(dir, entry))).toEqual(readEpisodes(dir));
    expect(listed.map(({ failed }) => failed)).toEqual([false, false, true, false]);
  });

  it('chooses the first of the last evaluation, else the last episode', () => {
    const given = { run: 'r', episode: null };
    log(
      episode('evaluation', 0, 0),
      episode('train', 1, 0),
      episode('evaluation', 3, 4),
      episode('evaluation', 3, 5),
      episode('train', 4, 0),
    );
    expect(chooseEpisode(dir, given)).toMatchObject({ number: 3, episode: { step: 3, episode: 4 } });
    expect(chooseEpisode(dir, { run: 'r', episode: 2 }).episode.phase).toBe('train');
    log(episode('train', 1, 0), episode('train', 2, 0));
    expect(chooseEpisode(dir, given).number).toBe(2);
    log();
    expect(() => chooseEpisode(dir, given)).toThrow(/r has logged no episode yet/);
  });
});
