/**
 * Continuous batching beside `generate`, in one process, both sides taking turns:
 * `npx tsx packages/lm/bench/continuous.ts [--model 4m,100m] [--device cpu] [--dtype f32] [--rounds 5]
 * [--prompt 64] [--tokens 64]` after `npm run build`.
 */
import { parseArgs } from 'node:util';
import { ContinuousBatch, Decoder, generate, type StreamRequest } from '@collm/lm';
import type { Device, DType } from '@collm/torch';
import { median } from '../../../bench/measure.js';
import { type ModelName, models } from '../../../bench/workloads.js';

const sampling = { greedy: false, temperature: 1, topK: null, topP: 1 };
const rows = 32;

interface Job {
  prompt: number;
  tokens: number;
}

/** Numbers in [0, 1) without pattern, the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

class Workload {
  private readonly decoder: Decoder;
  private asked = 0;
  private told = 0;

  constructor(
    private readonly model: ModelName,
    dtype: DType,
    device: Device,
  ) {
    this.decoder = Decoder.random(models[model], { seed: 1, dtype, device });
  }

  /** Tokens per second of `generate` with all rows from the beginning to the end. */
  async whole(job: Job): Promise<number> {
    const requests = Array.from({ length: rows }, () => this.request(job));
    const started = performance.now();
    await generate(this.decoder, requests, { ...sampling, maxNewTokens: job.tokens, stopTokens: [] });
    return (1000 * rows * job.tokens) / (performance.now() - started);
  }

  /** Tokens per second of rows that all arrive at once. */
  async together(job: Job): Promise<number> {
    using batch = new ContinuousBatch(this.decoder, { maxRows: rows });
    const started = performance.now();
    for (let i = 0; i < rows; i++) batch.add(this.request(job));
    while (batch.running + batch.waiting > 0) await this.step(batch);
    return (1000 * rows * job.tokens) / (performance.now() - started);
  }

  /** Tokens per second of `rows` rows that end at different times, each followed by the next at once. */
  async comingAndGoing(job: Job, steps: number): Promise<number> {
    const random = numbers(1);
    const around = (mean: number) => 1 + Math.floor(2 * random() * (mean - 1));
    using batch = new ContinuousBatch(this.decoder, { maxRows: rows });
    const come = () => {
      batch.add({ ...this.request({ prompt: around(job.prompt), tokens: around(job.tokens) }), onEnd: come });
    };
    for (let i = 0; i < rows; i++) come();
    for (let i = 0; i < job.tokens; i++) batch.step(); // until they are well mixed
    this.told = 0;
    const started = performance.now();
    for (let i = 0; i < steps; i++) await this.step(batch);
    return (1000 * this.told) / (performance.now() - started);
  }

  /** Milliseconds from a request's arrival, at any moment of a step, to its first token. */
  firstToken(running: number, prompt: number, arrivals: number): number {
    const random = numbers(running + prompt);
    using batch = new ContinuousBatch(this.decoder, { maxRows: running + 1 });
    this.fill(
      batch,
      Array.from({ length: running }, () => 64),
    );
    const times = Array.from({ length: arrivals }, () => {
      const before = performance.now();
      batch.step();
      const arrived = before + random() * (performance.now() - before);
      const row = batch.add(this.request({ prompt, tokens: 2 }));
      while (row.tokens.length === 0) batch.step();
      const time = performance.now() - arrived;
      batch.cancel(row);
      return time;
    });
    return median(times);
  }

  /** Milliseconds of a step of rows with prompts of these lengths. */
  stepTime(prompts: readonly number[], steps: number): number {
    using batch = new ContinuousBatch(this.decoder, { maxRows: prompts.length });
    this.fill(batch, prompts);
    const times = Array.from({ length: steps }, () => {
      const started = performance.now();
      batch.step();
      return performance.now() - started;
    });
    return median(times);
  }

  dispose(): void {
    this.decoder.dispose();
  }

  /** Adds rows that do not end, and steps until all decode. */
  private fill(batch: ContinuousBatch, prompts: readonly number[]): void {
    const added = prompts.map((prompt) => batch.add(this.request({ prompt, tokens: 500 })));
    while (added.some(({ tokens }) => tokens.length < 2)) batch.step();
  }

  /** As in a server, and as `generate` does: the event loop gets its turn after every step. */
  private async step(batch: ContinuousBatch): Promise<void> {
    batch.step();
    await new Promise((resume) => setImmediate(resume));
  }

  private request({ prompt, tokens }: Job): StreamRequest {
    const random = numbers(++this.asked);
    const { vocabSize } = models[this.model];
    return {
      prompt: Array.from({ length: prompt }, () => Math.floor(random() * vocabSize)),
      key: { seed: 1, words: [this.asked, 0, 0] },
      maxNewTokens: tokens,
      sampling,
      stopTokens: [],
      onToken: () => {
        this.told++;
      },
      onEnd: () => {},
      onError: (error) => {
        throw error;
      },
    };
  }
}

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: '4m,100m' },
    device: { type: 'string', default: 'cpu' },
    dtype: { type: 'string', default: 'f32' },
    rounds: { type: 'string', default: '5' },
    prompt: { type: 'string', default: '64' },
    tokens: { type: 'string', default: '64' },
  },
});
for (const model of values.model.split(',') as ModelName[]) {
  const workload = new Workload(model, values.dtype as DType, values.device as Device);
  const job = { prompt: Number(values.prompt), tokens: Number(values.tokens) };
  const rounds: { whole: number; together: number; comingAndGoing: number }[] = [];
  for (let round = 0; round <= Number(values.rounds); round++) {
    const whole = await workload.whole(job);
    const together = await workload.together(job);
    const comingAndGoing = await workload.comingAndGoing(job, 2 * job.tokens);
    if (round > 0) rounds.push({ whole, together, comingAndGoing }); // the first warms up
  }
  const ratio = (of: (round: (typeof rounds)[number]) => number) => median(rounds.map(of));
  const firstTokens = [16, 64, 256, 1024].map((prompt) => {
    const idle = workload.firstToken(0, prompt, 7);
    const busy = workload.firstToken(rows, prompt, 9);
    return { prompt, idle_ms: idle, busy_ms: busy, ratio: busy / idle };
  });
  const short = Array.from({ length: rows - 1 }, (_, i) => 40 + 2 * i);
  const steps = {
    equal_ms: workload.stepTime([...short, 64], 20),
    one_long_ms: workload.stepTime([...short, 1500], 20),
  };
  console.log(
    JSON.stringify({
      model,
      device: values.device,
      dtype: values.dtype,
      rows,
      job,
      generate_tokens_per_second: ratio(({ whole }) => whole),
      together_ratio: ratio(({ whole, together }) => together / whole),
      coming_and_going_ratio: ratio(({ whole, comingAndGoing }) => comingAndGoing / whole),
      first_token: firstTokens,
      one_row_of_1500_tokens: { ...steps, ratio: steps.one_long_ms / steps.equal_ms },
    }),
  );
  workload.dispose();
}
