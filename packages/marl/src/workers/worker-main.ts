/** What runs in the thread or process of a member: opens it, answers calls in order of arrival, ends when asked to. */
import { parentPort } from 'node:worker_threads';
import { setNumThreads } from '@collm/torch';
import { LmAgent } from '../agents/lm-agent.js';
import { LmCritic } from '../agents/lm-critic.js';
import { encodeError } from './error-messages.js';
import type { Answer, Call, Opening, Output } from './protocol.js';

type Methods = Record<string, (...args: readonly unknown[]) => unknown>;

let member: LmAgent | LmCritic | null = null;
let queue = Promise.resolve();

const enqueue = (call: Call) => {
  queue = queue.then(() => (call === null ? end() : answer(call)));
};

if (parentPort !== null) {
  parentPort.on('message', enqueue);
  // Read as streams they would keep the parent alive.
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (text: string | Uint8Array) => {
      send({ wrote: typeof text === 'string' ? text : Buffer.from(text).toString() });
      return true;
    };
  }
} else {
  // Whether to stop, and when, is the parent's decision: it hears of the signals too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.on('message', enqueue);
  // The parent is gone, or has nothing more to ask.
  process.on('disconnect', () => process.exit());
}

async function answer({ id, name, args }: NonNullable<Call>): Promise<void> {
  try {
    send({ id, value: await serve(name, args) });
  } catch (error) {
    send({ id, error: encodeError(error) });
  }
}

async function serve(name: string, args: readonly unknown[]): Promise<unknown> {
  if (name === 'open') return open(args[0] as Opening);
  const method = (member as unknown as Methods)[name] as Methods[string];
  return method.apply(member, [...args]);
}

async function open(opening: Opening): Promise<void> {
  setNumThreads(opening.threads);
  member =
    opening.kind === 'agent' ? await LmAgent.open(opening.options) : await LmCritic.open(opening.options);
}

function end(): void {
  member?.dispose();
  if (parentPort !== null) parentPort.close();
  else process.disconnect();
}

function send(message: Answer | Output): void {
  if (parentPort !== null) parentPort.postMessage(message);
  else process.send?.(message);
}
