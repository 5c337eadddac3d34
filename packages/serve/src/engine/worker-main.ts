/**
 * The thread of an engine: takes rows in, steps its models in turn as long as there is something to do, and tells
 * what came of it. Between two steps the event loop gets its turn, which is when requests and cancellations arrive.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { memory, setNumThreads } from '@collm/torch';
import { HostedModel } from './hosted-model.js';
import type { EngineMeasure, EngineStart, FromEngine, ToEngine } from './messages.js';

const port = parentPort;
if (port === null) throw new Error('This file is the thread of an engine; Engine.open starts it.');
const { models: sources, maxBatch, prefixBytes, threads, steps } = workerData as EngineStart;
const post = (message: FromEngine): void => port.postMessage(message);

if (threads !== null) setNumThreads(threads);
const models: HostedModel[] = [];
let scheduled = false;

function turn(): void {
  scheduled = false;
  for (const model of models) {
    if (!model.busy) continue;
    Atomics.add(steps, 0, 1);
    model.step();
  }
  schedule();
}

function schedule(): void {
  if (scheduled || !models.some(({ busy }) => busy)) return;
  scheduled = true;
  setImmediate(turn);
}

function measure(): EngineMeasure {
  const { tensors, bytes } = memory();
  return { tensors, bytes };
}

function close(): void {
  for (const model of models.splice(0)) model.dispose();
  post({ type: 'closed', ...measure() });
  port?.close();
}

port.on('message', (message: ToEngine) => {
  switch (message.type) {
    case 'add':
      for (const row of message.rows) models[message.model]?.add(row);
      break;
    case 'cancel':
      for (const model of models) model.cancel(message.ids);
      post({
        type: 'cancelled',
        steps: Atomics.load(steps, 0) - message.steps,
        rows: models.map(({ counts }) => counts),
      });
      break;
    case 'measure':
      post({ type: 'measure', ...measure() });
      break;
    case 'close':
      close();
      return;
  }
  schedule();
});

try {
  for (const [index, source] of sources.entries())
    models.push(new HostedModel(source, { index, maxBatch, prefixBytes, post }));
  post({ type: 'ready', models: models.map(({ opened }) => opened) });
} catch (error) {
  post({ type: 'unusable', message: error instanceof Error ? error.message : String(error) });
  close();
}
