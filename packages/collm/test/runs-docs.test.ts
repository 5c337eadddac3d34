/** docs/runs.md against the commands: its output has their shape, and its options are theirs. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runOrders, runStates } from '../src/run-store/run-query.js';
import { Workspace } from './workspace.js';

const page = readFileSync(new URL('../../../docs/runs.md', import.meta.url), 'utf8');

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  for (const seed of [1, 2]) {
    const set = [
      '--set',
      `train.seed=${seed}`,
      '--set',
      'train.max_steps=2',
      '--set',
      'train.checkpoint_every=1',
    ];
    await space.collm(['train', 'run.yaml', '--name', `words-${seed}`, ...set]);
  }
});
afterAll(() => space[Symbol.dispose]());

/** What the page shows of each command, as lines. */
const shown = new Map(
  [...page.matchAll(/^```\n\$ collm (.*)\n([\s\S]*?)^```$/gm)].map(([, command = '', output = '']) => [
    command,
    output.trimEnd().split('\n'),
  ]),
);

/** A line without what differs between runs: figures, states and the names of items and blocks. */
function shape(line: string): string {
  return line
    .replace(/[a-z]+_build_\d+/g, 'item')
    .replace(/\b(running|stopped|finished)( \(process \d+ on \S+\))?/g, 'state')
    .replace(/-?\d[\d.:-]*/g, '0')
    .replace(/0 (min|s|h|B|KiB|MiB)\b( 0 s)?/g, 'amount')
    .replace(/ +/g, ' ')
    .trimEnd();
}

it('shows the output of the commands', async () => {
  expect([...shown.keys()]).toEqual([
    'runs ls',
    'runs diff words-1 words-2',
    'samples words-1 --best --turn 2',
    'runs pause words-1 --wait',
    'runs rm words-1 --keep-best --dry-run',
  ]);
  const list = await space.collm(['runs', 'ls']);
  expect(shown.get('runs ls')?.map(shape)).toEqual(list.out.trimEnd().split('\n').map(shape));
  const diff = await space.collm(['runs', 'diff', 'words-1', 'words-2']);
  const given = shown.get('runs diff words-1 words-2')?.filter((line) => !line.includes('gae_lambda'));
  expect(given?.map(shape)).toEqual(diff.out.trimEnd().split('\n').map(shape));
  const rm = await space.collm(['runs', 'rm', 'words-1', '--keep-best', '--dry-run']);
  expect(shown.get('runs rm words-1 --keep-best --dry-run')?.map(shape)).toEqual(
    rm.err.trimEnd().split('\n').map(shape),
  );
});

it('shows samples as they are', async () => {
  const { out } = await space.collm(['samples', 'words-1', '--best', '--phase', 'train', '--turn', '2']);
  const real = out.split('\n');
  const lines = shown.get('samples words-1 --best --turn 2') ?? [];
  for (const index of [0, 1, 2, 3]) expect(shape(lines[index] ?? '')).toBe(shape(real[index] ?? ''));
  const marks = [
    /^agent-0 +\| {2}agent-1$/,
    /^\[user\] +\| {2}\[user\]$/,
    /^\[answer: \d+ tokens?, advantage -?\d\.\d+\]/,
    / missing$/,
  ];
  for (const mark of marks)
    for (const text of [lines, real]) expect(text.some((line) => mark.test(line))).toBe(true);
});

it('knows all states, orders and options, and no others', async () => {
  for (const state of runStates) expect(page).toContain(`| \`${state}\` | `);
  for (const order of runOrders) expect(page).toContain(`\`${order}\``);
  const commands = [
    ['runs', 'ls'],
    ['runs', 'show'],
    ['runs', 'diff'],
    ['runs', 'rm'],
    ['runs', 'pause'],
    ['samples'],
  ];
  const help = await Promise.all(
    commands.map(async (command) => (await space.collm([...command, '--help'])).out),
  );
  const optionsIn = (text: string) => new Set(text.match(/--[a-z][a-z-]+/g));
  const known = optionsIn(help.map((text) => text.slice(text.indexOf('Options:'))).join('\n'));
  const ofOthers = ['--resume', '--runs', '--help', '--debug'];
  const mentioned = optionsIn(page);
  expect([...mentioned].filter((option) => !known.has(option) && !ofOthers.includes(option))).toEqual([]);
  expect([...known].filter((option) => !mentioned.has(option) && !ofOthers.includes(option))).toEqual([]);
});
