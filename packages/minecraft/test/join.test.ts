import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  isMinecraftInstalled,
  loadBotLibrary,
  type MinecraftError,
  startLocalServer,
  textOf,
} from '../src/index.js';
import { joinServer, versionFor } from '../src/join.js';
import { type FakeBot, FakeServer } from './fake-server.js';

const address = { host: 'there', port: 1, version: '1.21.4' };

function joining(welcome: (bot: FakeBot) => void, lost: (error: MinecraftError) => void = () => {}) {
  const server = new FakeServer();
  server.welcome = welcome;
  return joinServer(server.library, address, 'agent_1', 50, lost);
}

const failing = (error: Error & { code?: string }) => (bot: FakeBot) => {
  bot.tell('error', error);
  bot.tell('end', 'socketClosed');
};
const kicking = (reason: unknown) => (bot: FakeBot) => {
  bot.tell('kicked', reason);
  bot.tell('end', 'socketClosed');
};

describe('joining a server', () => {
  it('stands in the world, without an account and without physics', async () => {
    const bot = (await joining((joined) => joined.tell('spawn'))) as FakeBot;
    expect(bot.options).toMatchObject({
      username: 'agent_1',
      auth: 'offline',
      version: '1.21.4',
      physicsEnabled: false,
    });
  });

  it.each([
    [
      'connection_refused',
      failing(Object.assign(new Error(''), { code: 'ECONNREFUSED' })),
      /Nothing listens/,
    ],
    ['connection_lost', failing(new Error('getaddrinfo ENOTFOUND there')), /ENOTFOUND/],
    [
      'wrong_version',
      failing(new Error('unsupported protocol version: 9')),
      /do not play the same.*`--version`/,
    ],
    ['wrong_version', kicking('{"translate":"multiplayer.disconnect.outdated_server"}'), /outdated_server/],
    ['kicked', kicking('{"translate":"multiplayer.disconnect.unverified_username"}'), /online-mode=false/],
    [
      'kicked',
      kicking({ type: 'string', value: 'You are not white-listed' }),
      /Put agent_1 on its white list/,
    ],
    ['connection_lost', (bot: FakeBot) => bot.tell('end', 'socketClosed'), /ended the connection/],
    ['timed_out', () => {}, /could not join there:1 within 0.05 seconds/],
  ])('fails with %s', async (code, welcome, message) => {
    await expect(joining(welcome)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('tells once why a bot left that had joined', async () => {
    const lost: MinecraftError[] = [];
    const bot = (await joining(
      (joined) => joined.tell('spawn'),
      (error) => lost.push(error),
    )) as FakeBot;
    bot.tell('kicked', 'idle');
    bot.tell('end', 'socketClosed');
    expect(lost.map(({ code }) => code)).toEqual(['kicked']);
  });

  it.each([
    ['plain', 'plain'],
    ['"quoted"', 'quoted'],
    ['{broken', '{broken'],
    ['{"text":"","extra":[{"text":"a"},"b"]}', 'a b'],
    [{ translate: 'key', with: ['one', { text: 'two' }] }, 'key one two'],
    [{ type: 'compound', value: { text: { type: 'string', value: 'deep' } } }, 'deep'],
    [undefined, ''],
  ])('reads the reason of a kick: %j', (reason, text) => {
    expect(textOf(reason)).toBe(text);
  });
});

it('says how to install what is missing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'collm-minecraft-'));
  try {
    expect(isMinecraftInstalled(folder)).toBe(false);
    expect(() => loadBotLibrary(folder)).toThrow(/run `npm run setup:minecraft`/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.skipIf(!isMinecraftInstalled())('the real parts (skipped without npm run setup:minecraft)', () => {
  it('do not know every version', async () => {
    await expect(
      startLocalServer({ version: '1.0', spawn: { x: 0, y: 0, z: 0 }, players: 1 }),
    ).rejects.toThrow(/does not play Minecraft 1.0, but .*1.21.4/);
  });

  it('say that nothing listens, whether the version is known or asked for', async () => {
    const there = { host: '127.0.0.1', port: await freePort(), version: '1.21.4' };
    const library = loadBotLibrary();
    const refused = { code: 'connection_refused' };
    await expect(joinServer(library, there, 'agent_1', 20_000, () => {})).rejects.toMatchObject(refused);
    await expect(versionFor(library, { ...there, version: null }, 20_000)).rejects.toMatchObject(refused);
  });

  it('say that a server does not speak the protocol', async () => {
    const babbler = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-babble'));
    const port = await new Promise<number>((resolve) => {
      babbler.listen(0, '127.0.0.1', () => resolve((babbler.address() as { port: number }).port));
    });
    const there = { host: '127.0.0.1', port, version: null };
    await expect(versionFor(loadBotLibrary(), there, 300)).rejects.toMatchObject({ code: 'timed_out' });
    babbler.close();
  });

  it.each([
    ['1.12.2', false],
    ['1.13', true],
    ['1.21.4', true],
    ['1.21.8', false],
    ['26.1', false],
    ['soon', false],
  ])('play %s: %s', (version, playable) => {
    expect(loadBotLibrary().supports(version)).toBe(playable);
  });
});

it('asks for the version, and does not join what it cannot play', async () => {
  const { library } = new FakeServer();
  const there = { host: 'there', port: 1, version: null };
  await expect(versionFor(library, there, 50)).resolves.toBe('1.21.4');
  const future = Object.assign(new FakeServer(), { version: '30.1' });
  await expect(versionFor(future.library, there, 50)).rejects.toMatchObject({
    code: 'wrong_version',
    message: expect.stringContaining('it plays 30.1'),
  });
});

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
