/**
 * What a workload really takes: `measure-memory.ts <folder> <workload> <tokens> [checkpointed]` prints the
 * process's peak of resident memory in bytes, less what it had before the model.
 */
import { readFileSync } from 'node:fs';
import {
  BackwardPass,
  type Decoder,
  generate,
  LoraAdapter,
  loadDecoder,
  responseLogProbs,
  trainingForward,
} from '@collm/lm';
import { AdamW, memory, type Tensor, TensorScope, tensor } from '@collm/torch';

const [folder = '', workload = '', tokenCount = '', checkpointed] = process.argv.slice(2);
const tokens = Number(tokenCount);
const resident = (field: string) =>
  1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

async function update(decoder: Decoder, parameters: readonly Tensor[]): Promise<void> {
  using optimiser = new AdamW(parameters, { learningRate: 1e-4 });
  for (let step = 0; step < 2; step++) {
    using pass = new BackwardPass(decoder);
    const loss = (() => {
      using scope = new TensorScope();
      const ids = tensor(Int32Array.from({ length: tokens }, (_, i) => (7 * i) % decoder.config.vocabSize));
      const gradientCheckpointing = checkpointed !== undefined;
      const hidden = trainingForward(decoder, ids.view([1, tokens]), pass, { gradientCheckpointing });
      const places = tensor(Int32Array.from({ length: tokens - 1 }, (_, place) => place));
      const positions = { places, targets: ids.narrow(0, 1, tokens - 1) };
      return scope.keep(responseLogProbs(decoder, hidden, positions, 1, pass).logProbs.mean().neg());
    })();
    await pass.backward(loss);
    optimiser.step();
  }
}

memory(); // loads the engine, which is none of the model's
const before = resident('VmRSS');
const base = loadDecoder(folder);
if (workload === 'inference') {
  const key = { seed: 0, words: [0, 0, 0] as const };
  const options = {
    temperature: 1,
    topK: null,
    topP: 1,
    greedy: true,
    stopTokens: [],
    maxNewTokens: tokens - 1,
  };
  await generate(base, [{ prompt: [1], key }], options);
} else if (workload === 'lora') {
  const adapter = new LoraAdapter(base, { rank: 16, alpha: 16, targets: 'all-linear' });
  await update(base.withAdapter(adapter).train(), adapter.parameters());
} else {
  await update(base.train(), base.parameters());
}
process.stdout.write(`${resident('VmHWM') - before}\n`);
