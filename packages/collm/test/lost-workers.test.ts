/** What a run does when the worker of one of its members dies. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesUnder } from '../src/run-store/durable.js';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import { readStatus } from '../src/run-store/status.js';
import { type LosingOptions, losingTeam } from './losing-team.js';
import { content, type Outcome, Workspace } from './workspace.js';

let space: Workspace;
let total = 0;
beforeAll(async () => {
  space = new Workspace();
  await run('whole', { dies: () => false, onCall: () => total++ });
});
afterAll(() => space[Symbol.dispose]());

const run = (name: string, losing: LosingOptions, set: readonly string[] = []): Promise<Outcome> =>
  space.collm(
    ['train', 'run.yaml', '--name', name, ...set.flatMap((one) => ['--set', one])],
    losingTeam(losing),
  );

/** All that a run reports of episodes that were played to their ends, and what it has saved. */
function outcome(name: string): unknown {
  const dir = space.path('runs', name);
  const { metrics, episodes } = content(dir);
  const last = space.path('runs', name, 'checkpoints/step-000006');
  return {
    metrics,
    episodes: episodes.filter(({ interrupted }) => !interrupted),
    files: Object.fromEntries(
      filesUnder(last).map((file) => [file, readFileSync(`${last}/${file}`, 'utf8')]),
    ),
  };
}

const interrupted = (name: string) =>
  readEpisodes(space.path('runs', name)).filter((episode) => episode.interrupted);
const restarts = (name: string) =>
  readMetrics(space.path('runs', name)).flatMap(({ metrics }) => metrics['time/restarts'] ?? []);

describe('a lost worker', () => {
  it('leaves no trace in what is learned, whichever call was its last', async () => {
    expect(total).toBeGreaterThan(60);
    for (let call = 1; call <= total; call += 13) {
      const name = `at-${call}`;
      const { code, err } = await run(name, { dies: (count) => count === call });
      expect(code, err).toBe(0);
      expect(err).toMatch(/The worker of (agent-\d|critic) is gone: its process was killed by SIGKILL\./);
      expect(err).toMatch(/Restart 1 of 3, from step \d/);
      expect(outcome(name), name).toEqual(outcome('whole'));
      expect(existsSync(space.path('runs', name, 'recovery'))).toBe(false);
      rmSync(space.path('runs', name), { recursive: true });
    }
  });

  it('is told of, with the episodes in flight, which stay beside those that were played again', async () => {
    let acts = 0;
    // The first evaluation asks each agent twice; a step too.
    const dies = (_: number, name: string) => name === 'act' && ++acts === 4 + 4 + 3;
    const { err } = await run('told', { dies });
    expect(err).toContain(
      'The worker of agent-0 is gone: its process was killed by SIGKILL. 8 episodes in flight recorded as failed\n',
    );
    const broken = interrupted('told');
    expect(broken).toHaveLength(8);
    for (const episode of broken) {
      expect(episode).toMatchObject({ phase: 'train', step: 2, attempt: 1 });
      expect(episode.failure).toBe('The worker of agent-0 is gone: its process was killed by SIGKILL.');
      expect(episode.turns).toHaveLength(1);
    }
    const again = readEpisodes(space.path('runs/told')).filter(
      ({ step, attempt }) => step === 2 && attempt === 2,
    );
    expect(again.map(({ episode }) => episode)).toEqual(broken.map(({ episode }) => episode));
    expect(restarts('told')).toEqual([0, 1, 1, 1, 1, 1]);
    expect(readdirSync(space.path('runs/told/logs')).sort()).toEqual(['attempt-1.log', 'attempt-2.log']);
    expect(readFileSync(space.path('runs/told/logs/attempt-1.log'), 'utf8')).toMatch(/SIGKILL/);
    expect(readStatus(space.path('runs/told'))).toMatchObject({ state: 'finished', step: 6, total_steps: 6 });
  });

  it('takes the run back to the last state, which may be some steps before', async () => {
    let updates = 0;
    const dies = (_: number, name: string) => name === 'update' && ++updates === 2 * 5;
    const set = ['train.recovery_interval=3', 'train.checkpoint_every=0'];
    const { err } = await run('far', { dies }, set);
    expect(err).toMatch(/Restart 1 of 3, from step 3/);
    expect(interrupted('far')).toEqual([]);
    expect(outcome('far')).toEqual(outcome('whole'));
  });

  it('that is gone again as soon as it is there counts too', async () => {
    const losing = { dies: (call: number) => call === 40, revivingFails: (time: number) => time < 3 };
    const { code, err } = await run('slow', losing);
    expect(code).toBe(0);
    expect(err).toMatch(/Restart 3 of 3, from step/);
    expect(outcome('slow')).toEqual(outcome('whole'));
  });
});

describe('the rule', () => {
  it('stops at once where no restart is allowed; what was kept is gone on from', async () => {
    const { code, err } = await run('strict', { dies: (call) => call === 70 }, ['train.max_restarts=0']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /error: The worker of .* is gone: .*SIGKILL\. `train.max_restarts` is 0, so the run stops\. .*collm train --resume runs\/strict/,
    );
    const [, step] = /Saved up to step (\d); go on with: collm train --resume runs\/strict/.exec(err) ?? [];
    expect(readdirSync(space.path('runs/strict/recovery'))).toEqual([`step-00000${step}`]);
    const failed = readStatus(space.path('runs/strict'));
    expect(failed).toMatchObject({ state: 'failed', step: Number(step), pid: process.pid });
    expect(failed?.error).toMatch(/max_restarts/);
    const resumed = await space.collm(
      ['train', '--resume', 'runs/strict'],
      losingTeam({ dies: () => false }),
    );
    expect(resumed.err).toMatch(new RegExp(`Resumed at step ${step}`));
    expect(resumed.code).toBe(0);
    expect(outcome('strict')).toEqual(outcome('whole'));
  });

  it('gives up where a worker dies of the same again and again, although steps before it are finished', async () => {
    // Of whatever follows the fourth step: the state before it is that of the third.
    let saves = 0;
    let updates = 0;
    const dies = (_: number, name: string) => {
      if (name === 'load') updates = 2 * 3;
      if (name === 'save') saves += 1;
      return name === 'update' && ++updates > 2 * 4;
    };
    const { code, err } = await run('stubborn', { dies }, [
      'train.recovery_interval=3',
      'train.checkpoint_every=0',
    ]);
    expect(saves).toBe(6);
    expect(code).toBe(1);
    expect(err).toMatch(/started again 3 times without getting a step further/);
    expect(readdirSync(space.path('runs/stubborn/logs'))).toHaveLength(4);
  });

  it('goes on as long as every restart gets further', async () => {
    let updates = 0;
    const dies = (_: number, name: string) => name === 'update' && ++updates % 5 === 0;
    const { code, err } = await run('often', { dies }, ['train.max_restarts=1']);
    expect(code, err).toBe(0);
    expect(restarts('often').at(-1)).toBeGreaterThan(2);
    expect(outcome('often')).toEqual(outcome('whole'));
  });
});

describe('states for restarts', () => {
  it('are written for teams with workers only', async () => {
    const seen: boolean[] = [];
    const look = () => {
      seen.push(existsSync(space.path('runs/looked/recovery')));
    };
    await run('looked', { dies: () => false, onCall: look });
    expect(seen).toContain(true);
    const { code } = await space.collm([
      'train',
      'run.yaml',
      '--name',
      'plain',
      '--set',
      'train.max_steps=1',
    ]);
    expect(code).toBe(0);
    expect(existsSync(space.path('runs/plain/recovery'))).toBe(false);
  });

  it('are what a process that was killed as a whole goes on from', async () => {
    // What lies on the disk at a moment is what a kill at that moment leaves.
    let call = 0;
    const onCall = () => {
      if (++call % 15 !== 0) return;
      cpSync(space.path('runs/killed'), space.path(`runs/at-${call}`), { recursive: true });
      rmSync(space.path(`runs/at-${call}/run.lock`));
    };
    await run('killed', { dies: () => false, onCall }, ['train.checkpoint_every=4']);
    const from: string[] = [];
    for (let moment = 15; moment <= call; moment += 15) {
      const { code, err } = await space.collm(
        ['train', '--resume', `runs/at-${moment}`],
        losingTeam({ dies: () => false }),
      );
      expect(code, err).toBe(0);
      expect(outcome(`at-${moment}`), `killed in call ${moment}`).toEqual(outcome('whole'));
      from.push(/Resumed at step (\d)/.exec(err)?.[1] as string);
    }
    // Not only at the steps of checkpoints.
    expect(new Set(from).size).toBeGreaterThan(3);
  });

  it('of later steps are not gone on from after --from', async () => {
    await run('back', { dies: (call) => call === 75 }, ['train.max_restarts=0']);
    const { err, code } = await space.collm(
      ['train', '--resume', 'runs/back', '--from', '2'],
      losingTeam({ dies: (call) => call === 20 }),
    );
    expect(code, err).toBe(1);
    expect(err).toMatch(/Resumed at step 2/);
    expect(err).toMatch(/Saved up to step [23]/);
  });

  it('that are damaged are refused, with the checkpoint to go on from', async () => {
    const { err } = await run('hurt', { dies: (call) => call === 70 }, ['train.max_restarts=0']);
    const [, step] = /Saved up to step (\d)/.exec(err) ?? [];
    rmSync(space.path(`runs/hurt/recovery/step-00000${step}/agent-0/policy.json`));
    const resumed = await space.collm(['train', '--resume', 'runs/hurt'], losingTeam({ dies: () => false }));
    expect(resumed.code).toBe(1);
    expect(resumed.err).toMatch(
      /recovery\/step-.* is damaged: agent-0\/policy.json is missing\. .*--from \d/,
    );
  });
});

describe('collm eval', () => {
  it('says which worker is gone, and how', async () => {
    const { code, err } = await space.collm(
      ['eval', 'runs/whole'],
      losingTeam({ dies: (_, name) => name === 'act' }),
    );
    expect(code).toBe(1);
    expect(err).toMatch(
      /error: The agent failed to answer .*\n.*because: The worker of agent-0 is gone: .*SIGKILL/,
    );
  });
});
