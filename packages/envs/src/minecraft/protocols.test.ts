import { describe, expect, it } from 'vitest';
import { HouseBuild } from './house-build/house-build.js';
import { StrBuild } from './str-build/str-build.js';

const ownPrompts = <S>(
  env: { observe(state: S): { messages: readonly { content: string }[] }[] },
  state: S,
) => env.observe(state).map(({ messages }) => messages.at(-1)?.content ?? '');

describe.each([
  ['str_build', new StrBuild()],
  ['house_build', new HouseBuild()],
  ['str_build, compact', new StrBuild({ promptStyle: 'compact' })],
])('protocols of %s', (_, env: StrBuild | HouseBuild) => {
  const task = env as StrBuild;
  const [item] = task.trainItems;
  if (item === undefined) throw new Error('no item');
  const first = task.reset(item);
  const later = task.step(first, ['', '']).state;

  it.each([first, later])(
    'pipeline: what the agent sees anyway, then the commands before its own',
    (state) => {
      const [, own] = ownPrompts(task, state);
      const observation = task.protocols.pipeline(state, 1, [' /one 1\n']);
      expect(observation).toEqual({
        ...task.observe(state)[1],
        messages: [...(task.observe(state)[1]?.messages.slice(0, -1) ?? []), observation.messages.at(-1)],
      });
      const text = observation.messages.at(-1)?.content ?? '';
      expect(text.startsWith(`${own}\n\n`)).toBe(true);
      expect(text).toContain('Commands of agent 1:\n/one 1\n');
    },
  );

  it.each([first, later])('discussion: everybody’s first round, and an order for the final list', (state) => {
    for (const agent of [0, 1]) {
      const observation = task.protocols.discussion(state, agent, ['/one', ' \u001f']);
      const text = observation.messages.at(-1)?.content ?? '';
      expect(text.startsWith(`${ownPrompts(task, state)[agent]}\n\n`)).toBe(true);
      expect(text).toContain(`Commands of agent 1${agent === 0 ? ' (you)' : ''}:\n/one\n`);
      expect(text).toContain(`Commands of agent 2${agent === 1 ? ' (you)' : ''}:\n(none)\n`);
      expect(text).toContain('full and final list');
    }
  });

  it('know no third agent', () => {
    expect(() => task.protocols.pipeline(first, 2, ['', ''])).toThrow(RangeError);
  });
});
