import { Tldr, type WritingItem } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import { expect, it } from 'vitest';
import { seededRandom } from '../demonstrations.js';
import { tldrRecipe } from './tldr.js';

const team = new Tldr({ dataset: 'tiny', promptStyle: 'compact' });
const single = team.singleModel();
const words = (text: string) => text.split(/\s+/).length;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const draw = (environment: Tldr | typeof single, agent: number, random: () => number) => {
  const item = tldrRecipe.chooseItem?.(environment.trainItems, random) as WritingItem;
  return { item, text: tldrRecipe.respond(environment, environment.reset(item), agent, random) };
};

it('shows many posts, and none that is evaluated on', () => {
  const random = seededRandom(1);
  const evaluated = new Set(team.evalItems.map(({ source }) => source));
  const shown = new Set(Array.from({ length: 2000 }, () => draw(team, 0, random).item.source));
  expect(shown.size).toBeGreaterThan(500);
  expect([...shown].filter((source) => evaluated.has(source))).toEqual([]);
});

it('draws lengths alike for both agents, and a pair earns about a third of what can be had', () => {
  const random = seededRandom(2);
  const lengths = [0, 1].map((agent) =>
    Array.from({ length: 1500 }, () => words(draw(team, agent, random).text)),
  );
  for (const own of lengths) {
    expect([Math.min(...own), Math.max(...own)]).toEqual([6, 30]);
    expect(mean(own)).toBeGreaterThan(17);
    expect(mean(own)).toBeLessThan(19);
  }
  const rewards = Array.from({ length: 1000 }, () => {
    const { item, text } = draw(team, 0, random);
    return team.step(team.reset(item), [text, tldrRecipe.respond(team, team.reset(item), 1, random)]).reward;
  });
  expect(mean(rewards)).toBeGreaterThan(0.7);
  expect(mean(rewards)).toBeLessThan(1.1);
});

it('has single models write two such texts, apart', () => {
  const random = seededRandom(3);
  const parts = Array.from({ length: 500 }, () =>
    draw(single, 0, random).text.split('\n[PARAGRAPH_SPLIT]\n'),
  );
  expect(new Set(parts.map(({ length }) => length))).toEqual(new Set([2]));
  for (const place of [0, 1]) {
    expect(mean(parts.map((texts) => words(texts[place] as string)))).toBeCloseTo(18, -1);
  }
});

it('counts the words that posts have', () => {
  const turn = (...responses: string[]) =>
    tldrRecipe.wellFormed(
      { agents: responses.map((response) => ({ response })) } as unknown as TurnRecord,
      team,
    );
  expect(turn('my brother took thx', 'however  nobody')).toEqual({ good: 5, all: 6 });
  expect(turn('my dog\n[PARAGRAPH_SPLIT]\nindeed xx')).toEqual({ good: 3, all: 4 });
  expect(turn('')).toEqual({ good: 0, all: 0 });
});
