/** One case of `collm score`: an item, the team's answers turn by turn, and what they earn. */
import { type Environment, type Item, type Observation, parseRecord, type StepResult } from '@collm/envs';

/** A turn as it is printed. */
export interface ScoredTurn {
  /** As the environment defines it, before scale and shift. */
  readonly reward: number;
  readonly components: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  /** What each agent is told next: its messages, joined by blank lines. null when the episode is over. */
  readonly feedback: readonly string[] | null;
  /** What the learner sees. */
  readonly processed_reward: number;
  readonly ended_by: 'last_turn' | 'threshold' | 'environment' | null;
}

export interface ScoredCase {
  /** What is printed: the case's other keys with `turns` and `return`, or with `error` in place of both. */
  readonly output: object;
  readonly failed: boolean;
}

type Dict = Readonly<Record<string, unknown>>;

/** Scores cases of one environment. */
export class CaseScorer {
  readonly #environment: Environment;
  readonly #discount: number;
  readonly #items: ReadonlyMap<string, Item>;

  constructor(environment: Environment, discount: number) {
    this.#environment = environment;
    this.#discount = discount;
    const items = [...environment.evalItems, ...environment.trainItems];
    this.#items = new Map(items.map((item) => [item.id, item]));
  }

  /**
   * Scores a case, or says why it cannot be scored. Never rejects.
   *
   * @param read gives the line; may throw
   * @param where file and line, for errors
   */
  async score(read: () => string, where: string): Promise<ScoredCase> {
    let others: Dict = {};
    try {
      const { item, turns, ...rest } = parseRecord(read(), where).value;
      others = rest;
      return { output: { ...rest, ...(await this.#play(item, turns, rest.seed)) }, failed: false };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const named = message.startsWith(where) ? message : `${where}: ${message}`;
      return { output: { ...others, error: named }, failed: true };
    }
  }

  async #play(
    given: unknown,
    turns: unknown,
    seed: unknown,
  ): Promise<{ turns: ScoredTurn[]; return: number }> {
    const answers = this.#readTurns(turns);
    let state = this.#environment.reset(this.#readItem(given), readSeed(seed));
    const scored: ScoredTurn[] = [];
    let total = 0;
    for (const [index, responses] of answers.entries()) {
      // After an end by the threshold the next turn is still played: whether it counts is the reader's affair.
      const result = await this.#environment.step(state, responses);
      state = result.state;
      total += this.#discount ** index * result.reward;
      const over = result.terminated || index + 1 >= this.#environment.numTurns;
      scored.push(scoredTurn(result, over ? null : this.#environment.observe(state)));
    }
    return { turns: scored, return: total };
  }

  #readItem(given: unknown): Item {
    const { name, readItem } = this.#environment;
    if (typeof given === 'string') {
      const item = this.#items.get(given);
      if (item !== undefined) return item;
      const known = [...this.#items.keys()].slice(0, 5).map((id) => JSON.stringify(id));
      throw new Error(
        `\`item\` is ${JSON.stringify(given)}, but ${name} has no item of that id. Some that it has: ${known.join(', ')}.`,
      );
    }
    if (given === null || typeof given !== 'object' || Array.isArray(given)) {
      throw new Error('`item` must be a record of the data, as an object, or the id of an item.');
    }
    if (readItem !== undefined) return readItem.call(this.#environment, given as Dict);
    if (typeof (given as Dict).id === 'string') return given as Item;
    throw new Error(`\`item\` must have a text \`id\`: ${name} reads items as they are.`);
  }

  #readTurns(turns: unknown): string[][] {
    const { name, numAgents, numTurns } = this.#environment;
    if (!Array.isArray(turns)) {
      throw new Error('`turns` must be a list with one list per turn, of one text per agent.');
    }
    if (turns.length > numTurns) {
      throw new Error(
        `\`turns\` has ${turns.length} turns, but an episode of ${name} has ${numTurns}. Leave some out, or set \`env.num_turns\` higher where the task allows it.`,
      );
    }
    for (const [index, texts] of turns.entries()) {
      if (
        !Array.isArray(texts) ||
        texts.length !== numAgents ||
        texts.some((text) => typeof text !== 'string')
      ) {
        throw new Error(
          `turn ${index + 1} must be a list of ${numAgents} texts, one per agent, but it is ${shown(texts)}.`,
        );
      }
    }
    return turns;
  }
}

function scoredTurn(result: StepResult<unknown>, next: readonly Observation[] | null): ScoredTurn {
  const { reward, components, metrics, processedReward, terminated, endedBy = null } = result;
  return {
    reward,
    components,
    metrics,
    feedback: next === null ? null : next.map(promptText),
    processed_reward: processedReward,
    ended_by: terminated ? (endedBy ?? 'environment') : null,
  };
}

/** The messages of an observation as one text. */
function promptText({ messages }: Observation): string {
  return messages.map(({ content }) => content).join('\n\n');
}

function readSeed(seed: unknown): number {
  if (seed === undefined || seed === null) return 0;
  if (typeof seed === 'number' && Number.isSafeInteger(seed)) return seed;
  throw new Error(`\`seed\` is ${shown(seed)}, but must be a whole number.`);
}

/** A value for an error, cut where it is long. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
