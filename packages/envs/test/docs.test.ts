import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SumToTarget } from './sum-to-target.js';

const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

describe('docs/environments.md', () => {
  it('shows the example that is tested here', () => {
    const example = text('./sum-to-target.ts').replace('../src/index.js', '@collm/envs');
    expect(text('../../../docs/environments.md')).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it('and that example plays', () => {
    const env = new SumToTarget();
    const target = env.trainItems[1] as { id: string; sum: number };
    const first = env.step(env.reset(target), ['four: 4', 'no number']);
    expect(first).toMatchObject({ reward: 1 / 6, terminated: false });
    expect(env.observe(first.state)[0]).toEqual({
      messages: [{ role: 'user', content: 'The sum was 4.' }],
      startsAfresh: false,
    });
    expect(env.step({ ...first.state, turn: 3 }, ['4', '5'])).toMatchObject({ reward: 1, terminated: true });
    expect(() => env.step(first.state, ['4'])).toThrow(/two responses/);
  });
});
