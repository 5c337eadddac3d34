import { describe, expect, it } from 'vitest';
import { correctionsOf } from './prompts.js';
import type { StrBuildOptions } from './settings.js';
import { StrBuild } from './str-build.js';

/** What both agents see at turn 1 and, after the given responses, at turn 2. */
function prompts(options: StrBuildOptions, responses = ['', '']) {
  const env = new StrBuild({ words: ['L'], ...options });
  const item = env.trainItems[0];
  if (item === undefined) throw new Error('no item');
  const state = env.reset(item);
  const next = env.step(state, responses.slice(0, env.numAgents)).state;
  const user = (s: typeof state) => env.observe(s).map(({ messages }) => messages.at(-1)?.content ?? '');
  return { env, state, next, first: user(state), second: user(next) };
}

const CELLS = ['0, 4', '0, 3', '0, 2', '0, 1', '0, 0', '1, 0', '2, 0', '3, 0', '4, 0'].map(
  (p) => `- (${p}, 0)`,
);
const GRID = '#....\n#....\n#....\n#....\n#####';

describe('first prompt, full', () => {
  it('is a system message that demands commands only, and a user message', () => {
    const { env, state } = prompts({});
    for (const { messages, startsAfresh } of env.observe(state)) {
      expect(startsAfresh).toBe(true);
      expect(messages.map(({ role }) => role)).toEqual(['system', 'user']);
      expect(messages[0]?.content).toMatch(/commands.*no markdown, no code fences/);
    }
  });

  it('holds role, grid, box, axes, own blocks, constraints and format', () => {
    const [one, two] = prompts({ localZ: 7 }).first as [string, string];
    expect(one).toContain('agent 1 of a team of 2');
    expect(one).not.toContain('overwrite');
    expect(two).toContain('agent 2 of a team of 2');
    expect(two).toContain('your commands overwrite what agent 1 sets');
    expect(two).toContain('reasonable subset');
    for (const prompt of [one, two]) {
      expect(prompt).toContain(GRID);
      expect(prompt).toContain('- from: [0,0,7]\n- to: [4,4,7]');
      expect(prompt).toContain('z is always 7');
      expect(prompt).toContain('only on # cells');
      expect(prompt).toContain('must not have the same texture');
      expect(prompt).toContain('no ~');
      expect(prompt.endsWith('Format: /setblock <x> <y> <z> <block>')).toBe(true);
    }
    expect(one).toContain('- oak_planks\n- stone\n- air\n');
    expect(two).toContain('- white_concrete\n- obsidian\n- air\n');
    expect(one).not.toContain('obsidian');
    expect(two).not.toContain('stone');
  });

  it('hidden, names neither the word nor a cell: words of one length look alike', () => {
    const hidden = prompts({ target: 'hidden' }).first;
    expect(hidden.join()).not.toContain('#');
    expect(hidden).toEqual(prompts({ target: 'hidden', words: ['I'] }).first);
    expect(hidden[1]).not.toContain('subset');
  });

  it('lists cells instead of the grid on demand', () => {
    const [one] = prompts({ target: 'cells' }).first;
    expect(one).toContain(CELLS.join('\n'));
    expect(one).not.toContain('#');
  });

  it('for one agent has no team, no subset and no rule about neighbours', () => {
    const { first } = prompts({ numAgents: 1 });
    expect(first).toHaveLength(1);
    expect(first[0]).toContain('all of the # cells');
    expect(first[0]).not.toMatch(/team|subset|share a side/);
  });

  it('tells the palette rule only on demand', () => {
    expect(prompts({}).first[0]).not.toContain('must stand somewhere');
    expect(prompts({ mentionPaletteRule: true }).first[0]).toContain('must stand somewhere');
  });
});

describe('follow-ups, full', () => {
  const responses = [' /setblock 0 4 0 oak_planks\n', '/setblock 1 0 0 obsidian\n/setblock 2 2 0 obsidian'];

  it.each(['position', 'perfect', 'score'])(
    '%s: stand alone and say that the world is empty again',
    (feedback) => {
      const { env, next, second } = prompts({ feedback }, responses);
      expect(env.observe(next).map(({ startsAfresh }) => startsAfresh)).toEqual([true, true]);
      for (const prompt of second) {
        expect(prompt).toContain('- Turn: 2');
        expect(prompt).toContain('builds from an empty world');
      }
    },
  );

  it('order: feedback, first prompt, own previous commands', () => {
    const { first, second } = prompts({}, responses);
    expect(
      second[0]?.endsWith(`\n\n${first[0]}\n\nYour previous commands:\n/setblock 0 4 0 oak_planks`),
    ).toBe(true);
  });

  it("never show the other agent's response", () => {
    for (const feedback of ['position', 'perfect', 'score']) {
      const secrets = ['/setblock 0 4 0 oak_planks secret-one', '/setblock 1 0 0 obsidian secret-two'];
      const { second } = prompts({ feedback }, secrets);
      expect(second[0]).toContain('secret-one');
      expect(second[0]).not.toContain('secret-two');
      expect(second[1]).toContain('secret-two');
      expect(second[1]).not.toContain('secret-one');
    }
  });

  it('leave out first prompt and previous commands on demand, and blank commands always', () => {
    const bare = prompts({ originalPrompt: false, previousResponse: false }, responses).second[0];
    expect(bare).not.toMatch(/team|previous commands/);
    expect(prompts({}, ['\u001f \n', 'x']).second[0]).not.toContain('Your previous commands');
  });

  it('raw: one plain text with the system text in front, as the reference gives it', () => {
    const { env, state, next } = prompts({ followup: 'raw' }, responses);
    const templated = prompts({}, responses).second;
    expect(env.observe(state)).toEqual(prompts({}).env.observe(state));
    env.observe(next).forEach(({ messages, startsAfresh, format }, agent) => {
      expect([format, startsAfresh, messages.map(({ role }) => role)]).toEqual(['text', true, ['user']]);
      expect(messages[0]?.content).toMatch(/^You are a building agent/);
      expect(messages[0]?.content.endsWith(`\n\n${templated[agent]}`)).toBe(true);
    });
  });

  it('position: half of the cells, the budget of the agent, all cells, its blocks', () => {
    const [one, two] = prompts({ maxCommands: 5, originalPrompt: false }, responses).second;
    expect(one).toContain('half of the cells: 4 of them');
    expect(one).toContain('up to 3 commands');
    expect(two).toContain('up to 2 commands');
    for (const prompt of [one, two]) expect(prompt).toContain(`All letter cells:\n${CELLS.join('\n')}\n`);
    expect(two).toContain('- white_concrete\n- obsidian\n- air');
  });

  it('position without any cell says so', () => {
    const [one] = prompts({ words: ['7'], originalPrompt: false }).second;
    expect(one).toContain('half of the cells: 0 of them');
    expect(one).toContain('All letter cells:\n- (none)');
  });

  it('perfect: own wrong cells with the planned block; stray cells for the last agent only', () => {
    const [one, two] = prompts({ feedback: 'perfect', originalPrompt: false }, responses).second;
    expect(one).toContain(
      'blocks:\n- (0, 2, 0) = oak_planks\n- (0, 0, 0) = oak_planks\n- (2, 0, 0) = oak_planks\n- (4, 0, 0) = oak_planks\n',
    );
    expect(one).not.toContain('stray');
    expect(two).toContain(
      'blocks:\n- (0, 3, 0) = obsidian\n- (0, 1, 0) = obsidian\n- (3, 0, 0) = obsidian\n',
    );
    expect(two).toContain('stood:\n- (2, 2, 0)');
  });

  it('perfect before any build has nothing to correct', () => {
    const { env, state } = prompts({});
    expect(correctionsOf(env.settings, state)).toEqual({ wrong: [], stray: [] });
  });

  it('score: the raw reward with four decimals', () => {
    const { second } = prompts({ feedback: 'score' }, ['', '']);
    expect(second[0]).toContain('- Previous reward: -0.5000\n');
  });
});

describe('compact', () => {
  const compact: StrBuildOptions = { promptStyle: 'compact', numTurns: 2 };

  it('first prompt: one short user message whose cells can be copied into commands', () => {
    const { env, state, first } = prompts(compact);
    expect(env.observe(state).map(({ messages }) => messages.map(({ role }) => role))).toEqual([
      ['user'],
      ['user'],
    ]);
    expect(first[1]).toBe(
      'agent 2 of 2\nturn 1 of 2\nblocks white_concrete obsidian\ncells\n' +
        '0 4 0\n0 3 0\n0 2 0\n0 1 0\n0 0 0\n1 0 0\n2 0 0\n3 0 0\n4 0 0',
    );
  });

  it('shows the grid or only the box on demand', () => {
    expect(prompts({ ...compact, target: 'grid' }).first[0]).toContain(`box 0 0 0 to 4 4 0\ngrid\n${GRID}`);
    expect(prompts({ ...compact, target: 'hidden' }).first[0]).toBe(
      'agent 1 of 2\nturn 1 of 2\nblocks oak_planks stone\nbox 0 0 0 to 4 4 0',
    );
  });

  it('follow-ups continue the conversation', () => {
    const { env, next } = prompts(compact);
    expect(env.observe(next).map(({ startsAfresh }) => startsAfresh)).toEqual([false, false]);
  });

  it.each<[StrBuildOptions, string[], string, string]>([
    [{ feedback: 'position' }, ['', ''], '', ''],
    [{ feedback: 'score' }, ['', ''], '\nreward -0.5000', '\nreward -0.5000'],
    [
      { feedback: 'perfect' },
      ['/setblock 0 4 0 oak_planks\n/setblock 0 2 0 oak_planks\n/setblock 4 4 0 stone', ''],
      '\nwrong\n0 0 0 oak_planks\n2 0 0 oak_planks\n4 0 0 oak_planks',
      '\nwrong\n0 3 0 obsidian\n0 1 0 obsidian\n1 0 0 obsidian\n3 0 0 obsidian\nremove\n4 4 0',
    ],
    [
      { feedback: 'position', target: 'hidden', words: ['7L'], spacing: 0 },
      ['', ''],
      '\ncells\n5 4 0\n5 3 0\n5 2 0\n5 1 0\n5 0 0\n6 0 0\n7 0 0\n8 0 0\n9 0 0',
      '\ncells\n5 4 0\n5 3 0\n5 2 0\n5 1 0\n5 0 0\n6 0 0\n7 0 0\n8 0 0\n9 0 0',
    ],
  ])('follow-up %j', (options, responses, one, two) => {
    const head = 'turn 2 of 2\nworld empty';
    expect(prompts({ ...compact, ...options }, responses).second).toEqual([head + one, head + two]);
  });
});
