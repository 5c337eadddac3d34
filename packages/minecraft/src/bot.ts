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
  readonly game: { readonly gameMode?: string };
  readonly entity: { readonly position: Cell };
  /** The block that the server last told of, or null where the chunk is not loaded. */
  blockAt(position: Cell): { readonly name: string } | null;
  /** Sends a chat line; a command if it begins with a slash. */
  chat(line: string): void;
  quit(): void;
  on<E extends keyof BotEvents>(event: E, listener: (...args: BotEvents[E]) => void): unknown;
}

export interface BotOptions {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly auth: 'offline';
  /** `false` asks the server. */
  readonly version: string | false;
  /** Bots stand still where the server puts them. */
  readonly physicsEnabled: false;
  readonly viewDistance: 'tiny' | 'short';
  readonly hideErrors: true;
  readonly logErrors: false;
}

export interface BotLibrary {
  createBot(options: BotOptions): Bot;
  readonly Vec3: new (x: number, y: number, z: number) => Cell;
}

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
  return { createBot: require('mineflayer').createBot, Vec3: require('vec3').Vec3 };
}
