/** Supervised warm start: a policy update in which every demonstration has advantage 1 is imitation. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StrBuild } from '@collm/envs';
import { loadDecoder, saveDecoder, Tokenizer } from '@collm/lm';
import { LmAgent, type PolicySample, promptTokens } from '@collm/marl';
import type { Device } from '@collm/torch';
import { type Demonstration, demonstrate, seededRandom } from './demonstrations.js';
import { createTinyModel } from './tiny-model.js';

export interface WarmStartOptions {
  /** Folder to write the model to. */
  out: string;
  seed: number;
  /** Optimiser steps. */
  steps: number;
  /** Demonstrations per step. */
  batch: number;
  learningRate: number;
  /** Turns of the conversations shown. */
  numTurns: number;
  device: Device;
  onStep: (step: number, loss: number) => void;
}

/** One and two letters: as many cells as the tiny model's context holds twice. */
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const words = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))];

/** Makes a tiny model that writes valid, uncoordinated commands; see docs/quickstart.md. */
export async function warmStart(options: WarmStartOptions): Promise<void> {
  const environment = new StrBuild({
    promptStyle: 'compact',
    target: 'cells',
    numTurns: options.numTurns,
    words,
    trainSplit: '[:]',
    evalSplit: null,
  });
  const random = seededRandom(options.seed);
  const draw = (encode: (text: string) => readonly number[]): Demonstration[] => {
    const items = environment.trainItems;
    // Single letters as often as pairs, although there are fewer of them.
    const index = Math.floor(random() * (random() < 0.5 ? letters.length : items.length));
    return demonstrate(environment, items[index] as (typeof items)[number], random, encode);
  };
  const corpus = Array.from({ length: 300 }, () => draw(() => [])).flat();
  const start = mkdtempSync(join(tmpdir(), 'collm-warm-start-'));
  try {
    createTinyModel(
      start,
      corpus.flatMap(({ history, response }) => [
        ...history.observation.messages.map((m) => m.content),
        response,
      ]),
      options.seed,
    );
    const tokenizer = Tokenizer.load(start);
    const eos = tokenizer.eosTokenId as number;
    const agent = await LmAgent.open({
      model: start,
      device: options.device,
      learningRate: options.learningRate,
      weightDecay: 0.01,
      beta1: 0.9,
      beta2: 0.99,
      eps: 1e-8,
      maxGradNorm: 1,
      tokensPerMicroBatch: 8192,
      maxPromptTokens: null,
    });
    const encode = (text: string) => [...tokenizer.encode(text), eos];
    for (let step = 1; step <= options.steps; step++) {
      const demonstrations: Demonstration[] = [];
      while (demonstrations.length < options.batch) demonstrations.push(...draw(encode));
      const samples = demonstrations.map((one) => sampleOf(one, tokenizer, encode));
      const { loss } = await agent.update(samples, {
        loss: 'pg',
        aggregation: 'tokenMean',
        temperature: 1,
        clipEps: 0.2,
        ratioLevel: 'token',
        isCorrection: 'off',
        isCap: 1,
        kl: null,
        entropyCoef: 0,
        learningRateFactor: schedule(step, options.steps),
        value: null,
      });
      options.onStep(step, loss);
    }
    const trained = join(start, 'trained');
    await agent.save(trained);
    agent.dispose();
    using decoder = loadDecoder(trained);
    saveDecoder(decoder, options.out);
    tokenizer.save(options.out);
  } finally {
    rmSync(start, { recursive: true, force: true });
  }
}

/** Linear warm-up over a twentieth, then a cosine down to a tenth. */
function schedule(step: number, steps: number): number {
  const warm = steps / 20;
  if (step < warm) return step / warm;
  return 0.1 + 0.45 * (1 + Math.cos((Math.PI * (step - warm)) / (steps - warm)));
}

function sampleOf(
  { history, response, agent }: Demonstration,
  tokenizer: Tokenizer,
  encode: (text: string) => number[],
): PolicySample {
  const tokens = encode(response);
  const none = new Float32Array(tokens.length);
  const prompt = promptTokens(tokenizer, history, Number.POSITIVE_INFINITY).tokens;
  return {
    promptTokens: prompt,
    tokens,
    oldLogProbs: none,
    behaviourLogProbs: none,
    advantage: 1,
    weight: 1,
    itemId: `agent ${agent}`,
    turn: history.past.length,
  };
}
