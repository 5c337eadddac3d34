import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { houseEnv } from '../../test/houses.js';
import type { Environment, Item } from '../env.js';
import { withRewardSchedule } from '../reward-schedule.js';
import { Tldr } from '../writing/writing.js';
import { HouseBuild } from './house-build/house-build.js';
import { StrBuild } from './str-build/str-build.js';

describe('a state of HouseBuild', () => {
  const plan = '0 0 0 2 0 1 stone\n0 1 0 0 1 0 oak_log\n2 1 0 2 1 0 oak_log';
  const threats = 'limit stone 4\nlimit oak_log 1\nspiders 3 damage 5 health 5';

  it('is told by its plan and turn, then by what stood and what it was worth', () => {
    const { env, item } = houseEnv();
    const start = env.reset(item);
    expect(env.describeState(start)).toBe(`turn 1 of 4\n${plan}\n${threats}`);
    const { state } = env.step(start, ['/fill 0 0 0 1 0 1 stone', '/fill 0 1 0 0 1 0 oak_log']);
    expect(env.describeState(state)).toBe(
      `turn 2 of 4\n${plan}\n${threats}\nbuilt\n0 0 0 1 0 1 stone\n0 1 0 0 1 0 oak_log\nreward 0.6500`,
    );
    const silent = env.step(start, ['', '']).state;
    expect(env.describeState(silent)).toBe(`turn 2 of 4\n${plan}\n${threats}\nbuilt\nreward 0.2333`);
  });

  it('tells apart episodes whose spiders differ', () => {
    const env = new HouseBuild({ dataset: 'tiny', spider: { redraw: true } });
    const item = env.trainItems[0] as (typeof env.trainItems)[0];
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const damages = seeds.map((seed) => env.reset(item, seed).attacks.reduce((sum, one) => sum + one, 0));
    const texts = seeds.map((seed) => env.describeState(env.reset(item, seed)));
    expect(new Set(texts).size).toBe(new Set(damages).size);
    expect(new Set(texts).size).toBeGreaterThan(1);
  });
});

describe('a state of StrBuild', () => {
  const compact = new StrBuild({ promptStyle: 'compact', numAgents: 1, numTurns: 8, feedback: 'score' });
  const item = compact.trainItems.find(({ string }) => string === 'L') as (typeof compact.trainItems)[0];

  it('is told by the word and the turn, then by who built where', () => {
    const env = new StrBuild();
    const start = env.reset(item);
    expect(env.describeState(start)).toBe('turn 1 of 4\nword L\n#....\n#....\n#....\n#....\n#####');
    const { state } = env.step(start, [
      '/setblock 0 0 0 stone\n/setblock 1 0 0 air\n/setblock 3 3 0 stone',
      '/setblock 0 4 0 obsidian',
    ]);
    // 2 of 9 cells, 1 of 16 strays, a block of both palettes missing: 4/9 - 1.5/16 - 0.5.
    expect(env.describeState(state)).toBe(
      'turn 2 of 4\nword L\n2....\n#..x.\n#....\n#....\n1####\nreward -0.1493',
    );
  });

  it('and its prompts last for eight turns, of a single agent too', () => {
    let state = compact.reset(item);
    for (let turn = 1; turn <= 8; turn++) {
      const [observation] = compact.observe(state);
      expect([observation?.startsAfresh, compact.observe(state).length]).toEqual([turn === 1, 1]);
      const text = observation?.messages[0]?.content ?? '';
      expect(text.startsWith(turn === 1 ? 'agent 1 of 1\nturn 1 of 8' : `turn ${turn} of 8`)).toBe(true);
      expect(compact.describeState(state).startsWith(`turn ${turn} of 8`)).toBe(true);
      const result = compact.step(state, ['/setblock 0 0 0 stone']);
      expect(result.endedBy).toBe(turn === 8 ? 'last_turn' : null);
      state = result.state;
    }
  });
});

it('a state of TLDR is told by its post', () => {
  const env = new Tldr();
  const post = env.trainItems[0] as (typeof env.trainItems)[0];
  expect(env.describeState(env.reset(post))).toBe(`turn 1 of 1\n${post.source}`);
});

it('under a reward schedule the reward that is due is told too', async () => {
  const env = new HouseBuild({ dataset: 'tiny', rewardShift: 0, earlyTerminationThreshold: null });
  const late = withRewardSchedule(env as unknown as Environment, 'final');
  const start = late.reset(env.trainItems[0] as Item, 1);
  const { state } = await late.step(start, ['/kill', '']);
  const { state: dense, reward } = env.step(env.reset(env.trainItems[0] as (typeof env.trainItems)[0]), [
    '/kill',
    '',
  ]);
  expect(late.describeState?.(start)).toMatch(/\npending 0\.0000$/);
  expect(late.describeState?.(state)).toBe(`${env.describeState(dense)}\npending ${reward.toFixed(4)}`);
});

it('docs/tasks/house_build.md shows the compact prompts', () => {
  const page = readFileSync(new URL('../../../../docs/tasks/house_build.md', import.meta.url), 'utf8');
  const env = new HouseBuild({ dataset: 'tiny', promptStyle: 'compact' });
  const start = env.reset(env.trainItems[2] as (typeof env.trainItems)[0]);
  const { state } = env.step(start, ['/fill 0 0 0 1 0 0 planks', '/kill']);
  for (const one of [start, state]) {
    expect(page).toContain(`\`\`\`text\n${env.observe(one)[0]?.messages[0]?.content}\n\`\`\``);
  }
});
