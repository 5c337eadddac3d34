/**
 * Requests that nobody should make: `node --import tsx packages/serve/bench/abuse.ts [--requests 10000] [--at-once 64]
 * [--seed 1]` prints JSON with the server's memory, file descriptors, tensors and rows before, on the way, and after.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { abuseMuch, randomNumbers } from '../test/abusive-requests.js';
import { writeBenchModel } from './bench-model.js';
import { type ServerProcess, startServerProcess } from './children.js';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
  },
});
const [total, atOnce, seed] = [values.requests, values['at-once'], values.seed].map(Number) as [
  number,
  number,
  number,
];
const looks = 10;
const maxBodyBytes = 100_000;
const limits = {
  maxBodyBytes,
  maxBatch: 16,
  maxQueue: 64,
  maxUnreadBytes: 100_000,
  headersSeconds: 2,
  requestSeconds: 2,
  keepAliveSeconds: 1,
};

const metricsOf = async (url: string) =>
  (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
const value = (text: string, name: string) =>
  Number(new RegExp(`^${name}(?:\\{.*\\})? (.*)$`, 'm').exec(text)?.[1]);

/** What the server holds, once it has nothing to do. */
async function look({ url, pid }: ServerProcess, requests: number) {
  let text = await metricsOf(url);
  const rows = () => value(text, 'collm_rows_running') + value(text, 'collm_rows_waiting');
  for (let tries = 0; rows() > 0 && tries < 100; tries++) {
    await new Promise((resume) => setTimeout(resume, 50));
    text = await metricsOf(url);
  }
  await new Promise((resume) => setTimeout(resume, 500));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    requests,
    rows: rows(),
    tensors: value(text, 'collm_engine_tensors'),
    fileDescriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/Threads:\s+(\d+)/.exec(status)?.[1]),
    residentMiB: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024),
  };
}

/** Whether it still answers, and what. */
async function answer({ url }: ServerProcess): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({
      model: 'bench',
      messages: [{ role: 'user', content: 'stone' }],
      max_tokens: 8,
      seed: 1,
    }),
  });
  const { choices } = (await response.json()) as { choices: [{ message: { content: string } }] };
  return choices[0].message.content;
}

const model = writeBenchModel('tiny');
try {
  const server = await startServerProcess(model.dir, 1, limits);
  const first = await answer(server);
  const random = randomNumbers(seed);
  const options = { port: Number(new URL(server.url).port), model: 'bench', random, maxBodyBytes };
  const seen = [await look(server, 0)];
  const started = performance.now();
  for (let i = 1; i <= looks; i++) {
    await abuseMuch(total / looks, atOnce, options);
    seen.push(await look(server, (i * total) / looks));
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  const serves = (await answer(server)) === first;
  const leftInEngines: unknown = JSON.parse(await server.stop());
  process.stdout.write(
    `${JSON.stringify({ total, atOnce, seconds, serves, leftInEngines, seen }, null, 2)}\n`,
  );
} finally {
  model.remove();
}
