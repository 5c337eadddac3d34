/** The pictures of sample episodes in docs/tasks: the answers stand in the page. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { taskNamed } from '@collm/envs';
import { expect, it } from 'vitest';
import { volumeSvg } from '../src/picture/isometric.js';
import { svgFile } from '../src/picture/svg.js';

const docs = fileURLToPath(new URL('../../../docs/', import.meta.url));

// `npx vitest run packages/collm/test/picture-docs.test.ts -u` draws them again.
it.each([
  ['bridge_build', 0, 'agent'],
  ['resource_gathering', 1, 'block'],
] as const)('the picture of %s shows the sample episode of its page', async (name, index, colourBy) => {
  const env = taskNamed(name)?.open({});
  const item = env?.trainItems[index];
  if (env === undefined || item === undefined) throw new Error('there is no such item');
  const page = readFileSync(`${docs}tasks/${name}.md`, 'utf8');
  const answers = [...page.matchAll(/^```json\n(.*?)\n```$/gms)].map(([, text = '']) => text);
  let state = env.reset(item, 0);
  for (let turn = 0; turn < answers.length; turn += 2) {
    ({ state } = await env.step(state, answers.slice(turn, turn + 2)));
  }
  const picture = env.picture?.(state);
  if (picture === undefined) throw new Error('there is no picture');
  const svg = volumeSvg(picture, { colourBy }) ?? '';
  await expect(svgFile(svg)).toMatchFileSnapshot(`${docs}pictures/${name}.svg`);
});
