/** `collm runs pause`, `resume`, `save` and `stop`: asks the process that trains a run, from another terminal. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { exitCodes, RunError } from '../../errors.js';
import { type Io, shownPath } from '../../io.js';
import { checkpointSteps } from '../../run-store/checkpoints.js';
import { type ControlRequest, clearRequest, pendingRequests, sendRequest } from '../../run-store/control.js';
import { runPaths } from '../../run-store/paths.js';
import { type RunName, resolveRun } from '../../run-store/resolve-run.js';
import { type StateOfRun, stateOfRun } from '../../run-store/run-state.js';
import { type RunStatus, readStatus } from '../../run-store/status.js';

export interface SteerArguments extends RunName {
  readonly request: ControlRequest;
  /** Until it has been done, however long that takes. */
  readonly wait: boolean;
}

const LOOK_EVERY_MS = 100;
/** How long a request may lie there before the user is told. */
const PATIENCE_MS = 5000;

interface Wording {
  /** What has been asked for, and when that happens. */
  readonly asked: string;
  readonly done: string;
}

const wordings: Readonly<Record<ControlRequest, Wording>> = {
  pause: { asked: 'It pauses after the step it is in', done: 'It is paused' },
  resume: { asked: 'It goes on', done: 'It is running' },
  save: { asked: 'It saves a checkpoint after the step it is in', done: 'It is saved' },
  stop: { asked: 'It saves a checkpoint after the step it is in, and ends', done: 'It has ended' },
};

/** Sends a request and says what becomes of it; returns the exit code. */
export async function steerRun({ run, runsDir, request, wait }: SteerArguments, io: Io): Promise<number> {
  const dir = resolveRun({ run, runsDir }, io.cwd);
  const shown = shownPath(dir, io);
  const status = reachable(dir, shown, request);
  const before = alreadySo(dir, status, request);
  if (before !== null) {
    io.stderr.write(`${shown} ${before}.\n`);
    return exitCodes.ok;
  }
  if (request === 'pause') clearRequest(dir, 'resume');
  if (request === 'resume') clearRequest(dir, 'pause');
  sendRequest(dir, request);
  if (!(await isTaken(dir, shown, request, wait, io))) return exitCodes.ok;
  io.stderr.write(`${shown}: ${wordings[request].asked}.\n`);
  if (!wait) return exitCodes.ok;
  while (!isDone(dir, status, request)) {
    await sleep(LOOK_EVERY_MS);
    checkAlive(dir, shown, status, request);
  }
  io.stderr.write(`${shown}: ${wordings[request].done}, at step ${readStatus(dir)?.step ?? status.step}.\n`);
  return exitCodes.ok;
}

/**
 * The status of a run whose process can be asked.
 *
 * @throws RunError when nobody would hear the request
 */
function reachable(dir: string, shown: string, request: ControlRequest): RunStatus {
  const { state, process } = stateOfRun(dir);
  if (process === null || !(state === 'running' || state === 'paused')) {
    throw new RunError(notRunning(shown, state, request));
  }
  if (process.host !== hostname()) {
    throw new RunError(
      `${shown} is trained by process ${process.pid} on ${process.host}. Give this command on that machine.`,
    );
  }
  const status = readStatus(dir);
  if (status?.pid === process.pid) return status;
  throw new RunError(
    `Process ${process.pid} works on ${shown}, but takes no requests: it is just starting, or is not a training of this version. Try again, or press Ctrl+C in its terminal.`,
  );
}

function notRunning(shown: string, state: StateOfRun['state'], request: ControlRequest): string {
  if (state === 'finished') return `${shown} has finished, so there is nothing to ${request}.`;
  const why = state === 'killed' ? 'its process ended without a word' : `its state is ${state}`;
  const goOn = request === 'resume' ? 'It goes on' : 'It would go on';
  return `${shown} is not running: ${why}. ${goOn} with \`collm train --resume ${shown}\`.`;
}

/** Why nothing needs to be asked for, as the end of a sentence. */
function alreadySo(dir: string, { state }: RunStatus, request: ControlRequest): string | null {
  const pending = pendingRequests(dir);
  if (request === 'pause' && state === 'paused' && !pending.includes('resume')) return 'is paused already';
  if (request === 'resume' && state === 'running' && !pending.includes('pause')) return 'is not paused';
  return null;
}

/** Waits until the process has taken a request up; false when it has not for so long that the user is told. */
async function isTaken(
  dir: string,
  shown: string,
  request: ControlRequest,
  wait: boolean,
  io: Io,
): Promise<boolean> {
  const start = performance.now();
  let told = false;
  while (pendingRequests(dir).includes(request)) {
    const { process } = stateOfRun(dir);
    if (process === null) {
      clearRequest(dir, request);
      throw new RunError(
        `The process of ${shown} ended before it took the request up. See \`collm runs show ${shown}\`.`,
      );
    }
    if (!told && performance.now() - start > PATIENCE_MS) {
      told = true;
      io.stderr.write(
        `${shown}: Process ${process.pid} is busy; it finds the request to ${request} when it looks.\n`,
      );
      if (!wait) return false;
    }
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}

function isDone(dir: string, before: RunStatus, request: ControlRequest): boolean {
  const { state, process } = stateOfRun(dir);
  switch (request) {
    case 'pause':
      return state === 'paused';
    case 'resume':
      return state === 'running';
    case 'save':
      return (checkpointSteps(runPaths(dir).checkpoints).at(-1) ?? -1) >= before.step;
    case 'stop':
      // It writes its report after it has said so, and gives the lock back last.
      return (state === 'stopped' || state === 'finished') && process === null;
  }
}

/** @throws RunError when what is waited for cannot come any more */
function checkAlive(dir: string, shown: string, before: RunStatus, request: ControlRequest): void {
  const { state, process, error } = stateOfRun(dir);
  if (process !== null || isDone(dir, before, request)) return;
  const why = error === null ? '' : `: ${error}`;
  throw new RunError(
    `${shown} did not come to ${request}: its state is ${state}${why}. See \`collm runs show ${shown}\`.`,
  );
}
