import { type CodingItem, Mbpp, type TinyProblem, tinyProblemOf } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import { expect, it } from 'vitest';
import { seededRandom } from '../demonstrations.js';
import { mbppRecipe } from './mbpp.js';

const team = new Mbpp({ dataset: 'tiny', promptStyle: 'compact', feedback: 'plain' });
const single = team.singleModel();

const choose = (random: () => number) => mbppRecipe.chooseItem?.(team.trainItems, random) as CodingItem;
const respond = (environment: Mbpp | typeof single, item: CodingItem, agent: number, random: () => number) =>
  mbppRecipe.respond(environment, environment.reset(item), agent, random);

/** The parts of a function's work that its text has, by the steps of the problem: `first second`. */
function parts(text: string, { steps }: TinyProblem): string {
  const variables = ['x', 'y', 'aux(x)'];
  const does = (index: 0 | 1) => variables.some((one) => text.includes(steps[index].code(one)));
  return [does(0) ? 'first' : '', does(1) ? 'second' : ''].join(' ').trim();
}

it('shows many problems, and none that is evaluated on', () => {
  const random = seededRandom(1);
  const evaluated = new Set(team.evalItems.map(({ prompt }) => prompt));
  const shown = new Set(Array.from({ length: 2000 }, () => choose(random).prompt));
  expect(shown.size).toBeGreaterThan(60);
  expect([...shown].filter((prompt) => evaluated.has(prompt))).toEqual([]);
});

it('draws what the helper does and what main does apart from each other', () => {
  const random = seededRandom(2);
  const counts = new Map<string, number>();
  const draws = 6000;
  for (let i = 0; i < draws; i++) {
    const item = choose(random);
    const problem = tinyProblemOf(item) as TinyProblem;
    const [aux, main] = [0, 1].map((agent) => respond(team, item, agent, random)) as [string, string];
    expect(aux).toMatch(/^def aux\(x\):\n( y = .*\n)? return \S.*$/);
    expect(main).toMatch(/^def f\(x\):\n( y = .*\n)? return \S.*$/);
    expect(main).toContain('aux(');
    const pair = `${parts(aux, problem)} | ${parts(main, problem)}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  // A third for each helper, a half for each step of main.
  expect(counts.size).toBe(6);
  for (const helper of ['first', 'second', 'first second']) {
    for (const main of ['first', 'second']) {
      const share = (counts.get(`${helper} | ${main}`) ?? 0) / draws;
      expect(share, `${helper} | ${main}`).toBeGreaterThan(0.14);
      expect(share, `${helper} | ${main}`).toBeLessThan(0.19);
    }
  }
});

it('has single models write a step or both, in any order', () => {
  const random = seededRandom(3);
  const item = choose(random);
  const texts = new Set(Array.from({ length: 200 }, () => respond(single, item, 0, random)));
  expect(texts.size).toBe(4);
  for (const text of texts) expect(text).toMatch(/^def f\(x\):\n/);
});

it('goes on to the next turn without a judgement, so that no Python has to start', () => {
  const item = choose(seededRandom(4));
  const state = mbppRecipe.next?.(team, team.reset(item), ['a', 'b']);
  if (state === undefined) throw new Error('no state');
  expect(state.turn).toBe(2);
  expect(team.observe(state).map(({ messages }) => messages[0]?.content)).toEqual([
    '\nrevise aux\n',
    '\nrevise f\n',
  ]);
});

it('counts programs that parse', () => {
  const turn = (syntax: number) =>
    mbppRecipe.wellFormed({ metrics: { syntax_valid_rate: syntax } } as unknown as TurnRecord, team);
  expect([turn(1), turn(0)]).toEqual([
    { good: 1, all: 1 },
    { good: 0, all: 1 },
  ]);
});
