import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  ActRequest,
  Agent,
  GradientSpread,
  PolicySample,
  PolicyUpdate,
  Response,
  Sampling,
  TokenSequence,
  UpdateStats,
  ValueRead,
} from '../../src/index.js';
import { seededHash } from '../../src/seeded.js';

/** Gradient of a table of logits: one list per prompt. */
export type TableGradient = Map<string, number[]>;

export interface SoftmaxAgentOptions {
  readonly learningRate?: number;
  readonly actions?: readonly string[];
  /** Gives the agent a table of values of its own. */
  readonly valueHead?: boolean;
}

/** An agent with one softmax over one-token responses per observed text, trained by momentum SGD. */
export class SoftmaxAgent implements Agent {
  /** Present with a value head only. */
  readonly values?: NonNullable<Agent['values']>;
  /** Calls of `act`, for tests. */
  readonly actCalls: { requests: readonly ActRequest[]; sampling: Sampling }[] = [];
  /** Minibatches of `update`, for tests. */
  readonly updateCalls: (readonly PolicySample[])[] = [];
  readonly updateSettings: PolicyUpdate[] = [];
  protected readonly actions: readonly string[];
  private readonly learningRate: number;
  #logits = new Map<string, number[]>();
  #momentum = new Map<string, number[]>();
  #values = new Map<string, number>();

  constructor({ learningRate = 1, actions = ['a', 'b'], valueHead = false }: SoftmaxAgentOptions = {}) {
    this.learningRate = learningRate;
    this.actions = actions;
    if (valueHead) this.values = async (sequences, read) => sequences.map((one) => this.#valuesOf(one, read));
  }

  async act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    this.actCalls.push({ requests, sampling });
    return requests.map(({ history, keys }) => {
      const prompt = history.observation.messages.map((message) => message.content).join('\n');
      const probabilities = this.probabilities(prompt, sampling.temperature);
      return keys.map((key): Response => {
        const phase = ['train', 'evaluation', 'diagnostics', 'baseline'].indexOf(key.phase);
        const counters = [phase, key.episode, key.turn, key.agent, key.sample];
        const uniform = seededHash(key.seed, 'minibatch', ...counters) / 2 ** 32;
        const token = sampling.greedy ? best(probabilities) : draw(probabilities, uniform);
        return this.respond(prompt, token, probabilities);
      });
    });
  }

  protected respond(prompt: string, token: number, probabilities: readonly number[]): Response {
    const logProbs = Float32Array.of(Math.log(probabilities[token] as number));
    return {
      text: this.actions[token] as string,
      promptTokens: [...prompt].map((character) => character.charCodeAt(0)),
      tokens: [token],
      logProbs,
      behaviourLogProbs: logProbs,
      finish: 'stop',
      promptTruncated: false,
    };
  }

  async update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats> {
    this.updateCalls.push(samples);
    this.updateSettings.push(settings);
    const { gradient, loss, entropy } = this.gradientOf(samples, settings);
    const valueLoss = this.#learnValues(samples, settings);
    const finite = Number.isFinite(loss) && Number.isFinite(valueLoss);
    for (const [prompt, own] of finite ? gradient : []) {
      const momentum = (this.#momentum.get(prompt) ?? this.actions.map(() => 0)).map(
        (value, a) => 0.5 * value + (own[a] as number),
      );
      this.#momentum.set(prompt, momentum);
      const rate = this.learningRate * settings.learningRateFactor;
      this.setLogits(
        prompt,
        this.logits(prompt).map((value, a) => value - rate * (momentum[a] as number)),
      );
    }
    return {
      loss: loss + valueLoss,
      gradNorm: Math.sqrt(squaredNorm(gradient)),
      metrics: { entropy },
    };
  }

  /** Gradient of the policy loss, weighted mean over samples. */
  gradientOf(
    samples: readonly PolicySample[],
    settings: PolicyUpdate,
  ): { gradient: TableGradient; loss: number; entropy: number } {
    const gradient: TableGradient = new Map();
    const total = settings.meanWeight
      ? settings.meanWeight.sample * samples.length
      : samples.reduce((sum, { weight }) => sum + weight, 0);
    let loss = 0;
    let entropy = 0;
    for (const { promptTokens, tokens, oldLogProbs, advantage: given, weight } of samples) {
      const prompt = String.fromCharCode(...promptTokens);
      const token = tokens[0] as number;
      const advantage = typeof given === 'number' ? given : (given[0] as number);
      const probabilities = this.probabilities(prompt, settings.temperature);
      const logProb = Math.log(probabilities[token] as number);
      const ratio = settings.loss === 'ppo' ? Math.exp(logProb - (oldLogProbs[0] as number)) : 1;
      const clipped = advantage >= 0 ? ratio > 1 + settings.clipEps : ratio < 1 - settings.clipEps;
      const share = weight / total;
      const slope = settings.loss === 'ppo' && clipped ? 0 : ratio * advantage * share;
      loss -= (settings.loss === 'ppo' ? ratio * advantage : advantage * logProb) * share;
      entropy -= probabilities.reduce((sum, p) => sum + p * Math.log(p), 0) * share;
      const own = gradient.get(prompt) ?? this.actions.map(() => 0);
      gradient.set(
        prompt,
        own.map(
          (value, action) => value - slope * ((action === token ? 1 : 0) - (probabilities[action] as number)),
        ),
      );
    }
    return { gradient, loss, entropy };
  }

  async logProbs(
    sequences: readonly TokenSequence[],
    policy: 'current' | 'reference',
    temperature: number,
  ): Promise<Float32Array[]> {
    return sequences.map(({ promptTokens, tokens }) => {
      const prompt = String.fromCharCode(...promptTokens);
      // Before any update every action is as likely as the others.
      const current = this.probabilities(prompt, temperature);
      const probabilities = policy === 'current' ? current : current.map(() => 1 / current.length);
      return Float32Array.from(tokens, (token) => Math.log(probabilities[token] as number));
    });
  }

  async gradientSpread(
    batches: readonly (readonly PolicySample[])[],
    settings: PolicyUpdate,
  ): Promise<GradientSpread> {
    const gradients = batches.map((batch) => this.gradientOf(batch, settings).gradient);
    const sum: TableGradient = new Map();
    for (const gradient of gradients) {
      for (const [prompt, own] of gradient) {
        const known = sum.get(prompt) ?? own.map(() => 0);
        sum.set(
          prompt,
          known.map((value, a) => value + (own[a] as number) / batches.length),
        );
      }
    }
    const squares = gradients.reduce((total, gradient) => total + squaredNorm(gradient), 0);
    const variance = (squares - batches.length * squaredNorm(sum)) / (batches.length - 1);
    return { meanNorm: Math.sqrt(squaredNorm(sum)), variance };
  }

  async save(dir: string): Promise<void> {
    await writeFile(join(dir, 'agent.json'), this.weights());
  }

  async load(dir: string): Promise<void> {
    const { logits, momentum, values } = JSON.parse(await readFile(join(dir, 'agent.json'), 'utf8'));
    this.#logits = new Map(logits);
    this.#momentum = new Map(momentum);
    this.#values = new Map(values);
  }

  dispose(): void {}

  /** All state as text, for bit comparisons. */
  weights(): string {
    return JSON.stringify({
      logits: [...this.#logits],
      momentum: [...this.#momentum],
      values: [...this.#values],
    });
  }

  logits(prompt: string): number[] {
    return this.#logits.get(prompt) ?? this.actions.map(() => 0);
  }

  setLogits(prompt: string, logits: readonly number[]): void {
    this.#logits.set(prompt, [...logits]);
  }

  probabilities(prompt: string, temperature = 1): number[] {
    const scaled = this.logits(prompt).map((value) => Math.exp(value / temperature));
    const total = scaled.reduce((sum, value) => sum + value, 0);
    return scaled.map((value) => value / total);
  }

  #valuesOf({ promptTokens, tokens }: TokenSequence, read: ValueRead): number[] {
    if (read === 'tokens') return tokens.map((_, k) => this.#values.get(keyOf(promptTokens, tokens, k)) ?? 0);
    const end = read === 'state' ? 0 : tokens.length;
    return [this.#values.get(keyOf(promptTokens, tokens, end)) ?? 0];
  }

  #learnValues(samples: readonly PolicySample[], { value: settings }: PolicyUpdate): number {
    if (settings === null) return 0;
    const slopes = new Map<string, number>();
    let loss = 0;
    const count = samples.reduce((sum, { value }) => sum + (value?.targets.length ?? 0), 0);
    for (const { promptTokens, tokens, value } of samples) {
      value?.targets.forEach((target, k) => {
        const key = keyOf(promptTokens, tokens, value.read === 'action' ? tokens.length : k);
        const error = target - (this.#values.get(key) ?? 0);
        loss += (settings.valueLossCoef * error * error) / count;
        slopes.set(key, (slopes.get(key) ?? 0) + (2 * settings.valueLossCoef * error) / count);
      });
    }
    for (const [key, slope] of slopes) this.#values.set(key, (this.#values.get(key) ?? 0) + slope);
    return loss;
  }
}

const keyOf = (prompt: readonly number[], tokens: readonly number[], end: number) =>
  JSON.stringify([String.fromCharCode(...prompt), tokens.slice(0, end)]);

const best = (probabilities: readonly number[]) => probabilities.indexOf(Math.max(...probabilities));

function draw(probabilities: readonly number[], uniform: number): number {
  let mass = 0;
  const token = probabilities.findIndex((p) => {
    mass += p;
    return uniform < mass;
  });
  return token < 0 ? probabilities.length - 1 : token;
}

/** Squared L2 norm over all prompts. */
export function squaredNorm(gradient: TableGradient): number {
  return [...gradient.values()].flat().reduce((sum, value) => sum + value * value, 0);
}
