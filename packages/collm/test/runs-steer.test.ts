import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlRequest, clearRequest, pendingRequests, sendRequest } from '../src/run-store/control.js';
import { readMetrics } from '../src/run-store/records.js';
import { readStatus, type TrainingState, writeStatus } from '../src/run-store/status.js';
import { fakeTeam } from './fake-team.js';
import { deadPid } from './run-history.js';
import { type Outcome, Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** A run that somebody says to train. */
function makeRun(state: TrainingState, pid = process.pid, host = hostname()): string {
  const dir = space.path('runs/a');
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}/config.yaml`, '');
  writeFileSync(`${dir}/metrics.jsonl`, '');
  setStatus(dir, state, pid, host);
  return dir;
}

function setStatus(dir: string, state: TrainingState, pid = process.pid, host = hostname()): void {
  writeStatus(dir, { state, step: 3, total_steps: 9, pid, host, updated: new Date().toISOString() });
}

/** Acts on requests as a training does, until the first that it is told to end at. */
async function obey(
  dir: string,
  act: Partial<Record<ControlRequest, () => void>>,
): Promise<ControlRequest[]> {
  const taken: ControlRequest[] = [];
  while (Object.keys(act).some((request) => !taken.includes(request as ControlRequest))) {
    for (const request of pendingRequests(dir)) {
      clearRequest(dir, request);
      taken.push(request);
      setTimeout(() => act[request]?.(), 30);
    }
    await sleep(10);
  }
  return taken;
}

const steer = (request: ControlRequest, ...more: string[]) => space.collm(['runs', request, 'a', ...more]);

describe('collm runs pause, resume, save, stop', () => {
  it.each([
    [
      'pause',
      'running',
      'paused',
      /^runs\/a: It pauses after the step it is in\.\nruns\/a: It is paused, at step 3\.\n$/,
    ],
    ['resume', 'paused', 'running', /It goes on\.\nruns\/a: It is running, at step 3\.\n$/],
    ['stop', 'running', 'stopped', /and ends\.\nruns\/a: It has ended, at step 3\.\n$/],
    ['stop', 'paused', 'finished', /It has ended/],
  ] as const)('%s waits until it has been done', async (request, before, after, text) => {
    const dir = makeRun(before);
    const session = obey(dir, { [request]: () => setStatus(dir, after) });
    const { code, err } = await steer(request, '--wait');
    expect([code, err]).toEqual([0, expect.stringMatching(text)]);
    expect(await session).toEqual([request]);
    expect(readStatus(dir)?.state).toBe(after);
  });

  it('save waits for the checkpoint', async () => {
    const dir = makeRun('running');
    mkdirSync(`${dir}/checkpoints/step-000002`, { recursive: true });
    const session = obey(dir, { save: () => mkdirSync(`${dir}/checkpoints/step-000004`) });
    const { code, err } = await steer('save', '--wait');
    expect([code, err]).toEqual([0, expect.stringMatching(/It saves a checkpoint .*\n.* It is saved/)]);
    await session;
  });

  it('only waits until the request has been heard, without --wait', async () => {
    const dir = makeRun('running');
    const session = obey(dir, { pause: () => {} });
    const { code, err } = await steer('pause');
    expect([code, err]).toEqual([0, 'runs/a: It pauses after the step it is in.\n']);
    await session;
  });

  it('say what is so already, and ask for nothing', async () => {
    const dir = makeRun('paused');
    expect(await steer('pause', '--wait')).toEqual({ code: 0, out: '', err: 'runs/a is paused already.\n' });
    setStatus(dir, 'running');
    expect((await steer('resume')).err).toBe('runs/a is not paused.\n');
    expect(pendingRequests(dir)).toEqual([]);
  });

  it('take the opposite back', async () => {
    const dir = makeRun('running');
    sendRequest(dir, 'pause');
    const resumed = steer('resume', '--wait');
    while (!pendingRequests(dir).includes('resume')) await sleep(5);
    expect(pendingRequests(dir)).toEqual(['resume']);
    clearRequest(dir, 'resume');
    expect((await resumed).code).toBe(0);
  });

  it.each([
    ['finished', process.pid, hostname(), 'pause', /runs\/a has finished, so there is nothing to pause/],
    ['failed', process.pid, hostname(), 'save', /is not running: its state is failed/],
    [
      'running',
      deadPid,
      hostname(),
      'stop',
      /its process ended without a word\. It would go on with `collm train --resume runs\/a`/,
    ],
    ['paused', deadPid, hostname(), 'resume', /It goes on with `collm train --resume runs\/a`/],
    [
      'running',
      12,
      'elsewhere',
      'pause',
      /is trained by process 12 on elsewhere\. Give this command on that machine/,
    ],
  ] as const)(
    'say why a run that is %s (process %d on %s) cannot %s',
    async (state, pid, host, request, text) => {
      const dir = makeRun(state, pid, host);
      const { code, err } = await steer(request, '--wait');
      expect([code, err]).toEqual([1, expect.stringMatching(text)]);
      expect(pendingRequests(dir)).toEqual([]);
    },
  );

  it('say so when the process takes no requests', async () => {
    const dir = makeRun('running');
    rmSync(`${dir}/status.json`);
    writeFileSync(`${dir}/run.lock`, `${process.pid} ${hostname()}\n`);
    const { code, err } = await steer('pause');
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/Process \d+ works on runs\/a, but takes no requests/),
    ]);
  });

  it('end when the process does', async () => {
    const dir = makeRun('running');
    const died = obey(dir, { pause: () => setStatus(dir, 'running', deadPid) });
    const { code, err } = await steer('pause', '--wait');
    await died;
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/runs\/a did not come to pause: its state is killed/),
    ]);
    setStatus(dir, 'running');
    setTimeout(() => setStatus(dir, 'running', deadPid), 30);
    expect((await steer('stop')).err).toMatch(/The process of runs\/a ended before it took the request up/);
    expect(pendingRequests(dir)).toEqual([]);
  });
});

describe('a training', () => {
  async function started(training: Promise<Outcome>): Promise<void> {
    const { length } = await Promise.race([training.then(({ err }) => err), untilStep(1)]);
    expect(length).toBe(0);
  }

  async function untilStep(step: number): Promise<string> {
    while ((readStatus(space.path('runs/a'))?.step ?? -1) < step) await sleep(20);
    return '';
  }

  it('is paused, saved, resumed and stopped from elsewhere, and goes on from there', async () => {
    const long = [
      '--set',
      'train.max_steps=200',
      '--set',
      'train.checkpoint_every=0',
      '--set',
      'train.eval_interval=200',
    ];
    const training = space.collm(['train', 'run.yaml', '--name', 'a', ...long], fakeTeam({ delay: 15 }));
    await started(training);
    expect(await steer('save', '--wait')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/It is saved/),
    });
    expect(await steer('pause', '--wait')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/It is paused/),
    });
    const steps = () => readMetrics(space.path('runs/a')).length;
    const before = steps();
    expect((await space.collm(['runs', 'ls'])).out).toMatch(/\na +paused +\d+\/200 /);
    await sleep(200);
    expect(steps()).toBe(before);
    expect(await steer('resume', '--wait')).toMatchObject({
      code: 0,
      err: expect.stringMatching(/It is running/),
    });
    while (steps() === before) await sleep(20);
    const stopping = steer('stop', '--wait');
    expect((await training).code).toBe(130);
    expect(await stopping).toMatchObject({ code: 0, err: expect.stringMatching(/It has ended/) });
    const { out } = await space.collm(['runs', 'show', 'a']);
    expect(out).toMatch(/^a: stopped, step \d+ of 200\n/);
    expect(out).toMatch(/\n {2}collm train --resume runs\/a\n/);
    expect(out).toMatch(/\n {2}step-\d{6} .*last\n/);
  });
});
