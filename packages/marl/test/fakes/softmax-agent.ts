import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ActRequest,
  Agent,
  PolicySample,
  PolicyUpdate,
  Response,
  Sampling,
  UpdateStats,
} from '../../src/index.js';
import { seededHash } from '../../src/seeded.js';

const ACTIONS = ['a', 'b'];

/** An agent with one softmax over two one-token responses per observed text, trained by momentum SGD. */
export class SoftmaxAgent implements Agent {
  #logits = new Map<string, number[]>();
  #momentum = new Map<string, number[]>();
  /** Calls of `act`, for tests. */
  readonly actCalls: { requests: readonly ActRequest[]; sampling: Sampling }[] = [];
  /** Minibatches of `update`, for tests. */
  readonly updateCalls: (readonly PolicySample[])[] = [];

  constructor(private readonly learningRate = 1) {}

  async act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    this.actCalls.push({ requests, sampling });
    return requests.map(({ history, keys }) => {
      const prompt = history.observation.messages.map((message) => message.content).join('\n');
      const probabilities = this.#probabilities(prompt, sampling.temperature);
      return keys.map((key): Response => {
        const phase = key.phase === 'train' ? 0 : 1;
        const counters = [phase, key.episode, key.turn, key.agent, key.sample];
        const uniform = seededHash(key.seed, 'minibatch', ...counters) / 2 ** 32;
        const first = probabilities[0] as number;
        const token = sampling.greedy ? (first >= 0.5 ? 0 : 1) : uniform < first ? 0 : 1;
        const logProbs = Float32Array.of(Math.log(probabilities[token] as number));
        return {
          text: ACTIONS[token] as string,
          promptTokens: [...prompt].map((character) => character.charCodeAt(0)),
          tokens: [token],
          logProbs,
          behaviourLogProbs: logProbs,
          finish: 'stop',
          promptTruncated: false,
        };
      });
    });
  }

  async update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats> {
    this.updateCalls.push(samples);
    const gradients = new Map<string, number[]>();
    let loss = 0;
    let entropy = 0;
    for (const { promptTokens, tokens, oldLogProbs, advantage } of samples) {
      const prompt = String.fromCharCode(...promptTokens);
      const token = tokens[0] as number;
      const probabilities = this.#probabilities(prompt, settings.temperature);
      const logProb = Math.log(probabilities[token] as number);
      const ratio = settings.loss === 'ppo' ? Math.exp(logProb - (oldLogProbs[0] as number)) : 1;
      const clipped = advantage >= 0 ? ratio > 1 + settings.clipEps : ratio < 1 - settings.clipEps;
      const weight = settings.loss === 'ppo' && clipped ? 0 : (ratio * advantage) / samples.length;
      loss -= (settings.loss === 'ppo' ? ratio * advantage : advantage * logProb) / samples.length;
      entropy -= probabilities.reduce((sum, p) => sum + p * Math.log(p), 0) / samples.length;
      const gradient = gradients.get(prompt) ?? [0, 0];
      gradients.set(
        prompt,
        gradient.map(
          (value, action) =>
            value - weight * ((action === token ? 1 : 0) - (probabilities[action] as number)),
        ),
      );
    }
    let squared = 0;
    for (const [prompt, gradient] of gradients) {
      const momentum = (this.#momentum.get(prompt) ?? [0, 0]).map(
        (value, a) => 0.5 * value + (gradient[a] as number),
      );
      this.#momentum.set(prompt, momentum);
      const logits = this.#logits.get(prompt) ?? [0, 0];
      this.#logits.set(
        prompt,
        logits.map((value, a) => value - this.learningRate * (momentum[a] as number)),
      );
      squared += gradient.reduce((sum, value) => sum + value * value, 0);
    }
    return { loss, gradNorm: Math.sqrt(squared), metrics: { entropy } };
  }

  async save(dir: string): Promise<void> {
    await writeFile(join(dir, 'agent.json'), this.weights());
  }

  async load(dir: string): Promise<void> {
    const { logits, momentum } = JSON.parse(await readFile(join(dir, 'agent.json'), 'utf8'));
    this.#logits = new Map(logits);
    this.#momentum = new Map(momentum);
  }

  dispose(): void {}

  /** All state as text, for bit comparisons. */
  weights(): string {
    return JSON.stringify({ logits: [...this.#logits], momentum: [...this.#momentum] });
  }

  #probabilities(prompt: string, temperature: number): number[] {
    const scaled = (this.#logits.get(prompt) ?? [0, 0]).map((value) => Math.exp(value / temperature));
    const total = scaled.reduce((sum, value) => sum + value, 0);
    return scaled.map((value) => value / total);
  }
}
