/** Random episodes of the building tasks, replayed and compared: does a server do what the simulator says? */
import { type Box, type Cell, type Environment, type Item, taskNamed } from '@collm/envs';
import { compareBlocks, type Difference } from './compare.js';
import { replayTurn, type TurnReplay } from './replay.js';
import type { MinecraftSession } from './session.js';
import { readTurnInfo, type SimulatedTurn } from './turn-info.js';

/** A task whose agents build, and what random agents write in it. */
export interface BuildingTask {
  /** As in configurations. */
  readonly name: string;
  readonly options: object;
  /** Each agent's blocks. */
  readonly palettes: readonly (readonly string[])[];
  /** A line of one random command, without its block. */
  readonly command: (box: Box, random: () => number) => string;
  /** Chance of a line that the task accepts and that must not reach a server. */
  readonly killProbability: number;
}

const houseBlocks = ['white_concrete', 'obsidian', 'stone_stairs', 'stone_bricks', 'planks', 'air'];
const strBlocks = [
  ['oak_planks', 'stone', 'air'],
  ['white_concrete', 'obsidian', 'air'],
];

/** Two turns are enough to see that a turn begins with an empty box. */
const NUM_TURNS = 2;

export const buildingTasks: readonly BuildingTask[] = [
  {
    name: 'str_build',
    options: { numTurns: NUM_TURNS, blocks: strBlocks },
    palettes: strBlocks,
    command: (box, random) => `/setblock ${cellText(randomCell(box, random))}`,
    killProbability: 0,
  },
  {
    name: 'house_build',
    options: { numTurns: NUM_TURNS, blocks: [houseBlocks, houseBlocks], limitedResource: false },
    palettes: [houseBlocks, houseBlocks],
    command: (box, random) => {
      const corner = randomCell(box, random);
      // Anywhere and most of the house would be overwritten again and again.
      const other = randomCell(random() < 0.2 ? box : around(corner, box), random);
      return `/fill ${cellText(corner)} ${cellText(other)}`;
    },
    killProbability: 0.05,
  },
];

export interface CheckedTurn extends SimulatedTurn, TurnReplay {
  readonly differences: readonly Difference[];
}

export interface CheckedEpisode {
  readonly itemId: string;
  readonly turns: readonly CheckedTurn[];
}

/** Replays a turn and compares what stands with what the simulator said. */
export async function checkTurn(session: MinecraftSession, turn: SimulatedTurn): Promise<CheckedTurn> {
  const replay = await replayTurn(session, turn);
  const differences = compareBlocks(turn.box, turn.world, replay.blocks, session.names);
  return { ...turn, ...replay, differences };
}

/**
 * Plays episodes with random agents: every line is a legal command, cells are built over and erased, corners come in any
 * order. Items take turns.
 *
 * @param random uniform numbers in [0, 1); the same numbers give the same episodes
 */
export async function* checkRandomEpisodes(
  session: MinecraftSession,
  task: BuildingTask,
  episodes: number,
  random: () => number,
): AsyncGenerator<CheckedEpisode> {
  const environment = taskNamed(task.name)?.open(task.options) as Environment<Item & { readonly box: Box }>;
  const items = [...environment.trainItems, ...environment.evalItems];
  for (let episode = 0; episode < episodes; episode++) {
    const item = items[episode % items.length] as Item & { readonly box: Box };
    const turns: CheckedTurn[] = [];
    let state = environment.reset(item, episode);
    for (let turn = 0; turn < NUM_TURNS; turn++) {
      const responses = task.palettes.map((palette) => randomResponse(task, item.box, palette, random));
      const result = await environment.step(state, responses);
      turns.push(await checkTurn(session, readTurnInfo(result.info)));
      state = result.state;
    }
    yield { itemId: item.id, turns };
  }
}

function randomResponse(
  task: BuildingTask,
  box: Box,
  palette: readonly string[],
  random: () => number,
): string {
  const lines = 4 + Math.floor(random() * 20);
  return Array.from({ length: lines }, () =>
    random() < task.killProbability
      ? '/kill @e[type=spider]'
      : `${task.command(box, random)} ${palette[Math.floor(random() * palette.length)]}`,
  ).join('\n');
}

function randomCell({ from, to }: Box, random: () => number): Cell {
  const within = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  return { x: within(from.x, to.x), y: within(from.y, to.y), z: within(from.z, to.z) };
}

/** The part of a box that is at most two blocks away from a cell. */
function around({ x, y, z }: Cell, { from, to }: Box): Box {
  return {
    from: { x: Math.max(from.x, x - 2), y: Math.max(from.y, y - 2), z: Math.max(from.z, z - 2) },
    to: { x: Math.min(to.x, x + 2), y: Math.min(to.y, y + 2), z: Math.min(to.z, z + 2) },
  };
}

function cellText({ x, y, z }: Cell): string {
  return `${x} ${y} ${z}`;
}
