/** `collm minecraft` on a real server: the built-in one, and as somebody else's. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { taskNamed } from '@collm/envs';
import { isMinecraftInstalled, type LocalServer, startLocalServer } from '@collm/minecraft';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const installed = isMinecraftInstalled();
const title = `on a real server${installed ? '' : ' (skipped: run `npm run setup:minecraft`)'}`;

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  const { code, err } = await space.collm([
    ...[
      'train',
      'run.yaml',
      '--name',
      'words',
      '--set',
      'train.max_steps=2',
      '--set',
      'train.eval_interval=2',
    ],
  ]);
  expect({ code, err: code === 0 ? '' : err }).toEqual({ code: 0, err: '' });
});
afterAll(() => space[Symbol.dispose]());

describe('collm minecraft', () => {
  it.each([
    [['--help'], /replay[\s\S]*check/],
    [['replay', '--help'], /--episode <n>[\s\S]*Examples:/],
  ])('%j explains itself', async (args, text) => {
    const { code, out } = await space.collm(['minecraft', ...args]);
    expect(out).toMatch(text);
    expect(code).toBe(0);
  });

  it.each([
    [['replay'], /missing required argument 'run'/],
    [['replay', 'runs/words', '--origin', '1,2'], /three whole numbers/],
    [['replay', 'runs/words', '--port', '99999'], /from 1 to 65535/],
    [['replay', 'runs/words', '--bots', 'a b,c'], /no name of a player/],
    [['replay', 'runs/words', '--bots', 'ann_1,ann_1'], /must differ/],
    [['replay', 'runs/words', '--bots', 'ann_1'], /names 1, but 2 agents build/],
    [['check', '--episodes', '0'], /1 or more/],
  ])('%j is a usage error', async (args, text) => {
    const { code, err } = await space.collm(['minecraft', ...args]);
    expect(err).toMatch(text);
    expect(code).toBe(2);
  });

  it.each([
    [['runs/none'], /There is no run runs\/none/],
    [['runs/words', '--episode', '9999'], /is not there: runs\/words has logged \d+ episodes/],
  ])('replay %j says what is not there', async (args, text) => {
    const { code, err } = await space.collm(['minecraft', 'replay', ...args]);
    expect(err).toMatch(text);
    expect(code).toBe(1);
  });

  it('replay says that a run builds nothing', async () => {
    logEpisode('talk', [{ text: 'no blocks' }]);
    const { code, err } = await space.collm(['minecraft', 'replay', 'runs/talk']);
    expect(err).toMatch(/Turn 1 of episode 1: .* no accepted commands and no world/);
    expect(code).toBe(1);
  });
});

describe.skipIf(!installed)(title, () => {
  it('20 random episodes of each building task agree with the simulator on every block', async () => {
    const { code, out, err } = await space.collm(['minecraft', 'check', '--json']);
    expect(err).toMatch(/^Minecraft 1.21.4 on the built-in server; .* 0,64,0.\n$/);
    const { agrees, tasks } = JSON.parse(out);
    expect(tasks).toMatchObject([
      { task: 'str_build', episodes: 20, turns: 40, differences: 0 },
      { task: 'house_build', episodes: 20, turns: 40, differences: 0 },
    ]);
    for (const { commands } of tasks) expect(commands).toBeGreaterThan(500);
    expect({ agrees, code }).toEqual({ agrees: true, code: 0 });
  }, 180_000);

  it('an episode of a run is built turn by turn', async () => {
    const { code, out, err } = await space.collm(['minecraft', 'replay', 'runs/words']);
    expect(err).toMatch(/Episode \d+ of words \(str_build_\d+, evaluation at step 2\)/);
    expect(out).toMatch(/^turn 1: all \d+ cells agree; \d+ \+ \d+ commands, \d+ blocks stand\nturn 2: all /);
    expect(code).toBe(0);
  });

  describe("somebody else's server", () => {
    let server: LocalServer;
    let address: string[];
    beforeAll(async () => {
      server = await startLocalServer({ spawn: { x: 50, y: 80, z: 50 }, players: 2 });
      address = ['--port', String(server.port), '--step-delay', '0'];
    });
    afterAll(() => server.close());

    it('is asked for its version; builds stand beside the spawn; kills are not sent', async () => {
      const task = taskNamed('house_build');
      const environment = task?.open({}) as NonNullable<ReturnType<NonNullable<typeof task>['open']>>;
      const [item] = environment.trainItems;
      if (item === undefined) throw new Error('no houses');
      const responses = ['/fill 1 0 1 0 0 0 obsidian\n/kill', '/kill @e\n/fill 0 0 0 0 0 0 air'];
      const { info } = await environment.step(environment.reset(item, 1), responses);
      logEpisode('house', [info]);
      const { code, out } = await space.collm(['minecraft', 'replay', 'runs/house', '--json', ...address]);
      const result = JSON.parse(out);
      expect(result.server).toMatchObject({ built_in: false, version: '1.21.4', origin: [52, 80, 52] });
      expect(result.turns[0]).toMatchObject({
        agrees: true,
        agents: [
          { sent: 1, withheld: [{ line: '/kill' }], unconfirmed: [] },
          { sent: 1, withheld: [{ line: '/kill @e' }], unconfirmed: [] },
        ],
      });
      expect(result.turns[0].blocks).toEqual([
        [0, 0, 1, 'obsidian'],
        [1, 0, 0, 'obsidian'],
        [1, 0, 1, 'obsidian'],
      ]);
      expect({ code, agrees: result.agrees }).toEqual({ code: 0, agrees: true });
    });

    it('what differs is shown cell by cell, and the command fails', async () => {
      const box = { from: [0, 0, 0], to: [2, 0, 0] };
      const accepted = ['/setblock 0 0 0 stone', '/setblock 1 0 0 glow'];
      const world = [
        [0, 0, 0, 'obsidian'],
        [1, 0, 0, 'glow'],
      ];
      logEpisode('wrong', [{ agents: [{ accepted }], world, box }]);
      const origin = ['--origin', '60,70,60'];
      const { code, out } = await space.collm(['minecraft', 'replay', 'runs/wrong', ...address, ...origin]);
      expect(out.split('\n')).toEqual([
        'turn 1: 2 of 3 cells differ; 1 commands, 1 blocks stand',
        '  agent 1, not sent: /setblock 1 0 0 glow (this version of Minecraft has no block "glow")',
        '  0 0 0: stone stands there, but the simulator has obsidian',
        '  1 0 0: air stands there, but the simulator has glow',
        '',
      ]);
      expect(code).toBe(1);
    });

    it.each([
      [['--port', '1'], /Nothing listens on 127.0.0.1:1/],
      [['--version', '1.8.8'], /built-in server does not play Minecraft 1.8.8/],
      [() => [...address, '--version', '1.12.2'], /it plays 1.12.2/],
      [() => [...address, '--origin', '0,316,0'], /reaches out of the world, whose y goes from -64 to 319/],
    ])('case %# is an error', async (args, text) => {
      const options = typeof args === 'function' ? args() : args;
      const { code, err } = await space.collm(['minecraft', 'replay', 'runs/words', ...options]);
      expect(err).toMatch(text);
      expect(code).toBe(1);
    });
  });
});

/** A run folder with one episode, whose turns have logged this. */
function logEpisode(name: string, infos: readonly object[]): void {
  const dir = space.path('runs', name);
  mkdirSync(dir);
  for (const file of ['config.yaml', 'meta.json']) {
    const text = readFileSync(space.path('runs/words', file), 'utf8');
    writeFileSync(`${dir}/${file}`, text.replace('"words"', JSON.stringify(name)));
  }
  const stamp = { step: 1, attempt: 1, time: '2026-01-01T00:00:00Z' };
  const turns = infos.map((info, turn) => ({ turn, path: 0, info }));
  const records = [
    { ...stamp, step: 0, kind: 'attempt' },
    { ...stamp, kind: 'episode', phase: 'evaluation', episode: 0, itemId: name, turns },
  ];
  writeFileSync(`${dir}/episodes.jsonl`, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
