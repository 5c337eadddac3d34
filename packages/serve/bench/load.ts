/**
 * Clients that stream, against the generator alone: `node --import tsx packages/serve/bench/load.ts [--size 30m]
 * [--clients 32] [--prompt 64] [--tokens 128] [--rounds 3] [--threads 2]` prints JSON. Both sides alternate, since the
 * machine's speed drifts; ratios are of neighbouring rounds.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type ModelSize, modelSizes, writeBenchModel } from './bench-model.js';
import { output, type ServerProcess, startServerProcess } from './children.js';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '30m' },
    clients: { type: 'string', default: '32' },
    prompt: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(availableParallelism()) },
    probes: { type: 'string', default: '15' },
  },
});
const size = values.size as ModelSize;
if (!modelSizes.includes(size)) throw new Error(`--size is one of ${modelSizes.join(', ')}.`);
const [clients, prompt, tokens, rounds, threads, probes] = [
  values.clients,
  values.prompt,
  values.tokens,
  values.rounds,
  values.threads,
  values.probes,
].map(Number) as [number, number, number, number, number, number];

const agent = new Agent({ keepAlive: true, maxSockets: 2 * clients });

interface Streamed {
  /** Milliseconds to the first text, and to the end. */
  readonly first: number;
  readonly total: number;
  readonly tokens: number;
}

/** One streamed request. A client that is worth little time: it looks for the usage at the end only. */
function stream(
  url: string,
  row: number,
  maxTokens: number,
  { signal, onFirst }: { signal?: AbortSignal; onFirst?: () => void } = {},
): Promise<Streamed> {
  const body = JSON.stringify({
    model: 'bench',
    prompt: Array.from({ length: prompt }, (_, i) => 10 + ((7 * i + 13 * row) % 240)),
    max_tokens: maxTokens,
    seed: row,
    temperature: 1,
    stream: true,
    stream_options: { include_usage: true },
  });
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/v1/completions`,
      {
        method: 'POST',
        agent,
        signal,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
      },
      (response) => {
        let first = 0;
        let tail = '';
        response.on('data', (chunk: Buffer) => {
          if (first === 0) {
            first = performance.now() - started;
            onFirst?.();
          }
          tail = (tail + chunk.toString('latin1')).slice(-600);
        });
        response.on('end', () =>
          resolve({
            first,
            total: performance.now() - started,
            tokens: Number(/"completion_tokens":(\d+)/.exec(tail)?.[1]),
          }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1] as number;
const highest = (numbers: readonly number[]): number => Math.max(...numbers);

/** Milliseconds of processor time of a process's main thread so far: what is not the engine's. */
function mainThreadMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

/** Tokens per second of all clients at once. */
async function served({ url }: ServerProcess): Promise<number> {
  const started = performance.now();
  const made = await Promise.all(Array.from({ length: clients }, (_, row) => stream(url, row, tokens)));
  const seconds = (performance.now() - started) / 1000;
  if (made.some((one) => one.tokens !== tokens))
    throw new Error('A response is not as long as it should be.');
  return (clients * tokens) / seconds;
}

async function firstTokens({ url }: ServerProcess): Promise<number[]> {
  const firsts: number[] = [];
  for (let i = 0; i < probes; i++) firsts.push((await stream(url, 100 + i, 2)).first);
  return firsts;
}

/** The same while all clients stream: from when each of them has got its first text. */
async function firstTokensUnderLoad(server: ServerProcess): Promise<number[]> {
  const over = new AbortController();
  setMaxListeners(clients, over.signal);
  const ends: Promise<void>[] = [];
  const begun = Array.from(
    { length: clients },
    (_, row) =>
      new Promise<void>((resolve) => {
        const keepOn = async () => {
          // Of different lengths at first, so that they do not all end at one step.
          for (let length = tokens * (1 + row / clients); !over.signal.aborted; length = tokens)
            await stream(server.url, row, Math.round(length), {
              signal: over.signal,
              onFirst: resolve,
            }).catch(() => undefined);
        };
        ends.push(keepOn());
      }),
  );
  await Promise.all(begun);
  const firsts = await firstTokens(server);
  over.abort();
  await Promise.all(ends);
  return firsts;
}

async function oneRound(dir: string) {
  const raw = JSON.parse(await output('raw-child.ts', dir, clients, prompt, tokens, threads));
  const server = await startServerProcess(dir, threads);
  await served(server);
  const before = mainThreadMs(server.pid);
  const perSecond = highest([await served(server), await served(server)]);
  const httpMs = mainThreadMs(server.pid) - before;
  const unloaded = await firstTokens(server);
  const loaded = await firstTokensUnderLoad(server);
  await server.stop();
  return {
    generate: Math.round(raw.generate),
    continuous: Math.round(raw.continuous),
    served: Math.round(perSecond),
    httpMicrosecondsPerToken: Number(((1000 * httpMs) / (2 * clients * tokens)).toFixed(1)),
    ratioToGenerate: perSecond / raw.generate,
    ratioToContinuous: perSecond / raw.continuous,
    firstTokenMs: {
      unloaded: median(unloaded),
      underLoad: median(loaded),
      underLoadHighest: highest(loaded),
    },
    firstTokenRatio: median(loaded) / median(unloaded),
  };
}

const model = writeBenchModel(size);
try {
  const all: Awaited<ReturnType<typeof oneRound>>[] = [];
  for (let round = 0; round < rounds; round++) all.push(await oneRound(model.dir));
  const of = (pick: (round: (typeof all)[number]) => number) => Number(median(all.map(pick)).toFixed(3));
  const summary = {
    size,
    clients,
    prompt,
    tokens,
    threads,
    ratioToGenerate: of((one) => one.ratioToGenerate),
    ratioToContinuous: of((one) => one.ratioToContinuous),
    firstTokenRatio: of((one) => one.firstTokenRatio),
    rounds: all,
  };
  process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
} finally {
  model.remove();
}
agent.destroy();
