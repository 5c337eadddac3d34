import type {
  ActRequest,
  PolicySample,
  PolicyUpdate,
  Response,
  SampleKey,
  Sampling,
} from '../../src/index.js';
import { seededHash } from '../../src/seeded.js';
import { SoftmaxAgent, type TableGradient } from './softmax-agent.js';

/**
 * Responses of at most so many tokens, as tokens. Token 0 ("a") ends a response, token 1 ("b") goes on, so of at most L
 * tokens there are L + 1 responses of different lengths.
 */
export function responsesUpTo(maxTokens: number): number[][] {
  const goOn = (count: number) => new Array<number>(count).fill(1);
  return [...Array.from({ length: maxTokens }, (_, count) => [...goOn(count), 0]), goOn(maxTokens)];
}

/**
 * A tabular softmax policy with random logits for every prompt and token prefix, which answers what it is told to: with
 * all scripts, everything happens that could.
 */
export class ScriptedAgent extends SoftmaxAgent {
  /** Position in `responses` of what is answered where. */
  script: (key: SampleKey) => number = () => 0;
  readonly responses: readonly (readonly number[])[];
  readonly #known = new Set<string>();
  /** By prompt and position: everything that can happen repeats itself. */
  readonly #answers = new Map<string, Response>();

  constructor(
    maxTokens = 1,
    private readonly seed = 1,
  ) {
    super({ valueHead: true });
    this.responses = responsesUpTo(maxTokens);
  }

  override async act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    return requests.map(({ history, keys }) => {
      const prompt = history.observation.messages.map((message) => message.content).join('\n');
      return keys.map((key) => {
        const position = sampling.greedy ? this.#greedy(prompt) : this.script(key);
        const name = `${prompt} | ${position}`;
        const answer =
          this.#answers.get(name) ?? this.#answer(prompt, this.responses[position] as readonly number[]);
        this.#answers.set(name, answer);
        return answer;
      });
    });
  }

  /** π(response | prompt) in double precision. */
  probability(prompt: string, tokens: readonly number[]): number {
    return tokens.reduce(
      (product, token, k) =>
        product * (this.probabilities(placeOf(prompt, tokens.slice(0, k)))[token] as number),
      1,
    );
  }

  /** ∇ log π(response | prompt), by place and token: 1[token] - p(token). */
  score(prompt: string, tokens: readonly number[]): TableGradient {
    return new Map(
      tokens.map((token, k) => {
        const place = placeOf(prompt, tokens.slice(0, k));
        return [place, this.probabilities(place).map((p, other) => (other === token ? 1 : 0) - p)];
      }),
    );
  }

  /** `seqSum`: every token of a response as a sample of its own, still divided by the weight of whole responses. */
  override gradientOf(samples: readonly PolicySample[], settings: PolicyUpdate) {
    const tokens = samples.flatMap((sample) => tokenSamples(sample));
    const weight = (of: readonly PolicySample[]) => of.reduce((sum, one) => sum + one.weight, 0);
    const scale = weight(tokens) / weight(samples);
    const { gradient, loss, entropy } = super.gradientOf(tokens, settings);
    for (const [place, own] of gradient)
      gradient.set(
        place,
        own.map((value) => value * scale),
      );
    return { gradient, loss: loss * scale, entropy };
  }

  override logits(prompt: string): number[] {
    if (!this.#known.has(prompt)) {
      const codes = codesOf(prompt);
      this.setLogits(
        prompt,
        [0, 1].map((token) => (3 * seededHash(this.seed, 'items', token, ...codes)) / 2 ** 32 - 1.5),
      );
    }
    return super.logits(prompt);
  }

  override setLogits(prompt: string, logits: readonly number[]): void {
    this.#known.add(prompt);
    this.#answers.clear();
    super.setLogits(prompt, logits);
  }

  /** The most probable token, time after time. */
  #greedy(prompt: string): number {
    const tokens: number[] = [];
    const ended = () => this.responses.findIndex((own) => String(own) === String(tokens));
    while (ended() < 0) {
      const [stop, goOn] = this.probabilities(placeOf(prompt, tokens)) as [number, number];
      tokens.push(goOn > stop ? 1 : 0);
    }
    return ended();
  }

  #answer(prompt: string, tokens: readonly number[]): Response {
    const logProbs = Float32Array.from(tokens, (token, k) =>
      Math.log(this.probabilities(placeOf(prompt, tokens.slice(0, k)))[token] as number),
    );
    return {
      text: textOf(tokens),
      promptTokens: codesOf(prompt),
      tokens,
      logProbs,
      behaviourLogProbs: logProbs,
      finish: 'stop',
      promptTruncated: false,
    };
  }
}

export const codesOf = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

export const textOf = (tokens: readonly number[]): string =>
  tokens.map((token) => (token === 0 ? 'a' : 'b')).join('');

/** A prompt and the tokens after it, as the key of a softmax. */
const placeOf = (prompt: string, tokens: readonly number[]): string =>
  tokens.length === 0 ? prompt : `${prompt} | ${textOf(tokens)}`;

function tokenSamples(sample: PolicySample): PolicySample[] {
  if (sample.tokens.length === 1) return [sample];
  const prompt = String.fromCharCode(...sample.promptTokens);
  return sample.tokens.map((token, k) => ({
    ...sample,
    promptTokens: codesOf(placeOf(prompt, sample.tokens.slice(0, k))),
    tokens: [token],
    oldLogProbs: sample.oldLogProbs.slice(k, k + 1),
    advantage: typeof sample.advantage === 'number' ? sample.advantage : (sample.advantage[k] as number),
  }));
}
