/** From an accepted line of a task to the command that a server is sent, and from nothing else. */
import { type Box, boxBetween, boxVolume, type Cell, insideBox } from '@collm/envs';
import type { BlockNames } from './block-names.js';

/** A command that changes blocks, in the task's coordinates and names. */
export interface BuildCommand {
  /** The accepted line. */
  readonly line: string;
  readonly box: Box;
  readonly block: string;
}

/** A command as the server gets it. */
export interface ServerCommand {
  readonly text: string;
  /** Its cells, in the server's coordinates. */
  readonly box: Box;
  /** The server's name of what these cells hold afterwards. */
  readonly block: string;
}

/** An accepted line that is kept from the server, and why. */
export interface Withheld {
  readonly line: string;
  readonly reason: string;
}

/** The most blocks that vanilla's `/fill` changes at once. */
export const MOST_FILLED = 32_768;

const NUMBER = /^-?\d{1,8}$/;
const BLOCK = /^[a-z0-9_]{1,64}$/;

/**
 * Reads a line as tasks rewrite what they accept: `/setblock x y z block` or `/fill x1 y1 z1 x2 y2 z2 block`, inside the
 * box. Whatever else a log may hold, `/kill` above all, is withheld: it would do on the server what it never did in
 * the task.
 */
export function readAccepted(line: string, box: Box): BuildCommand | Withheld {
  const [name, ...tokens] = line.split(' ');
  const corners = name === '/setblock' ? 1 : name === '/fill' ? 2 : 0;
  if (corners === 0) return { line, reason: 'it builds nothing' };
  const coordinates = tokens.slice(0, corners * 3);
  const block = tokens[corners * 3];
  if (tokens.length !== corners * 3 + 1 || !coordinates.every((token) => NUMBER.test(token))) {
    return { line, reason: 'it is not in the form in which tasks accept commands' };
  }
  if (block === undefined || !BLOCK.test(block)) return { line, reason: `"${block}" is no name of a block` };
  const [x, y, z, ...second] = coordinates.map(Number) as [number, number, number, ...number[]];
  const first: Cell = { x, y, z };
  const [x2 = x, y2 = y, z2 = z] = second;
  const filled = boxBetween(first, { x: x2, y: y2, z: z2 });
  if (!insideBox(box, filled.from) || !insideBox(box, filled.to)) {
    return { line, reason: 'it reaches out of the box of the task' };
  }
  if (boxVolume(filled) > MOST_FILLED) {
    return { line, reason: `a server fills at most ${MOST_FILLED} blocks at once` };
  }
  return { line, box: filled, block };
}

/** What the server is sent for a command, or why nothing can be. */
export function toServerCommand(
  { line, box, block }: BuildCommand,
  origin: Cell,
  names: BlockNames,
): ServerCommand | Withheld {
  const serverBlock = names.toServer(block);
  if (serverBlock === null) return { line, reason: `this version of Minecraft has no block "${block}"` };
  return serverCommand(line.startsWith('/fill'), shift(box, origin), serverBlock);
}

/** `/fill` for the whole box in the server's coordinates. */
export function fillCommand(box: Box, block: string): ServerCommand {
  return serverCommand(true, box, block);
}

function serverCommand(fill: boolean, box: Box, block: string): ServerCommand {
  const corners = fill ? [box.from, box.to] : [box.from];
  const coordinates = corners.map(({ x, y, z }) => `${x} ${y} ${z}`).join(' ');
  return { text: `${fill ? '/fill' : '/setblock'} ${coordinates} ${block}`, box, block };
}

/** The box moved by an offset. */
export function shift({ from, to }: Box, by: Cell): Box {
  return { from: add(from, by), to: add(to, by) };
}

function add(a: Cell, b: Cell): Cell {
  return { x: a.x + b.x, y: a.y + b.y, z: a.z + b.z };
}

/** Every cell of a box: y, then x, then z, ascending. */
export function* cellsOf({ from, to }: Box): Generator<Cell> {
  for (let y = from.y; y <= to.y; y++) {
    for (let x = from.x; x <= to.x; x++) {
      for (let z = from.z; z <= to.z; z++) yield { x, y, z };
    }
  }
}
