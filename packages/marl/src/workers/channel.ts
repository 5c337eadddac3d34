/** A thread or a process of its own, and the way to it. */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { TeamError } from '../errors.js';
import type { Answer, Call, Output } from './protocol.js';

/** Where a member lives that does not live here: in a thread of this process, or in a process of its own. */
export type WorkerPlacement = 'thread' | 'process';

/** One way there; it says once, and last, how the worker has ended. */
export interface Channel {
  /** Of a process of its own. */
  readonly pid: number | null;
  send(call: Call): void;
  /** Whether this process stays alive for what the worker may say. */
  keepAlive(on: boolean): void;
  /** Ends the worker whatever it does. */
  kill(): void;
}

export interface ChannelEvents {
  answered(answer: Answer): void;
  /** The worker wrote to its standard output or standard error. */
  wrote(text: string): void;
  /**
   * @param how e.g. `its process was killed by SIGKILL`
   * @param cause what it threw, where that is known
   */
  ended(how: string, cause?: unknown): void;
}

/** Workers run what was compiled, also where this file runs from source. */
const entry = fileURLToPath(new URL('../../dist/workers/worker-main.js', import.meta.url));

/** @param member shown in lists of processes */
export function openChannel(placement: WorkerPlacement, member: string, events: ChannelEvents): Channel {
  if (!existsSync(entry))
    throw new TeamError(
      `${member} is to live in a ${placement} of its own, but ${entry} is missing. Compile it with "npm run setup".`,
    );
  return placement === 'thread' ? openThread(member, events) : openProcess(member, events);
}

function openThread(member: string, events: ChannelEvents): Channel {
  const worker = new Worker(entry, { name: member, execArgv: [] });
  let thrown: unknown;
  worker.on('message', (message: Answer | Output) => {
    if ('wrote' in message) events.wrote(message.wrote);
    else events.answered(message);
  });
  worker.on('error', (error) => {
    thrown = error;
  });
  worker.on('messageerror', (error) => {
    thrown = error;
    void worker.terminate();
  });
  worker.on('exit', (code) => {
    if (thrown === undefined) events.ended(`its thread ended with exit code ${code}`);
    else events.ended(`its thread was ended by ${describe(thrown)}`, thrown);
  });
  return {
    pid: null,
    send: (call) => worker.postMessage(call),
    keepAlive: (on) => (on ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
}

/** Processes that have not ended. */
const children = new Set<ChildProcess>();
// They would notice, but only after what they are at, which may take minutes.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

function openProcess(member: string, events: ChannelEvents): Channel {
  // In a session of its own, so that Ctrl+C in the terminal reaches this process alone.
  const child = fork(entry, [member], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    execArgv: [],
  });
  children.add(child);
  let failed: unknown;
  const streams = [child.stdout, child.stderr] as Socket[];
  for (const stream of streams) stream.setEncoding('utf8').on('data', events.wrote);
  child.on('message', (answer) => events.answered(answer as Answer));
  // What cannot be started has no exit.
  child.on('error', (error) => {
    failed = error;
    if (child.pid === undefined) events.ended(`its process could not be started: ${describe(error)}`, error);
  });
  child.on('close', (code, signal) => {
    children.delete(child);
    if (child.pid !== undefined) events.ended(howItEnded(code, signal), failed);
  });
  return {
    pid: child.pid ?? null,
    // A channel that has closed is told of by `close`.
    send: (call) => void child.send(call as object, () => undefined),
    keepAlive: (on) => {
      const change = on ? 'ref' : 'unref';
      for (const handle of [child, child.channel, ...streams]) handle?.[change]();
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL')
    return 'its process was killed by SIGKILL, as the system does when memory runs out';
  return signal === null ? `its process ended with exit code ${code}` : `its process was killed by ${signal}`;
}

const describe = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
