/** The sample episode of docs/tasks/coding.md is what happens. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CoopHumanEval } from '../src/index.js';
import { sharedSandbox } from './sandbox.js';

const page = readFileSync(new URL('../../../docs/tasks/coding.md', import.meta.url), 'utf8');
const sandbox = sharedSandbox();

describe('docs/tasks/coding.md', () => {
  it('shows an episode as it is', async () => {
    const env = new CoopHumanEval({}, undefined, sandbox);
    const item = env.trainItems.find(({ id }) => id === 'coop_humaneval/27');
    if (item === undefined) throw new Error('no such problem');
    const shown = [...page.matchAll(/```(?:text|python)\n(.*?)\n```\n/gs)].map(([, block = '']) => block);
    const [auxPrompt = '', mainPrompt = '', aux = '', main = '', told = ''] = shown.slice(-5);
    const promptsOf = (state: ReturnType<typeof env.reset>) =>
      env.observe(state).map(({ messages }) => messages[0]?.content ?? '');

    const start = env.reset(item);
    expect(promptsOf(start)).toEqual([`${auxPrompt}\n`, `${mainPrompt}\n`]);

    const first = await env.step(start, [aux, main]);
    const { definition_aux, definition_main, syntax, tests, cooperation, non_wrapper } = first.components;
    expect([definition_aux, definition_main, syntax, tests, cooperation, non_wrapper]).toEqual([
      0.4, 0.6, 0.5, 0.6, 0.5, 1,
    ]);
    expect(page).toContain('| 0.4 | 0.6 | 0.5 | 0.6 | 0.5 | 1.0 | 0 | 3.6 | -0.4 |');
    expect(first.reward).toBeCloseTo(3.6, 12);
    const replaced = told
      .replace('(the prompt above)', () => mainPrompt)
      .replace('(its response above)', () => main);
    expect(promptsOf(first.state)[1]).toContain(`Problem:\n${replaced}\n\nYou can use a helper`);

    const second = await env.step(first.state, [
      aux,
      main.replace('range(first, last)', 'range(first, last + 1)'),
    ]);
    expect(second).toMatchObject({ reward: 4, processedReward: 0, terminated: true });
  });
});
