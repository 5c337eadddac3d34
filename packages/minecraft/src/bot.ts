/**
 * The parts of mineflayer that we use, declared here because it is installed only where it is wanted, and how to load it.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cell } from '@collm/envs';
import { MinecraftError } from './error.js';

/** A chat line as a bot gets it. `translate` is the key of a text that the client would look up. */
export interface ChatMessage {
  readonly translate?: string;
  /** Parts that follow it; vanilla puts what failed in here. */
  readonly extra?: readonly ChatMessage[];
  toString(): string;
}

/** What a bot tells. `error` and `end` may come at any time, `end` after all others. */
export interface BotEvents {
  spawn: [];
  message: [message: ChatMessage];
  kicked: [reason: unknown];
  error: [error: Error];
  end: [reason: string];
}

/** A player that a program steers: the part of mineflayer's `Bot` that we use. */
export interface Bot {
  readonly username: string;
  /** Of Minecraft, e.g. `1.21.4`. */
  readonly version: string;
  readonly registry: { readonly blocksByName: Readonly<Record<string, unknown>> };
  /** `minY` and `height` are the world's, from Minecraft 1.18 on. */
  readonly game: { readonly gameMode?: string; readonly minY?: number; readonly height?: number };
  readonly entity: { readonly position: Cell };
  /** The block that the server last told of, or null where the chunk is not loaded. */
  blockAt(position: Cell): { readonly name: string } | null;
  /** Sends a chat line; a command if it begins with a slash. */
  chat(line: string): void;
  /** Leaves; may be called at any time. */
  end(): void;
  on<E extends keyof BotEvents>(event: E, listener: (...args: BotEvents[E]) => void): unknown;
}

export interface BotOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly auth: 'offline';
  readonly version: string;
  /** Bots stand still where the server puts them. */
  readonly physicsEnabled: false;
  readonly viewDistance: 'tiny' | 'short';
  readonly hideErrors: true;
  readonly logErrors: false;
}

export interface BotLibrary {
  createBot(options: BotOptions): Bot;
  readonly Vec3: new (x: number, y: number, z: number) => Cell;
  /** Whether bots can play this version of Minecraft and know its blocks by the names of today. */
  supports(version: string): boolean;
  /** Asks a server for its version; the name of the protocol's where it is not known. Rejects where nothing answers. */
  askVersion(host: string, port: number, timeout: number): Promise<string>;
}

/** The oldest Minecraft in which every block has a name of its own. */
const OLDEST_VERSION = '1.13';

/** The folder that `npm run setup:minecraft` installs into. */
export const serverFolder = fileURLToPath(new URL('../server', import.meta.url));

/** Whether `npm run setup:minecraft` was run. */
export function isMinecraftInstalled(folder = serverFolder): boolean {
  return ['mineflayer', 'flying-squid', 'vec3'].every((name) =>
    existsSync(join(folder, 'node_modules', name, 'package.json')),
  );
}

/** @throws {MinecraftError} `not_installed` */
export function requireInstalled(folder = serverFolder): void {
  if (isMinecraftInstalled(folder)) return;
  throw new MinecraftError(
    'not_installed',
    'The packages for Minecraft are not installed, since they are large and only `collm minecraft` needs them: run `npm run setup:minecraft` in the folder of CoLLM.',
  );
}

/** @throws {MinecraftError} `not_installed` */
export function loadBotLibrary(folder = serverFolder): BotLibrary {
  requireInstalled(folder);
  const require = createRequire(join(folder, 'package.json'));
  const mineflayer = require('mineflayer') as Mineflayer;
  const protocol = require('minecraft-protocol') as Protocol;
  const data = require('minecraft-data') as MinecraftData;
  return {
    createBot: mineflayer.createBot,
    Vec3: (require('vec3') as Pick<BotLibrary, 'Vec3'>).Vec3,
    supports: (name) => {
      const version = data(name)?.version;
      return !!version?.['>='](OLDEST_VERSION) && version['<='](mineflayer.latestSupportedVersion);
    },
    askVersion: async (host, port, timeout) => {
      const { version } = await protocol.ping({ host, port, closeTimeout: timeout });
      const known = data.postNettyVersionsByProtocolVersion.pc[version.protocol];
      return known?.[0]?.minecraftVersion ?? version.name;
    },
  };
}

interface Mineflayer extends Pick<BotLibrary, 'createBot'> {
  readonly latestSupportedVersion: string;
}

interface Protocol {
  ping(options: {
    host: string;
    port: number;
    closeTimeout: number;
  }): Promise<{ version: { name: string; protocol: number } }>;
}

interface MinecraftData {
  (version: string): { readonly version: Record<'>=' | '<=', (other: string) => boolean> } | null;
  readonly postNettyVersionsByProtocolVersion: {
    readonly pc: Readonly<Record<number, readonly { readonly minecraftVersion: string }[]>>;
  };
}
