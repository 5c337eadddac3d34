/**
 * The generator without a server: `raw-child.ts <model> <rows> <prompt tokens> <new tokens> <threads>` prints tokens per
 * second of `generate` and of a `ContinuousBatch`, each the best of two, as JSON.
 */
import { ContinuousBatch, generate, loadDecoder } from '@collm/lm';
import { setNumThreads } from '@collm/torch';

const [dir = '', ...numbers] = process.argv.slice(2);
const [rows = 0, promptLength = 0, maxNewTokens = 0, threads = 0] = numbers.map(Number);
setNumThreads(threads);
using decoder = loadDecoder(dir);
const sampling = { temperature: 1, topK: null, topP: 1, greedy: false };
const requests = Array.from({ length: rows }, (_, row) => ({
  prompt: Array.from({ length: promptLength }, (_, i) => 10 + ((7 * i + 13 * row) % 240)),
  key: { seed: row, words: [0, 0, 0] as const },
}));

async function batched(): Promise<void> {
  await generate(decoder, requests, { ...sampling, maxNewTokens, stopTokens: [] });
}

async function continuous(): Promise<void> {
  using batch = new ContinuousBatch(decoder, { maxRows: rows });
  for (const request of requests)
    batch.add({
      ...request,
      maxNewTokens,
      sampling,
      stopTokens: [],
      onToken: () => undefined,
      onEnd: () => undefined,
      onError: (error) => {
        throw error;
      },
    });
  while (batch.running + batch.waiting > 0) {
    batch.step();
    await new Promise((resume) => setImmediate(resume));
  }
}

async function tokensPerSecond(run: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await run();
  return (1000 * rows * maxNewTokens) / (performance.now() - started);
}

await batched();
const best = async (run: () => Promise<void>) =>
  Math.max(await tokensPerSecond(run), await tokensPerSecond(run));
process.stdout.write(JSON.stringify({ generate: await best(batched), continuous: await best(continuous) }));
