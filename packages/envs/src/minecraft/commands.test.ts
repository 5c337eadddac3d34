import { describe, expect, it } from 'vitest';
import { allowedBlocks } from './blocks.js';
import {
  type CommandReader,
  commandLines,
  commandTokens,
  readCommands,
  setBlockReader,
  splitBudget,
} from './commands.js';
import { boxBetween } from './world.js';

const box = boxBetween({ x: 4, y: 0, z: 0 }, { x: 0, y: 4, z: 0 });
const readers = new Map([
  ['setblock', setBlockReader(allowedBlocks(['minecraft:stone', 'oak_planks']), box)],
]);

const read = (response: string, budget = 100) => readCommands(response, readers, budget);
const texts = (response: string, budget?: number) => read(response, budget).accepted.map(({ text }) => text);
const reason = (line: string) => read(line).rejected[0]?.reason;

describe('lines of a response', () => {
  it('come from the first fence alone, without its language tag', () => {
    expect(commandLines('Sure:\n```mc-1 \na\n```\nb\n```\nc\n```')).toEqual(['a']);
    expect(commandLines('```a```')).toEqual(['a']);
    expect(commandLines('```a b\nc```')).toEqual(['a b', 'c']);
    expect(commandLines('```mc\n```')).toEqual(['mc']);
  });

  it('keep a lone fence as text', () => {
    expect(commandLines('```\na')).toEqual(['```', 'a']);
  });

  it('lose one list marker', () => {
    expect(commandLines('- a\n** b\n1. c\n12)d\n٣. e\n- - f\n12.5 x')).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
      '- f',
      '5 x',
    ]);
    expect(commandLines('• a\n> b\n1: c\n1 d')).toEqual(['• a', '> b', '1: c', '1 d']);
    expect(commandLines('-\n \n1.\n')).toEqual([]);
  });
});

describe('tokens of a line', () => {
  it('lose one slash and lower-case the name only', () => {
    expect(commandTokens('/ SetBlock 1 STONE')).toEqual(['setblock', '1', 'STONE']);
    expect(commandTokens('//fill')).toEqual(['/fill']);
    expect(commandTokens('/')).toEqual([]);
  });
});

describe('/setblock', () => {
  it('is rewritten with plain numbers and the normalised block; further tokens do not matter', () => {
    expect(texts('/setblock +1 00 -0 minecraft:stone destroy')).toEqual(['/setblock 1 0 0 stone']);
    expect(texts('setblock 1_0 0 0 stone\nSETBLOCK ３ 4 0 air')).toEqual(['/setblock 3 4 0 air']);
  });

  it('skips a line without tokens silently', () => {
    expect(read('/\n/ ')).toEqual({ accepted: [], rejected: [] });
  });

  it.each([
    ['/fill 0 0 0 1 1 0 stone', 'unsupported command: fill'],
    ['//setblock 0 0 0 stone', 'unsupported command: /setblock'],
    ['constructor 0 0 0 stone', 'unsupported command: constructor'],
    ['/setblock ~ 0 0', 'setblock needs: /setblock x y z block'],
    ['/setblock ~1 0 0 dirt', 'setblock coords must be absolute integers (no ~)'],
    ['/setblock 1.0 0 0 stone', 'setblock coords must be absolute integers (no ~)'],
    ['/setblock 99 0 0 stone,', 'block not allowed: stone,'],
    ['/setblock 99 0 0 cave_air', 'block not allowed: cave_air'],
    ['/setblock 0 0 0 Stone', 'block not allowed: Stone'],
    ['/setblock 0 0 0 minecraft:minecraft:stone', 'block not allowed: minecraft:stone'],
    ['/setblock 5 0 0 stone', 'setblock coord out of bbox'],
    ['/setblock 0 0 -1 air', 'setblock coord out of bbox'],
  ])('%s: %s (the first check that fails)', (line, expected) => {
    expect(reason(line)).toBe(expected);
  });

  it('rejects everything after the budget unread, and counts accepted commands only', () => {
    const { accepted, rejected } = read('/setblock 0 0 0 dirt\n/setblock 0 0 0 stone\n/\nhello', 1);
    expect(accepted).toHaveLength(1);
    expect(rejected).toEqual([
      { line: '/setblock 0 0 0 dirt', reason: 'block not allowed: dirt' },
      { line: '/', reason: 'exceeds max_commands=1' },
      { line: 'hello', reason: 'exceeds max_commands=1' },
    ]);
  });

  it('stands beside other commands', () => {
    const kill: CommandReader<'kill'> = () => ({ text: '/kill', command: 'kill' });
    const report = readCommands('/KILL now', new Map([['kill', kill]]), 1);
    expect(report.accepted).toEqual([{ text: '/kill', command: 'kill' }]);
  });
});

describe('budget', () => {
  it.each([
    [300, 2, [150, 150]],
    [5, 2, [3, 2]],
    [1, 2, [2, 1]],
    [7, 1, [7]],
  ])('%i for %i agents', (total, agents, shares) => {
    expect(splitBudget(total, agents)).toEqual(shares);
  });
});

describe('hostile text', () => {
  const million = 1_000_000;

  it.each([
    ['digits', '1'.repeat(4 * million)],
    ['full-width digits', '１'.repeat(million)],
    ['dashes', '-'.repeat(4 * million)],
    ['blanks', `a${' '.repeat(4 * million)}b`],
    ['backticks', '`'.repeat(3 * million)],
    ['a tag without end', `\`\`\`${'a'.repeat(million)}${' '.repeat(million)}\`\`\``],
    ['tokens', 'setblock 0 0 0 stone '.repeat(million / 5)],
    ['a long number', `setblock ${'1_'.repeat(million)}1 0 0 stone`],
  ])('is read in linear time: %s', (_, text) => {
    const started = performance.now();
    const { accepted } = read(text);
    expect(accepted.length).toBeLessThanOrEqual(1);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('may have a million lines', () => {
    const { accepted, rejected } = read('/setblock 0 0 0 stone\n'.repeat(million), 150);
    expect([accepted.length, rejected.length]).toEqual([150, million - 150]);
  });
});
