/**
 * One side of the memory comparison, in a process of its own: prints its figures as one JSON line.
 *
 *   memory-child.ts base|team <model folder>
 */
import { type Decoder, LoraAdapter, type LoraOptions, openBase } from '@collm/lm';
import { LmAgent, LmCritic, type PolicySample } from '@collm/marl';
import { noGrad, setNumThreads, tensor, tidy } from '@collm/torch';
import { processBytes } from './process-memory.js';

export interface MemoryFigures {
  /** Bytes resident now, and at most since the process started. */
  resident: number;
  peak: number;
  /** Bytes of the optimisers' moments. */
  optimiser: number;
}

const [what, folder] = process.argv.slice(2) as [string, string];
setNumThreads(2);

function figures(optimiser: number): MemoryFigures {
  return { resident: processBytes('VmRSS'), peak: processBytes('VmHWM'), optimiser };
}

/** Touches every weight once. */
function warm(decoder: Decoder): void {
  tidy(() =>
    noGrad(() => {
      const hidden = decoder.forward(
        tensor(
          Int32Array.from({ length: 64 }, (_, i) => i),
          [1, 64],
        ),
      );
      return decoder.logits(hidden).argmax().item();
    }),
  );
}

/** Two agents, a critic and the reference, after one update of each. */
async function team(): Promise<MemoryFigures> {
  const lora = (seed: number): LoraOptions => ({ rank: 16, alpha: 32, targets: 'all-linear', seed });
  const options = {
    model: folder,
    device: 'cpu',
    learningRate: 1e-4,
    weightDecay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    eps: 1e-8,
    maxGradNorm: 1,
    tokensPerMicroBatch: 128,
    maxPromptTokens: null,
  } as const;
  const first = await LmAgent.open({ ...options, lora: lora(1) });
  const second = await LmAgent.open({ ...options, lora: lora(2) });
  const critic = await LmCritic.open({ ...options, lora: lora(3), valueHeadHiddenDim: null, seed: 1 });
  const samples = Array.from(
    { length: 4 },
    (_, row): PolicySample => ({
      promptTokens: Array.from({ length: 64 }, (_, i) => (row * 64 + i) % 250),
      tokens: Array.from({ length: 64 }, (_, i) => (row * 7 + i) % 250),
      oldLogProbs: new Float32Array(64).fill(-10),
      behaviourLogProbs: new Float32Array(64).fill(-10),
      advantage: row % 2 === 0 ? 1 : -1,
      weight: 1,
      itemId: 'x',
      turn: 0,
    }),
  );
  const settings = {
    loss: 'pg',
    clipEps: 0.2,
    ratioLevel: 'token',
    aggregation: 'tokenMean',
    temperature: 1,
    isCorrection: 'off',
    isCap: 1,
    kl: null,
    entropyCoef: 0,
    learningRateFactor: 1,
    value: null,
  } as const;
  for (const agent of [first, second]) await agent.update(samples, settings);
  const observation = {
    messages: [{ role: 'user' as const, content: 'a b c '.repeat(16) }],
    startsAfresh: false,
  };
  const history = { agents: [{ past: [], observation }], turn: 0, remainingTurns: 1 };
  const query = { read: 'state', history } as const;
  await critic.fit([{ query, targets: [1], oldValues: [0], itemId: 'x' }], {
    valueLossCoef: 1,
    valueClipRange: null,
    learningRateFactor: 1,
  });
  if (first.reference === null || first.reference !== second.reference) throw new Error('no base is shared');
  warm(first.reference);
  using like = new LoraAdapter(first.reference, lora(0));
  return figures(3 * like.numParameters * 2 * 4); // three adapters, two moments a weight, f32
}

async function base(): Promise<MemoryFigures> {
  warm(openBase(folder).decoder);
  return figures(0);
}

const made = await (what === 'team' ? team() : base());
console.log(JSON.stringify(made));
process.exit(0);
