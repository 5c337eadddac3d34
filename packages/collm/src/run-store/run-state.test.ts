import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadPid } from '../../test/run-history.js';
import { stateOfRun } from './run-state.js';
import { type RunStatus, readStatus, writeStatus } from './status.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'collm-state-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const here = hostname();

function status(given: Partial<RunStatus>): void {
  const updated = new Date().toISOString();
  writeStatus(dir, {
    state: 'running',
    step: 1,
    total_steps: 9,
    pid: process.pid,
    host: here,
    updated,
    ...given,
  });
}

function lock(pid: number, host = here): void {
  writeFileSync(join(dir, 'run.lock'), `${pid} ${host}\n`);
}

function log(number: number, ...lines: string[]): void {
  mkdirSync(join(dir, 'logs'), { recursive: true });
  const text = lines.map((line) => `2026-01-01T00:00:00.000Z ${line}\n`).join('');
  writeFileSync(join(dir, `logs/attempt-${number}.log`), text);
}

describe('the state of a run', () => {
  it('is what its process says, as long as that lives', () => {
    status({ state: 'paused' });
    expect(stateOfRun(dir)).toEqual({
      state: 'paused',
      process: { pid: process.pid, host: here },
      totalSteps: 9,
      error: null,
    });
    status({ pid: deadPid });
    expect(stateOfRun(dir)).toMatchObject({ state: 'killed', process: null, totalSteps: 9 });
    status({ state: 'failed', pid: deadPid, error: 'why' });
    expect(stateOfRun(dir)).toMatchObject({ state: 'failed', process: null, error: 'why' });
  });

  it('is running while a process that has said nothing yet holds the lock', () => {
    lock(process.pid);
    expect(stateOfRun(dir)).toMatchObject({ state: 'running', process: { pid: process.pid } });
    status({ state: 'finished', pid: deadPid });
    expect(stateOfRun(dir).state).toBe('running');
    lock(deadPid + 1);
    expect(stateOfRun(dir)).toMatchObject({ state: 'killed', process: null });
  });

  it('is that of the end while its process still tidies up', () => {
    lock(process.pid);
    status({ state: 'stopped' });
    expect(stateOfRun(dir)).toMatchObject({ state: 'stopped', process: { pid: process.pid } });
  });

  it('is believed of other machines', () => {
    status({ host: 'elsewhere', pid: deadPid, updated: '2000-01-01T00:00:00.000Z' });
    expect(stateOfRun(dir)).toMatchObject({ state: 'running', process: { host: 'elsewhere' } });
  });

  it('does not take a process for one that had its number before the machine was started', () => {
    lock(process.pid);
    utimesSync(join(dir, 'run.lock'), 1_000_000, 1_000_000);
    expect(stateOfRun(dir).state).toBe('killed');
    rmSync(join(dir, 'run.lock'));
    status({ updated: '2000-01-01T00:00:00.000Z' });
    expect(stateOfRun(dir).state).toBe('killed');
  });

  it.each([
    [
      ['Started: a on b, 2 agents, 1 turn, 60 steps', 'step 1/60', 'Finished after step 60 in 8 s'],
      'finished',
      60,
    ],
    [['Resumed at step 3: a on b, 1 agent, 1 turn, 1 step', 'Stopped after step 1 of 1'], 'stopped', 1],
    [['Started: a on b, 2 agents, 1 turn, 9 steps', 'Failed after step 2', 'Error: x'], 'failed', 9],
    [['Started: a on b, 2 agents, 1 turn, 9 steps', 'step 1/9'], 'unknown', 9],
    [['nothing of ours'], 'unknown', null],
  ])('is told by the last log in runs that have no status: %j', (lines, state, totalSteps) => {
    log(9, 'Started: a on b, 2 agents, 1 turn, 7 steps', 'Finished after step 7 in 8 s');
    log(10, ...lines);
    expect(stateOfRun(dir)).toEqual({ state, process: null, totalSteps, error: null });
  });

  it.each([['null'], ['{'], ['{"state": "dancing"}'], ['[1]'], ['{"state":"running","step":"x"}']])(
    'is not taken from a status of %s',
    (text) => {
      writeFileSync(join(dir, 'status.json'), text);
      expect(readStatus(dir)).toBeNull();
      expect(stateOfRun(dir).state).toBe('unknown');
    },
  );
});
