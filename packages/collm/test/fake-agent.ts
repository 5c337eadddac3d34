/**
 * An agent without a language model: it draws one of a few ways to answer a compact StrBuild prompt from a softmax. Its
 * value head, if it has one, keeps one value for all.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  ActRequest,
  Agent,
  GradientSpread,
  HeadTarget,
  History,
  PolicySample,
  PolicyUpdate,
  Response,
  SampleKey,
  Sampling,
  TokenSequence,
  UpdateStats,
} from '@collm/marl';

type Strategy = (cells: readonly string[], blocks: readonly string[]) => string;

const build = (wanted: (x: number, y: number) => boolean, block: number): Strategy => {
  return (cells, blocks) =>
    cells
      .filter((cell) => {
        const [x = 0, y = 0] = cell.split(' ').map(Number);
        return wanted(x, y);
      })
      .map((cell) => `/setblock ${cell} ${blocks[block % blocks.length]}`)
      .join('\n');
};

const strategies: readonly Strategy[] = [
  build(() => true, 0),
  build(() => true, 1),
  build((x, y) => (x + y) % 2 === 0, 0),
  build((x, y) => (x + y) % 2 === 1, 0),
  () => '<script>alert("model text")</script> & nonsense',
];

export interface FakeOptions {
  readonly learningRate?: number;
  /** Milliseconds per answer, so that a test can interrupt. */
  readonly delay?: number;
  /** Called at every answer. */
  readonly onAct?: () => void;
  /** Makes every answer fail once it has been asked for this often. */
  readonly failAfter?: number;
  /** Makes every loss NaN once so many updates were made. */
  readonly nanAfter?: number;
}

export class FakeAgent implements Agent {
  #logits = strategies.map(() => 0);
  readonly #start = this.#logits;
  #value = 0;
  #acts = 0;
  #updates = 0;

  constructor(private readonly options: FakeOptions = {}) {}

  async act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    this.options.onAct?.();
    this.#acts += 1;
    if (this.#acts > (this.options.failAfter ?? Number.POSITIVE_INFINITY)) throw new Error('out of memory');
    if (this.options.delay) await sleep(this.options.delay);
    const probabilities = this.#probabilities();
    return requests.map(({ history, keys }) =>
      keys.map((key) => {
        const token = sampling.greedy
          ? probabilities.indexOf(Math.max(...probabilities))
          : draw(probabilities, uniform(key));
        const logProbs = Float32Array.of(Math.log(probabilities[token] as number));
        return {
          text: answer(token, history),
          promptTokens: [0],
          tokens: [token],
          logProbs,
          behaviourLogProbs: logProbs,
          finish: 'stop',
          promptTruncated: false,
        };
      }),
    );
  }

  async update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats> {
    this.#updates += 1;
    if (this.#updates > (this.options.nanAfter ?? Number.POSITIVE_INFINITY)) {
      return { loss: Number.NaN, gradNorm: Number.NaN, metrics: {} };
    }
    const probabilities = this.#probabilities();
    const gradient = this.#gradient(samples);
    const rate = (this.options.learningRate ?? 0.5) * settings.learningRateFactor;
    this.#logits = this.#logits.map((logit, index) => logit + rate * (gradient[index] as number));
    const entropy = -probabilities.reduce((sum, p) => sum + p * Math.log(p), 0);
    const targets = samples.flatMap(({ value }) => value?.targets ?? []);
    const errors = targets.map((target) => target - this.#value);
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    if (errors.length > 0) this.#value += 0.3 * mean(errors);
    const valueLoss = errors.length === 0 ? {} : { value_loss: mean(errors.map((error) => error ** 2)) };
    return { loss: 0, gradNorm: Math.hypot(...gradient), metrics: { entropy, ...valueLoss } };
  }

  async logProbs(
    sequences: readonly TokenSequence[],
    policy: 'current' | 'reference',
  ): Promise<Float32Array[]> {
    const probabilities = this.#probabilities(policy === 'current' ? this.#logits : this.#start);
    return sequences.map(({ tokens }) =>
      Float32Array.of(Math.log(probabilities[tokens[0] as number] as number)),
    );
  }

  /** The value of its head, where a configuration gives it one; see `fakeTeam`. */
  values?(sequences: readonly TokenSequence[], read: HeadTarget['read']): Promise<number[][]>;

  giveHead(): void {
    this.values = async (sequences) => sequences.map(() => [this.#value]);
  }

  async gradientSpread(batches: readonly (readonly PolicySample[])[]): Promise<GradientSpread> {
    const gradients = batches.map((batch) => this.#gradient(batch));
    const mean = strategies.map(
      (_, k) => gradients.reduce((sum, own) => sum + (own[k] as number), 0) / gradients.length,
    );
    const squares = gradients.flatMap((own) => own.map((value, k) => (value - (mean[k] as number)) ** 2));
    const variance = squares.reduce((a, b) => a + b, 0) / (gradients.length - 1);
    return { meanNorm: Math.hypot(...mean), variance };
  }

  async save(dir: string): Promise<void> {
    writeFileSync(join(dir, 'policy.json'), JSON.stringify({ logits: this.#logits, value: this.#value }));
  }

  async load(dir: string): Promise<void> {
    const saved = JSON.parse(readFileSync(join(dir, 'policy.json'), 'utf8'));
    this.#logits = saved.logits;
    this.#value = saved.value;
  }

  dispose(): void {}

  /** Of the mean over samples, up the policy gradient. */
  #gradient(samples: readonly PolicySample[]): number[] {
    const probabilities = this.#probabilities();
    const gradient = strategies.map(() => 0);
    for (const { tokens, advantage, weight } of samples) {
      const own = (typeof advantage === 'number' ? advantage : (advantage[0] as number)) * weight;
      probabilities.forEach((p, index) => {
        const hit = index === tokens[0] ? 1 : 0;
        gradient[index] = (gradient[index] as number) + (own * (hit - p)) / samples.length;
      });
    }
    return gradient;
  }

  #probabilities(logits = this.#logits): number[] {
    const top = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - top));
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  }
}

function answer(token: number, history: History): string {
  const first = (history.past[0]?.observation ?? history.observation).messages[0]?.content ?? '';
  const lines = first.split('\n');
  const blocks = (lines.find((line) => line.startsWith('blocks '))?.split(' ') ?? []).slice(1);
  const cells = lines.slice(lines.indexOf('cells') + 1);
  return (strategies[token] as Strategy)(cells, blocks);
}

function draw(probabilities: readonly number[], point: number): number {
  let sum = 0;
  for (const [index, p] of probabilities.entries()) {
    sum += p;
    if (point < sum) return index;
  }
  return probabilities.length - 1;
}

/** A number in [0, 1) that depends on the key alone. */
function uniform(key: SampleKey): number {
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify(key)) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
