/** The recipes of both building tasks: demonstrations are legal, and drawn without regard to the others. */
import { type Environment, HouseBuild, StrBuild } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import { describe, expect, it } from 'vitest';
import { demonstrate, seededRandom } from '../demonstrations.js';
import type { Recipe } from '../recipe.js';
import { houseBuildRecipe } from './house-build.js';
import { strBuildRecipe } from './str-build.js';

const letters = new StrBuild({
  promptStyle: 'compact',
  numTurns: 2,
  words: ['L', 'T', 'J', 'V'],
  trainSplit: '[:]',
  evalSplit: null,
});
const houses = new HouseBuild({
  dataset: 'tiny',
  promptStyle: 'compact',
  feedback: 'position',
  numTurns: 2,
  trainSplit: '[:16]',
  evalSplit: '[16:]',
});

const tasks: readonly [string, Recipe, Environment][] = [
  ['str_build', strBuildRecipe as Recipe, letters as Environment],
  ['house_build', houseBuildRecipe as Recipe, houses as Environment],
];

/** First responses of a team to many items, and what the environment made of them. */
function firstTurns(recipe: Recipe, environment: Environment, episodes: number) {
  const random = seededRandom(5);
  return Array.from({ length: episodes }, () => {
    const item = recipe.chooseItem?.(
      environment.trainItems,
      random,
    ) as (typeof environment.trainItems)[number];
    const state = environment.reset(item, 0);
    const responses = [0, 1].map((agent) => recipe.respond(environment, state, agent, random));
    const step = environment.step(state, responses) as Exclude<
      ReturnType<Environment['step']>,
      Promise<unknown>
    >;
    return { responses, ...recipe.wellFormed(step as unknown as TurnRecord, environment) };
  });
}

const lineCount = (text: string | undefined) => (text === '' ? 0 : (text ?? '').split('\n').length);

describe.each(tasks)('the recipe of %s', (_name, recipe, environment) => {
  const played = firstTurns(recipe, environment, 1500);

  it('writes commands of which none breaks the grammar', () => {
    const lines = played.flatMap(({ responses }) => responses.map(lineCount));
    expect(played.reduce((sum, { all }) => sum + all, 0)).toBe(lines.reduce((sum, one) => sum + one, 0));
    expect(played.every(({ good, all }) => good === all)).toBe(true);
  });

  it('lets agents choose apart from each other, from one distribution', () => {
    const counts = [0, 1].map((agent) => played.map(({ responses }) => lineCount(responses[agent])));
    const means = counts.map((own) => own.reduce((sum, one) => sum + one, 0) / own.length) as [
      number,
      number,
    ];
    expect(means[0] / means[1]).toBeCloseTo(1, 1);
  });

  it('lets what one agent writes tell nothing of the other, for an item', () => {
    const random = seededRandom(8);
    const item = recipe.chooseItem?.(
      environment.trainItems,
      random,
    ) as (typeof environment.trainItems)[number];
    const state = environment.reset(item, 0);
    const line = coordinates(firstLine(recipe, environment, state, random));
    const draws = 4000;
    const counts = { one: 0, two: 0, both: 0 };
    for (let i = 0; i < draws; i++) {
      const [one, two] = [0, 1].map((agent) =>
        recipe.respond(environment, state, agent, random).includes(`${line} `),
      );
      if (one) counts.one++;
      if (two) counts.two++;
      if (one && two) counts.both++;
    }
    expect(counts.one / draws).toBeGreaterThan(0.4);
    expect(counts.both / draws).toBeCloseTo((counts.one / draws) * (counts.two / draws), 1);
  });

  it('ends lines with a break where every line is a decision, and mixes in single models', async () => {
    const single = environment.singleModel?.() as Environment;
    const stage = { recipe, environments: [environment, single], endsLines: true };
    const random = seededRandom(6);
    let alone = 0;
    for (let i = 0; i < 300; i++) {
      const made = await demonstrate(stage, random, () => []);
      if (made.length === single.numTurns) alone++;
      for (const { response } of made) expect(response).toMatch(/^(\/.*\n)*$/);
    }
    expect(alone / 300).toBeGreaterThan(0.23);
    expect(alone / 300).toBeLessThan(0.43);
  });

  it('may show first turns only', async () => {
    const stage = { recipe, environments: [environment], endsLines: false };
    const all = await demonstrate(stage, seededRandom(7), () => []);
    const first = await demonstrate({ ...stage, turns: 1 }, seededRandom(7), () => []);
    expect([all.length, first.length]).toEqual([4, 2]);
    expect(first).toEqual(all.slice(0, 2));
  });
});

/** The first line of a response that has one. */
function firstLine(recipe: Recipe, environment: Environment, state: unknown, random: () => number): string {
  for (;;) {
    const [line = ''] = recipe.respond(environment, state, 0, random).split('\n');
    if (coordinates(line) !== '') return line;
  }
}

/** What a line is about: its coordinates; none for a `/kill`. */
const coordinates = (line: string) => /\d[\d ]*\d/.exec(line)?.[0] ?? '';

it('house_build kills spiders in about a third of the turns', () => {
  const all = firstTurns(houseBuildRecipe as Recipe, houses as Environment, 1500).flatMap(
    ({ responses }) => responses,
  );
  const kills = all.filter((text) => text.endsWith('/kill')).length / all.length;
  expect(kills).toBeGreaterThan(0.28);
  expect(kills).toBeLessThan(0.39);
});
