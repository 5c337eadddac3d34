/** Connects one bot, and says in words what hinders it. */
import type { Bot, BotLibrary } from './bot.js';
import { briefly, MinecraftError } from './error.js';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** Of Minecraft, e.g. `1.21.4`; null asks the server. */
  readonly version: string | null;
}

/**
 * The version that bots have to play on a server.
 *
 * @throws {MinecraftError} `wrong_version`, `connection_refused` or `connection_lost`
 */
export async function versionFor(
  library: BotLibrary,
  { host, port, version }: ServerAddress,
  timeout: number,
): Promise<string> {
  const place = `${host}:${port}`;
  let found = version;
  if (found === null) {
    try {
      found = await library.askVersion(host, port, timeout);
    } catch (cause) {
      if ((cause as Error).message === 'ETIMEDOUT') throw timedOut(place, 'The first bot', timeout);
      throw connectionError(place, 'The first bot', cause);
    }
  }
  if (!library.supports(found)) throw wrongVersion(place, `it plays ${briefly(found)}`);
  return found;
}

/**
 * Joins a server in offline mode and resolves when the bot stands in the world.
 *
 * @param lost is told, at most once, why the bot left when it had joined already
 * @throws {MinecraftError} `connection_refused`, `kicked`, `wrong_version`, `connection_lost` or `timed_out`
 */
export function joinServer(
  library: BotLibrary,
  { host, port, version }: ServerAddress & { readonly version: string },
  username: string,
  timeout: number,
  lost: (error: MinecraftError) => void,
): Promise<Bot> {
  return new Promise((resolve, reject) => {
    const place = `${host}:${port}`;
    const bot = library.createBot({
      host,
      port,
      username,
      auth: 'offline',
      version,
      physicsEnabled: false,
      viewDistance: 'short',
      hideErrors: true,
      logErrors: false,
    });
    let state: 'joining' | 'joined' | 'gone' = 'joining';
    const fail = (error: MinecraftError) => {
      clearTimeout(timer);
      const before = state;
      state = 'gone';
      if (before === 'joined') lost(error);
      if (before !== 'joining') return;
      reject(error);
      bot.end();
    };
    const timer = setTimeout(() => fail(timedOut(place, username, timeout)), timeout);
    // `kicked` and `error` say why, `end` comes after them: the first one counts.
    bot.on('kicked', (reason) => fail(kicked(place, username, briefly(textOf(reason)))));
    bot.on('error', (cause) => fail(connectionError(place, username, cause)));
    bot.on('end', (reason) =>
      fail(
        new MinecraftError('connection_lost', `${place} ended the connection of ${username} (${reason}).`),
      ),
    );
    bot.on('spawn', () => {
      if (state !== 'joining') return;
      clearTimeout(timer);
      state = 'joined';
      resolve(bot);
    });
  });
}

function timedOut(place: string, username: string, timeout: number): MinecraftError {
  return new MinecraftError(
    'timed_out',
    `${username} could not join ${place} within ${timeout / 1000} seconds. Check that a Minecraft server answers there and is not overloaded.`,
  );
}

function kicked(place: string, username: string, reason: string): MinecraftError {
  if (/outdated|incompatible|version/i.test(reason)) return wrongVersion(place, reason);
  const cure = /verif|authenticat|premium|session/i.test(reason)
    ? ' Set `online-mode=false` in its server.properties, since bots have no accounts.'
    : /white.?list/i.test(reason)
      ? ` Put ${username} on its white list.`
      : '';
  return new MinecraftError('kicked', `${place} kicked ${username}: ${reason}.${cure}`);
}

function wrongVersion(place: string, detail: string): MinecraftError {
  return new MinecraftError(
    'wrong_version',
    `${place} and the bots do not play the same Minecraft: ${detail}. The bots know 1.13 to 1.21.4; \`--version\` says which to play.`,
  );
}

function connectionError(place: string, username: string, cause: unknown): MinecraftError {
  const { code, message } = cause as { code?: string; message?: string };
  const why = briefly(message || code || String(cause));
  if (code === 'ECONNREFUSED') {
    return new MinecraftError(
      'connection_refused',
      `Nothing listens on ${place}. Start the Minecraft server, or leave \`--host\` and \`--port\` out to use the built-in one.`,
      { cause },
    );
  }
  if (/version/i.test(why)) return wrongVersion(place, why);
  return new MinecraftError('connection_lost', `${username} has no connection to ${place}: ${why}.`, {
    cause,
  });
}

/** The readable parts of a kick's reason, which is a text, JSON, or an NBT tree of a chat component. */
export function textOf(reason: unknown): string {
  if (typeof reason === 'string') {
    if (!/^[[{"]/.test(reason)) return reason;
    try {
      return textOf(JSON.parse(reason));
    } catch {
      return reason;
    }
  }
  if (Array.isArray(reason)) return reason.map(textOf).filter(Boolean).join(' ');
  if (typeof reason !== 'object' || reason === null) return '';
  if ('type' in reason && 'value' in reason) return textOf(reason.value);
  const { text, translate, extra, with: values } = reason as Record<string, unknown>;
  return [text, translate, values, extra].map(textOf).filter(Boolean).join(' ');
}
