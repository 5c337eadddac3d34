import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MinecraftSession, openSession, type Pacing, replayTurn } from '../src/index.js';
import { FakeServer } from './fake-server.js';

const box = { from: { x: 0, y: 0, z: 0 }, to: { x: 2, y: 2, z: 2 } };
const quick: Pacing = { stepDelay: 0, scanDelay: 5, timeout: 200, silence: 20 };

let server: FakeServer;
let session: MinecraftSession | undefined;
beforeEach(() => {
  server = new FakeServer();
  session = undefined;
});
afterEach(async () => session?.close());

async function open(pacing: Partial<Pacing> = {}): Promise<MinecraftSession> {
  session = await openSession(
    {
      server: { host: 'there', port: 1, version: null },
      botNames: ['agent_1', 'agent_2'],
      origin: { x: 10, y: 20, z: 30 },
      pacing: { ...quick, ...pacing },
    },
    server.library,
  );
  return session;
}

describe('a turn on a server', () => {
  it("sends agent 1's lines, then agent 2's, and of these only what builds", async () => {
    const { blocks, agents } = await replayTurn(await open(), {
      box,
      commands: [
        ['/setblock 0 0 0 stone', '/kill', '/setblock 1 1 1 planks'],
        ['/kill @e[type=spider]', '/fill 0 1 0 0 0 0 obsidian', '/setblock 2 2 2 glow', '/stop'],
      ],
    });
    expect(server.built).toEqual([
      'agent_1: /fill 10 20 30 12 22 32 air',
      'agent_1: /setblock 10 20 30 stone',
      'agent_1: /setblock 11 21 31 oak_planks',
      'agent_2: /fill 10 20 30 10 21 30 obsidian',
    ]);
    expect(blocks).toEqual([
      [0, 0, 0, 'obsidian'],
      [0, 1, 0, 'obsidian'],
      [1, 1, 1, 'planks'],
    ]);
    expect(agents.map(({ sent, withheld }) => [sent, withheld.map(({ line }) => line)])).toEqual([
      [2, ['/kill']],
      [1, ['/kill @e[type=spider]', '/setblock 2 2 2 glow', '/stop']],
    ]);
  });

  it('begins with an empty box, whatever stood there', async () => {
    server.blocks.set('12 22 32', 'stone');
    const replay = await replayTurn(await open(), { box, commands: [[], []] });
    expect(replay.blocks).toEqual([]);
  });

  it('prepares the bots once: in creative mode, beside the box', async () => {
    const opened = await open();
    await replayTurn(opened, { box, commands: [[]] });
    await replayTurn(opened, { box, commands: [[]] });
    expect(server.sent.filter((line) => /: \/(tp|gamemode) /.test(line))).toEqual([
      'agent_1: /gamemode creative',
      'agent_1: /tp 11 20 34',
      'agent_2: /gamemode creative',
      'agent_2: /tp 11 20 36',
    ]);
  });

  it('waits for each command before the next is sent, also where nothing changes and nobody answers', async () => {
    server.answers = false;
    server.delay = 10;
    const commands = [
      ['/setblock 0 0 0 stone', '/setblock 0 0 0 stone'],
      ['/setblock 0 0 0 obsidian', '/setblock 0 0 0 obsidian'],
    ];
    const { blocks } = await replayTurn(await open(), { box, commands });
    expect(blocks).toEqual([[0, 0, 0, 'obsidian']]);
    expect(server.built).toHaveLength(5);
    expect(server.early).toEqual([]);
  });

  it('does not take what the server says of other things for an answer', async () => {
    server.delay = 10;
    server.intercept = (bot, line) => {
      bot.hear('commands.teleport.success');
      bot.hear('agent_3 joined the game');
      setTimeout(() => server.build(bot, line), 5);
      return true;
    };
    const again = ['/setblock 0 0 0 stone', '/setblock 0 0 0 stone'];
    await replayTurn(await open(), { box, commands: [again, again] });
    expect(server.built).toHaveLength(5);
    expect(server.early).toEqual([]);
  });

  it('says which command had no effect, in the words of the server, and goes on', async () => {
    server.intercept = (bot, line) => {
      if (!line.includes('obsidian')) return false;
      bot.hear('commands.setblock.failed');
      return true;
    };
    const commands = [['/setblock 0 0 0 obsidian', '/setblock 1 0 0 stone']];
    const { blocks, agents } = await replayTurn(await open(), { box, commands });
    expect(blocks).toEqual([[1, 0, 0, 'stone']]);
    expect(agents[0]?.unconfirmed).toEqual([
      {
        line: '/setblock 0 0 0 obsidian',
        sent: '/setblock 10 20 30 obsidian',
        answers: ['commands.setblock.failed'],
      },
    ]);
  });

  it('stands beside the spawn of the first bot where no origin is given', async () => {
    const options = { server: { host: 'there', port: 1, version: null }, botNames: ['agent_1'] };
    session = await openSession({ ...options, pacing: quick }, server.library);
    expect(session.origin).toEqual({ x: 9, y: -60, z: -2 });
  });
});

describe('a server on which a turn cannot be played', () => {
  const turn = { box, commands: [['/setblock 0 0 0 stone'], []] };

  it('does not let the bots build', async () => {
    server.intercept = (bot, line) => {
      if (line.startsWith('/fill')) bot.hear('command.unknown.command');
      return true;
    };
    await expect(replayTurn(await open(), turn)).rejects.toMatchObject({
      code: 'no_permission',
      message: expect.stringMatching(/agent_1 may not use.*operators/),
    });
  });

  it('kicks a bot', async () => {
    server.intercept = (bot, line) => {
      if (!line.startsWith('/setblock')) return false;
      server.bots[1]?.tell('kicked', '{"text":"no robots"}');
      server.bots[1]?.tell('end', 'socketClosed');
      bot.hear('commands.setblock.success');
      return true;
    };
    await expect(replayTurn(await open(), turn)).rejects.toMatchObject({
      code: 'kicked',
      message: 'there:1 kicked agent_2: no robots.',
    });
  });

  it('has not loaded the place', async () => {
    server.unloaded = true;
    await expect(replayTurn(await open(), turn)).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringContaining('10 20 30 to 12 22 32 was not loaded'),
    });
  });

  it('does not empty the box', async () => {
    server.blocks.set('10 20 30', 'lava');
    server.intercept = (bot, line) => {
      if (line.startsWith('/fill')) bot.hear('argument.pos.outofworld');
      return true;
    };
    await expect(replayTurn(await open(), turn)).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringMatching(/did not become empty: the server said "argument.pos.outofworld"/),
    });
  });

  it('never comes to rest', async () => {
    let flips = 0;
    const opened = await open();
    const read = server.blocks.get.bind(server.blocks);
    server.intercept = (bot, line) => {
      server.build(bot, line);
      server.blocks.get = (cell) => (cell === '12 22 32' ? ['water', 'sand'][flips++ % 2] : read(cell));
      return line.startsWith('/setblock');
    };
    await expect(opened.scan(box, 0)).resolves.toEqual([]);
    await opened.execute(0, { text: '/setblock 10 20 30 stone', box: cellBox, block: 'stone' });
    await expect(opened.scan(box, 0)).rejects.toMatchObject({
      code: 'timed_out',
      message: expect.stringContaining('keeps changing'),
    });
  });

  it('is not asked for a box larger than a server fills, or for an agent without a bot', async () => {
    const opened = await open();
    const huge = { from: box.from, to: { x: 99, y: 99, z: 99 } };
    await expect(opened.clear(huge)).rejects.toMatchObject({ code: 'bad_turn' });
    const commands = [[], [], ['/setblock 0 0 0 stone']];
    await expect(replayTurn(opened, { box, commands })).rejects.toMatchObject({ code: 'bad_turn' });
  });
});

const cellBox = { from: { x: 10, y: 20, z: 30 }, to: { x: 10, y: 20, z: 30 } };
