/** The sample episodes of the coding tasks' own pages: prompts, answers and rewards are what happens. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ClassEval, type Environment, HumanEval, Mbpp } from '../src/index.js';
import { sharedSandbox } from './sandbox.js';

const sandbox = sharedSandbox();

/** Fenced blocks of a page's sample, by language. */
function sampleOf(task: string): (language: string) => string[] {
  const page = readFileSync(new URL(`../../../docs/tasks/${task}.md`, import.meta.url), 'utf8');
  const sample = page.slice(page.indexOf('## A sample episode'));
  return (language) =>
    [...sample.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)\\n\`\`\`$`, 'gms'))].map(
      ([, text = '']) => text,
    );
}

it.each([
  ['humaneval', () => new HumanEval({}, undefined, sandbox), 'python'],
  ['mbpp', () => new Mbpp({}, undefined, sandbox), 'python'],
  ['classeval', () => new ClassEval(), 'text'],
] as const)('docs/tasks/%s.md', async (task, open, promptLanguage) => {
  const env: Environment = open();
  const blocks = sampleOf(task);
  const [given, expected] = blocks('json').map((text) => JSON.parse(text));
  const item = env.trainItems.find(({ id }) => id === given.item);
  if (item === undefined) throw new Error(`there is no ${given.item}`);
  let state = env.reset(item, 0);
  for (const { messages } of env.observe(state)) {
    expect(messages.map(({ content }) => content).join('\n')).toContain(blocks(promptLanguage)[0]);
  }
  for (const [turn, answers] of given.turns.entries()) {
    const result = await env.step(state, answers);
    expect(result.reward).toBeCloseTo(expected[turn].reward, 4);
    expect(Object.keys(result.components)).toEqual(Object.keys(expected[turn].components));
    for (const [name, value] of Object.entries(result.components)) {
      expect(value, name).toBeCloseTo(expected[turn].components[name], 4);
    }
    state = result.state;
  }
});
