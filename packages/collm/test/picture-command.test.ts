import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpisodes } from '../src/run-store/records.js';
import { house } from './picture-house.js';
import { Workspace } from './workspace.js';

let space: Workspace;
let logged: number;
beforeAll(async () => {
  space = new Workspace();
  await space.collm(['train', 'run.yaml', '--name', 'a', '--set', 'train.max_steps=3']);
  // One more episode, of a task in space.
  const episodes = readEpisodes(space.path('runs/a'));
  const last = episodes.at(-1);
  if (last === undefined) throw new Error('nothing was logged');
  const turns = last.turns.map((turn) => ({ ...turn, picture: house() }));
  const extra = { ...last, step: 99, episode: 1, turns };
  const silent = { ...last, step: 98, turns: [] };
  appendFileSync(
    space.path('runs/a/episodes.jsonl'),
    [silent, extra].map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
  logged = episodes.length + 2;
});
afterAll(() => space[Symbol.dispose]());

describe('collm picture', () => {
  it('draws the build of an episode in space, by block or by agent', async () => {
    const args = ['picture', 'runs/a', '--turn', '1'];
    const { code, out, err } = await space.collm([...args, '--out', 'new/build.svg', '--colour', 'agent']);
    expect([code, out]).toEqual([0, 'new/build.svg\n']);
    expect(err).toContain('turn 1: a house');
    expect(readFileSync(space.path('new/build.svg'), 'utf8')).toContain('>agent 2</text>');
    const byBlock = await space.collm(args);
    expect(byBlock.out).toBe(`runs/a/pictures/episode-${logged}-turn-1-block.svg\n`);
    expect(readFileSync(space.path(byBlock.out.trim()), 'utf8')).toContain('>oak_planks</text>');
  });

  it('draws the last turn of a flat task too', async () => {
    const { code, out, err } = await space.collm(['picture', 'runs/a', '--episode', '1']);
    expect(code).toBe(0);
    expect(err).toMatch(/^Episode 1 \(str_build_\d+, evaluation at step 0\), turn 2: /);
    expect(existsSync(space.path(out.trim()))).toBe(true);
  });

  it.each([
    [['--episode', '4000'], /`--episode 4000` is not there: runs\/a has logged \d+ episodes/],
    [['--episode', '1', '--turn', '9'], /`--turn 9` is not there: episode 1 has pictures of turn 1, 2/],
  ])('%j is an error that says what there is', async (args, text) => {
    const { code, err } = await space.collm(['picture', 'runs/a', ...args]);
    expect(err).toMatch(text);
    expect(code).toBe(1);
  });

  it('says so when an episode holds no pictures', async () => {
    const { code, err } = await space.collm(['picture', 'runs/a', '--episode', String(logged - 1)]);
    expect([code, err]).toEqual([1, expect.stringMatching(/Episode \d+ holds no pictures/)]);
  });

  it.each([[['--episode', '0']], [['--colour', 'red']]])('%j is a usage error', async (args) => {
    expect((await space.collm(['picture', 'runs/a', ...args])).code).toBe(2);
  });

  it('a report shows builds in space by block and by agent', async () => {
    await space.collm(['report', 'runs/a']);
    const html = readFileSync(space.path('runs/a/report.html'), 'utf8');
    expect(html).toContain('aria-label="a house, by block"');
    expect(html).toContain('aria-label="a house, by agent"');
    expect(html).toContain('<use href="#drawing-');
  });
});
