/** Supervised warm start: makes a small model that answers well-formed, by imitating a recipe's demonstrations. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import { loadDecoder, saveDecoder, Tokenizer } from '@collm/lm';
import { LmAgent, type PolicySample } from '@collm/marl';
import { type Device, torchInfo } from '@collm/torch';
import { UsageError } from '../errors.js';
import { versions } from '../versions.js';
import { type Assessment, assess } from './assess.js';
import { criticReadings, criticText } from './critic-readings.js';
import { type Demonstration, demonstrate, type Stage, seededRandom } from './demonstrations.js';
import { imitationOptimiser, imitationSample, imitationUpdate } from './imitation.js';
import type { Recipe, RecipeDefaults } from './recipe.js';
import { createTinyModel } from './tiny-model.js';

export interface WarmStartOptions extends RecipeDefaults {
  readonly recipe: Recipe;
  /** The team's, the single model's, or both in this order; whoever opened them disposes of them. */
  readonly environments: readonly Environment[];
  /** What `--set` changed, for `warm-start.json`. */
  readonly set: readonly string[];
  /** Folder to write the model to. */
  readonly out: string;
  readonly seed: number;
  readonly device: Device;
  readonly signal: AbortSignal;
  /** @param loss mean -log p of the step's tokens, in nats */
  readonly onStep: (step: number, loss: number) => void;
}

/** How a model came about: `warm-start.json` beside it. */
export interface WarmStartReport {
  readonly task: string;
  readonly recipe: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Weights of the model. */
  readonly parameters: number;
  /** Mean -log p of a token over the last steps, in nats. */
  readonly loss: number;
  /** Longest demonstrated response, in tokens: `train.max_new_tokens` should not be less. */
  readonly longestResponse: number;
  /** Longest prompt with its response, in tokens. */
  readonly longestConversation: number;
  /** One per environment. */
  readonly before: readonly Assessment[];
  readonly seconds: number;
}

/** Beside the model: how it was made. */
export const REPORT_FILE = 'warm-start.json';

/** Episodes that the tokenizer learns from. */
const CORPUS_EPISODES = 300;

/** Steps whose losses are averaged in the end. */
const LAST_STEPS = 20;

/**
 * Makes the model and writes its folder, `warm-start.json` last: a folder with that file is complete. The same options
 * give the same bytes of the model on the same machine.
 *
 * @returns null when the signal stopped it; nothing is written then
 * @throws UsageError when the conversations are longer than the model's context
 */
export async function warmStart(options: WarmStartOptions): Promise<WarmStartReport | null> {
  const started = performance.now();
  const { recipe, environments, signal, steps } = options;
  const stage: Stage = { recipe, environments, endsLines: options.pieces === 'commands' };
  const random = seededRandom(options.seed);
  const corpus: Demonstration[] = [];
  for (let i = 0; i < CORPUS_EPISODES; i++) corpus.push(...(await demonstrate(stage, random, () => [])));
  const start = mkdtempSync(join(tmpdir(), 'collm-warm-start-'));
  let agent: LmAgent | undefined;
  try {
    const { firstTurns = 0, criticShare = 0 } = options;
    const numTurns = Math.max(...environments.map((environment) => environment.numTurns));
    const forCritics = criticShare > 0 ? corpus.flatMap(() => criticText(2, numTurns)) : [];
    createTinyModel(start, [...corpus.flatMap(texts), ...forCritics], options.seed, options);
    const tokenizer = Tokenizer.load(start);
    const eos = tokenizer.eosTokenId as number;
    const encode = (text: string) => [...tokenizer.encode(text), eos];
    agent = await LmAgent.open({
      ...imitationOptimiser,
      model: start,
      device: options.device,
      learningRate: options.learningRate,
    });
    const seen = new Longest(options.maxPositions);
    const conversations = corpus.map((one) => imitationSample(one, tokenizer, encode));
    if (seen.fitting(conversations).length < conversations.length / 2) throw tooLong(options, conversations);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step++) {
      if (signal.aborted) return null;
      const samples: PolicySample[] = [];
      while (samples.length < options.batch) {
        const short = step <= firstTurns * steps;
        const made = await demonstrate(short ? { ...stage, turns: 1 } : stage, random, encode);
        samples.push(...seen.fitting(made.map((one) => imitationSample(one, tokenizer, encode))));
        if (short || criticShare === 0 || random() >= criticShare) continue;
        samples.push(...seen.fitting(criticReadings(made, numTurns, tokenizer, encode, random)));
      }
      const { loss } = await agent.update(samples, imitationUpdate(step, steps));
      losses.push(loss);
      options.onStep(step, loss);
    }
    const before: Assessment[] = [];
    for (const environment of environments) {
      if (signal.aborted) return null;
      before.push(
        await assess(recipe, environment, agent, seededRandom(options.seed), seen.response, signal),
      );
    }
    const trained = join(start, 'trained');
    await agent.save(trained);
    mkdirSync(options.out, { recursive: true });
    rmSync(join(options.out, REPORT_FILE), { force: true });
    using decoder = loadDecoder(trained);
    saveDecoder(decoder, options.out);
    tokenizer.save(options.out);
    const last = losses.slice(-LAST_STEPS);
    const report: WarmStartReport = {
      task: recipe.name,
      recipe: recipe.summary,
      options: shownOptions(options),
      versions: { ...versions(), libtorch: torchInfo().version },
      parameters: decoder.parameters().reduce((total, { numel }) => total + numel, 0),
      loss: last.reduce((sum, loss) => sum + loss, 0) / last.length,
      longestResponse: seen.response,
      longestConversation: seen.conversation,
      before,
      seconds: (performance.now() - started) / 1000,
    };
    writeFileSync(join(options.out, REPORT_FILE), `${JSON.stringify(report, null, 2)}\n`);
    return report;
  } catch (error) {
    // Episodes that are broken off say so.
    if (signal.aborted) return null;
    throw error;
  } finally {
    agent?.dispose();
    rmSync(start, { recursive: true, force: true });
  }
}

/** What is longer than the context cannot be learned from; of the rest, the longest. */
class Longest {
  response = 0;
  conversation = 0;

  constructor(private readonly maxPositions: number) {}

  fitting(samples: readonly PolicySample[]): PolicySample[] {
    return samples.filter((sample) => {
      const length = lengthOf(sample);
      if (length > this.maxPositions) return false;
      this.response = Math.max(this.response, sample.tokens.length);
      this.conversation = Math.max(this.conversation, length);
      return true;
    });
  }
}

const lengthOf = ({ promptTokens, tokens }: PolicySample) => promptTokens.length + tokens.length;

function tooLong({ maxPositions, turns }: WarmStartOptions, samples: readonly PolicySample[]): UsageError {
  const longest = Math.max(...samples.map(lengthOf));
  return new UsageError(
    `Most conversations do not fit into \`--max-positions ${maxPositions}\`: with ${turns} turns they take up to ${longest} tokens. Raise it, raise \`--vocab-size\`, or show fewer turns or smaller items.`,
  );
}

/** Text that the tokenizer learns from. */
const texts = ({ history, response }: Demonstration) => [
  ...history.observation.messages.map(({ content }) => content),
  response,
];

/** The options as the command line has them. */
function shownOptions(options: WarmStartOptions): Record<string, unknown> {
  const { hiddenSize, layers, heads, vocabSize, maxPositions, pieces } = options;
  const { turns, agents, firstTurns = 0, criticShare = 0 } = options;
  const { steps, batch, learningRate, seed, device, set } = options;
  return {
    ...{ hiddenSize, layers, heads, vocabSize, maxPositions, pieces },
    ...{ turns, agents, firstTurns, criticShare },
    ...{ steps, batch, learningRate, seed, device, set },
  };
}
