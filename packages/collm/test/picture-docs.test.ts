/** The pictures of sample episodes in docs/tasks: the answers stand in the page. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Environment, type Item, taskNamed } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { volumeSvg } from '../src/picture/isometric.js';
import { svgFile } from '../src/picture/svg.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** The json blocks of a page. */
function jsonOf(name: string): string[] {
  const page = readFileSync(`${docs}tasks/${name}.md`, 'utf8');
  return [...page.matchAll(/^```json\n(.*?)\n```$/gms)].map(([, text = '']) => text);
}

/** Plays the answers, one text per agent and turn, and draws what the last turn built. */
async function drawn(
  env: Environment,
  item: Item,
  turns: readonly (readonly string[])[],
  colourBy: 'agent' | 'block',
): Promise<string> {
  let state = env.reset(item, 0);
  for (const answers of turns) ({ state } = await env.step(state, answers));
  const picture = env.picture?.(state);
  if (picture === undefined) throw new Error('there is no picture');
  return svgFile(volumeSvg(picture, { colourBy }) ?? '');
}

const open = (name: string) => taskNamed(name)?.open({}) as Environment;

// `npx vitest run packages/collm/test/picture-docs.test.ts -u` draws them again.
describe('the picture shows the sample episode of its page', () => {
  it.each([
    ['bridge_build', 0, 'agent'],
    ['resource_gathering', 1, 'block'],
  ] as const)('%s: an item of its own data, each answer a block', async (name, index, colourBy) => {
    const env = open(name);
    const answers = jsonOf(name);
    const turns = Array.from({ length: answers.length / 2 }, (_, turn) =>
      answers.slice(2 * turn, 2 * turn + 2),
    );
    const svg = await drawn(env, env.trainItems[index] as Item, turns, colourBy);
    await expect(svg).toMatchFileSnapshot(`${docs}pictures/${name}.svg`);
  });

  it.each(['str_build', 'house_build'])('%s: item and turns as `collm score` reads them', async (name) => {
    const env = open(name);
    const episode = jsonOf(name)
      .map((text) => JSON.parse(text))
      .find(({ turns }) => turns !== undefined);
    const item = env.readItem?.(episode.item) as Item;
    await expect(await drawn(env, item, episode.turns, 'agent')).toMatchFileSnapshot(
      `${docs}pictures/${name}.svg`,
    );
  });
});
