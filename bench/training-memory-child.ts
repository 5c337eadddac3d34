/**
 * Peak memory of one kind of training, in a process of its own: prints bytes as one JSON line.
 *
 *   training-memory-child.ts train 4m|100m f32|bf16     of the process, as the bare program reports it
 *   training-memory-child.ts loss chunked|whole         of the loss and its gradients alone: 1024 places, vocabulary 32000
 */
import { BackwardPass, Decoder, responseLogProbs } from '@collm/lm';
import { arange, type DType, Generator, randn, setNumThreads, tensor, tidy } from '@collm/torch';
import { processBytes, restartPeak } from './process-memory.js';
import { type ModelName, models, TrainingWorkload } from './workloads.js';

const [what, first, second] = process.argv.slice(2) as [string, string, string];
setNumThreads(2);

async function train(model: ModelName, dtype: DType): Promise<number> {
  const workload = new TrainingWorkload(model, dtype, 'cpu');
  await workload.run(3);
  return processBytes('VmHWM');
}

async function loss(chunked: boolean): Promise<number> {
  const places = 1024;
  const config = { ...models['100m'], numLayers: 0, windows: [] };
  using decoder = Decoder.random(config, { seed: 1 }).train();
  using generator = new Generator(1);
  using hidden = randn([1, places, config.hiddenSize], generator).requiresGrad_();
  using pass = new BackwardPass(decoder);
  restartPeak();
  const before = processBytes('VmRSS');
  const mean = tidy(() => {
    const positions = {
      places: arange(0, places, { dtype: 'i64' }),
      targets: tensor(Int32Array.from({ length: places }, (_, i) => (i * 7919) % config.vocabSize)),
    };
    const { logProbs } = responseLogProbs(decoder, hidden, positions, 1, chunked ? pass : undefined);
    return pass.hold(logProbs.mean().neg());
  });
  await pass.backward(mean);
  return processBytes('VmHWM') - before;
}

const made =
  what === 'train' ? await train(first as ModelName, second as DType) : await loss(first === 'chunked');
console.log(JSON.stringify({ bytes: made }));
process.exit(0);
