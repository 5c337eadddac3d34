/** Bots on a server, one per agent, and the box in which they build. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Box, boxVolume, type Cell, isAir } from '@collm/envs';
import { BlockNames } from './block-names.js';
import { type BotLibrary, loadBotLibrary } from './bot.js';
import { cellsOf, fillCommand, MOST_FILLED, type ServerCommand, shift } from './commands.js';
import type { PlacedBlock } from './compare.js';
import { MinecraftError } from './error.js';
import { joinServer, type ServerAddress, versionFor } from './join.js';
import { startLocalServer } from './local-server.js';
import { type Execution, type Pacing, Player, type SharedState } from './player.js';

/** For the server in our own process, which answers within a millisecond. */
export const localPacing: Pacing = { stepDelay: 0, scanDelay: 10, timeout: 20_000, silence: 250 };

/** For somebody else's server, which works in ticks of 50 ms. */
export const remotePacing: Pacing = { stepDelay: 50, scanDelay: 250, timeout: 10_000, silence: 500 };

/** Where builds stand on the built-in server. */
const LOCAL_ORIGIN: Cell = { x: 0, y: 64, z: 0 };

/** Builds on somebody else's server stand this far from where the first bot appears. */
const SPAWN_OFFSET: Cell = { x: 2, y: 0, z: 2 };

const JOIN_TIMEOUT_MS = 60_000;

export interface SessionOptions {
  /** A user's own server; null starts one of ours. */
  readonly server: ServerAddress | null;
  /** Minecraft's version of a server of ours. */
  readonly version?: string;
  /** One bot per agent, in agent order. */
  readonly botNames: readonly string[];
  /** Where the task's 0, 0, 0 is in the world. Left out: a place of its own, or beside the first bot's spawn. */
  readonly origin?: Cell;
  readonly pacing?: Partial<Pacing>;
}

export class MinecraftSession {
  /** Where the task's 0, 0, 0 is in the world. */
  readonly origin: Cell;
  readonly names: BlockNames;
  /** The box that the bots stand at, in the world's coordinates. */
  #place: Box | null = null;

  /** Use {@link openSession}. */
  constructor(
    readonly players: readonly Player[],
    readonly pacing: Pacing,
    origin: Cell,
    readonly address: { readonly host: string; readonly port: number; readonly builtIn: boolean },
    private readonly closeServer: () => Promise<void>,
  ) {
    this.origin = origin;
    const { blocksByName } = this.#first.bot.registry;
    this.names = new BlockNames((name) => Object.hasOwn(blocksByName, name));
  }

  /** Minecraft's. */
  get version(): string {
    return this.#first.bot.version;
  }

  /**
   * Moves the bots beside the box and fills it with air.
   *
   * @param box in the task's coordinates
   * @throws {MinecraftError} when it cannot be emptied
   */
  async clear(box: Box): Promise<void> {
    const place = shift(box, this.origin);
    if (boxVolume(box) > MOST_FILLED) {
      throw new MinecraftError(
        'bad_turn',
        `The box ${boxText(box)} has ${boxVolume(box)} cells; a server fills at most ${MOST_FILLED} at once.`,
      );
    }
    if (boxText(place) !== (this.#place && boxText(this.#place))) await this.#standAt(place);
    const { confirmed, answers } = await this.#first.execute(fillCommand(place, 'air'));
    if (confirmed) return;
    throw new MinecraftError(
      'timed_out',
      `The box ${boxText(place)} did not become empty: ${serverWords(answers)}. Check that it lies within the world and that nothing flows or grows into it, or choose another \`--origin\`.`,
    );
  }

  /** Lets the bot of an agent (from 0) carry out one command. */
  execute(agent: number, command: ServerCommand): Promise<Execution> {
    return this.#player(agent).execute(command);
  }

  /**
   * Reads the box until two scans in a row agree.
   *
   * @param agent whose bot reads: the last that built, since what it built before is surely in its view
   * @returns what is not air, in the task's coordinates and the server's names
   */
  async scan(box: Box, agent: number): Promise<PlacedBlock[]> {
    const player = this.#player(agent);
    const deadline = performance.now() + this.pacing.timeout;
    let last = '';
    for (;;) {
      const blocks = this.#read(player, box);
      const text = JSON.stringify(blocks);
      if (blocks !== null && text === last) return blocks;
      if (performance.now() > deadline) {
        throw new MinecraftError(
          'timed_out',
          blocks === null
            ? `The world around ${boxText(shift(box, this.origin))} is no longer loaded.`
            : `What stands in ${boxText(shift(box, this.origin))} keeps changing: something there moves, flows or grows.`,
        );
      }
      last = text;
      await player.until(() => false, this.pacing.scanDelay);
    }
  }

  /** Disconnects the bots and stops the server if it is ours. */
  async close(): Promise<void> {
    for (const { bot } of this.players) bot.end();
    // The bots' farewells are on their way.
    await sleep(20);
    await this.closeServer();
  }

  get #first(): Player {
    return this.#player(0);
  }

  #player(agent: number): Player {
    const player = this.players[agent];
    if (player !== undefined) return player;
    throw new MinecraftError(
      'bad_turn',
      `Agent ${agent + 1} has no bot: the session was opened with ${this.players.length}.`,
    );
  }

  #read(player: Player, box: Box): PlacedBlock[] | null {
    const { x: dx, y: dy, z: dz } = this.origin;
    const blocks: PlacedBlock[] = [];
    for (const { x, y, z } of cellsOf(box)) {
      const block = player.blockAt({ x: x + dx, y: y + dy, z: z + dz });
      if (block === null) return null;
      if (!isAir(block)) blocks.push([x, y, z, block]);
    }
    return blocks;
  }

  /** Servers change only what is loaded, and load what is near a player. */
  async #standAt(place: Box): Promise<void> {
    const { minY = 0, height = 256 } = this.#first.bot.game;
    if (place.from.y < minY || place.to.y >= minY + height) {
      throw new MinecraftError(
        'bad_turn',
        `The box ${boxText(place)} reaches out of the world, whose y goes from ${minY} to ${minY + height - 1}. Choose another \`--origin\`.`,
      );
    }
    const x = Math.floor((place.from.x + place.to.x) / 2);
    for (const [index, player] of this.players.entries()) {
      if (player.bot.game.gameMode !== 'creative') player.say('/gamemode creative');
      player.say(`/tp ${x} ${place.from.y} ${place.to.z + 2 + 2 * index}`);
    }
    const isLoaded = () =>
      this.players.every((player) => [...cellsOf(place)].every((cell) => player.blockAt(cell) !== null));
    if (!(await this.#first.until(isLoaded, this.pacing.timeout))) {
      throw new MinecraftError(
        'timed_out',
        `The world around ${boxText(place)} was not loaded within ${this.pacing.timeout / 1000} seconds. Make the bots operators, so that they may \`/tp\` there, and check that the place lies within the world.`,
      );
    }
    this.#place = place;
  }
}

/**
 * Starts or reaches a server and lets the bots join.
 *
 * @throws {MinecraftError}
 */
export async function openSession(
  options: SessionOptions,
  library: BotLibrary = loadBotLibrary(),
): Promise<MinecraftSession> {
  const { server, botNames } = options;
  const pacing = { ...(server === null ? localPacing : remotePacing), ...options.pacing };
  const shared: SharedState = { failure: null, answers: server === null ? true : null };
  const lost = (error: MinecraftError) => {
    shared.failure ??= error;
  };
  const local =
    server === null
      ? await startLocalServer({
          ...(options.version === undefined ? {} : { version: options.version }),
          spawn: options.origin ?? LOCAL_ORIGIN,
          players: botNames.length,
        })
      : null;
  local?.died.catch(lost);
  const address = server ?? (local as ServerAddress);
  const players: Player[] = [];
  try {
    const version = await versionFor(library, address, JOIN_TIMEOUT_MS);
    for (const name of botNames) {
      const joined = joinServer(library, { ...address, version }, name, JOIN_TIMEOUT_MS, lost);
      players.push(new Player(await joined, library, pacing, shared));
    }
  } catch (error) {
    for (const { bot } of players) bot.end();
    await local?.close();
    throw error;
  }
  const origin = options.origin ?? (local ? LOCAL_ORIGIN : besideSpawn(players));
  const { host, port } = address;
  const close = async () => {
    await local?.close();
  };
  return new MinecraftSession(players, pacing, origin, { host, port, builtIn: local !== null }, close);
}

function besideSpawn([first]: readonly Player[]): Cell {
  const { x, y, z } = (first as Player).bot.entity.position;
  return {
    x: Math.floor(x) + SPAWN_OFFSET.x,
    y: Math.floor(y) + SPAWN_OFFSET.y,
    z: Math.floor(z) + SPAWN_OFFSET.z,
  };
}

function boxText({ from, to }: Box): string {
  return `${from.x} ${from.y} ${from.z} to ${to.x} ${to.y} ${to.z}`;
}

function serverWords(answers: readonly string[]): string {
  return answers.length === 0 ? 'the server said nothing' : `the server said "${answers.join('" and "')}"`;
}
