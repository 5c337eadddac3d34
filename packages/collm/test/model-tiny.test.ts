/** `collm model tiny`. */
import { loadDecoder, Tokenizer } from '@collm/lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

describe('collm model tiny', () => {
  it('writes a model that opens, with a tokenizer that has learned from the task', async () => {
    const args = [
      'model',
      'tiny',
      '--task',
      'str_build',
      '--out',
      'tiny',
      '--context',
      '600',
      '--vocab',
      '300',
    ];
    const { code, out, err } = await space.collm(args);
    expect(code, err).toBe(0);
    expect(out).toMatch(/untrained/);
    using decoder = loadDecoder(space.path('tiny'));
    expect(decoder.config).toMatchObject({ maxPositions: 600, vocabSize: 300 });
    const tokenizer = Tokenizer.load(space.path('tiny'));
    const text = '/setblock 0 0 0 stone, é 🙂';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode('/setblock').length).toBeLessThan('/setblock'.length);
  });

  it('refuses a folder with something in it, an unknown task and too small a vocabulary', async () => {
    const wrong: [string[], RegExp][] = [
      [['--out', 'model'], /`--out model` is not empty/],
      [['--out', 'x', '--task', 'chess'], /`--task chess` is no task. There are .*str_build/],
      [['--out', 'x', '--vocab', '100'], /too small/],
    ];
    for (const [args, message] of wrong) {
      const { code, err } = await space.collm(['model', 'tiny', ...args]);
      expect(code).toBe(2);
      expect(err).toMatch(message);
    }
  });
});
