import { describe, expect, it } from 'vitest';
import { BlockNames } from './block-names.js';
import { readAccepted, toServerCommand } from './commands.js';

const box = { from: { x: -2, y: 0, z: 0 }, to: { x: 40, y: 40, z: 40 } };
const origin = { x: 100, y: 64, z: -100 };
const names = new BlockNames((name) => ['stone', 'oak_planks', 'air'].includes(name));

function sent(line: string): string | undefined {
  const command = readAccepted(line, box);
  if ('reason' in command) return undefined;
  const forServer = toServerCommand(command, origin, names);
  return 'text' in forServer ? forServer.text : undefined;
}

describe('accepted lines', () => {
  it('are shifted, corners in order, and named as the server does', () => {
    expect(sent('/setblock -1 0 3 stone')).toBe('/setblock 99 64 -97 stone');
    expect(sent('/setblock 0 0 0 air')).toBe('/setblock 100 64 -100 air');
    expect(sent('/fill 3 2 1 0 0 0 planks')).toBe('/fill 100 64 -100 103 66 -99 oak_planks');
  });

  it.each([
    '/kill',
    '/kill @e[type=spider]',
    '/op agent_1',
    'setblock 0 0 0 stone',
    ' /setblock 0 0 0 stone',
    '/Setblock 0 0 0 stone',
    '/setblock 0 0 0 stone destroy',
    '/setblock  0 0 0 stone',
    '/setblock 0 0 stone',
    '/setblock ~ 0 0 stone',
    '/setblock 0 0 0 stone\n/stop',
    '/setblock 0 0 0 stone[axis=y]',
    '/setblock 0 0 0 Stone',
    '/setblock 1e1 0 0 stone',
    '/setblock 99 0 0 stone',
    '/fill 0 0 0 1 0 99 stone',
    '/fill 0 0 0 40 40 40 stone',
    '/fill 0 0 0 1 1 1 stone replace',
    '/execute run setblock 0 0 0 stone',
    '',
  ])('of any other form are withheld: %j', (line) => {
    expect(readAccepted(line, box)).toEqual({ line, reason: expect.any(String) });
  });

  it('with blocks that the version lacks are withheld by name', () => {
    const command = readAccepted('/setblock 0 0 0 glow', box);
    if ('reason' in command) throw new Error(command.reason);
    expect(toServerCommand(command, origin, names)).toEqual({
      line: '/setblock 0 0 0 glow',
      reason: 'this version of Minecraft has no block "glow"',
    });
  });
});
