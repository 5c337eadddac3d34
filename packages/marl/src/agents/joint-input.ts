import { ModelError, type Tokenizer } from '@collm/lm';
import type { JointHistory, ValueQuery } from '../messages.js';

/** Max-min fair division of `budget` among needs; everybody's share is at most what they need. */
export function fairShares(needs: readonly number[], budget: number): number[] {
  const shares = needs.map(() => 0);
  let left = Math.max(0, budget);
  const order = [...needs.keys()].sort((a, b) => (needs[a] as number) - (needs[b] as number) || a - b);
  for (const [done, i] of order.entries()) {
    const share = Math.min(needs[i] as number, Math.floor(left / (needs.length - done)));
    shares[i] = share;
    left -= share;
  }
  return shares;
}

/** What the critic's model is fed for a query. */
export interface CriticInput {
  readonly tokens: readonly number[];
  /** Where the values are read, one position a value: `state` and `action` have one, `tokens` one a token. */
  readonly positions: readonly number[];
  /** Whether anything was left out to fit the budget. */
  readonly truncated: boolean;
}

/** Token ids that stay (headers, markers), or content that gives up its beginning where the budget wants it. */
interface Piece {
  readonly ids: readonly number[];
  readonly fixed: boolean;
}

export interface JointInputOptions {
  /** A special token of the critic's vocabulary. */
  readonly marker: number;
  /** Longest input, > 0. */
  readonly maxTokens: number;
  /** Puts a marker after the responses of every turn too, for Q. */
  readonly marksActions: boolean;
}

/**
 * The critic's input: the true joint history, turn by turn. A turn holds every agent's observation under a header, how
 * many turns remain, and a marker whose hidden state is V; then every agent's response under its header and, where Q
 * is asked for, a marker whose hidden state is Q. So the history h_t begins (h_t, a_t), which begins h_{t+1}, and one
 * forward gives the values of a whole episode. For values before the tokens of one agent's response its header and
 * the tokens themselves follow the history.
 *
 * Where the query holds the environment's state as text (`critic_model.sees: state`), that stands in the place of all
 * observations and earlier turns. The texts of an episode do not begin each other, so each state is a sequence of its own.
 *
 * Over the token budget the oldest turns are dropped first; if the newest alone is too long, its observations and
 * responses lose their beginnings, in shares that are fair to all of them. Markers and headers are never cut. Text is
 * encoded as plain characters: one that spells a special token does not become it.
 */
export class JointInput {
  // Observations repeat over the episodes of an item; tokenising is the slow part.
  private readonly cache = new Map<string, readonly number[]>();

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: JointInputOptions,
  ) {}

  /** @throws ModelError when the budget does not even hold the headers and markers of one turn. */
  of(query: ValueQuery): CriticInput {
    const { history } = query;
    // Finished turns are as many as the turns before this one, or none (D8, or a state in place of histories).
    const turns = Array.from({ length: history.agents[0]?.past.length ?? 0 }, (_, turn) => [
      ...this.seen(history, turn),
      ...this.said(history.agents.map(({ past }) => past[turn]?.response ?? '')),
    ]);
    const newest = [...this.seen(history, history.turn), ...this.answer(query)];
    const lengths = turns.map(lengthOf);
    let total = lengthOf(newest) + lengths.reduce((sum, length) => sum + length, 0);
    let first = 0;
    while (total > this.options.maxTokens && first < turns.length) total -= lengths[first++] as number;
    const truncated = first > 0 || total > this.options.maxTokens;
    const rest = total > this.options.maxTokens ? this.cut(newest) : newest;
    const tokens = [...turns.slice(first), rest].flatMap((pieces) => pieces.flatMap(({ ids }) => ids));
    return { tokens, positions: positionsOf(query, tokens.length, rest.at(-1)?.ids.length ?? 0), truncated };
  }

  /** What the agents saw at a turn, or the state, and the marker of its value. */
  private seen(history: JointHistory, turn: number): Piece[] {
    const left = history.remainingTurns + history.turn - turn;
    const mark = fixed([...this.encode(`\nleft ${left}\n`), this.options.marker]);
    if (history.state !== undefined) return [content(this.encode(history.state)), mark];
    return [
      ...history.agents.flatMap(({ past, observation }, agent) => {
        const seen = past[turn]?.observation ?? observation;
        return [
          this.header(agent),
          content(this.encode(seen.messages.map((message) => message.content).join('\n'))),
        ];
      }),
      mark,
    ];
  }

  /** What the agents said, and the marker of its value if there is one. */
  private said(responses: readonly string[]): Piece[] {
    const { marksActions, marker } = this.options;
    return [
      ...responses.flatMap((response, agent) => [this.header(agent), content(this.encode(response))]),
      ...(marksActions ? [fixed([marker])] : []),
    ];
  }

  /** What a query adds to the history. */
  private answer(query: ValueQuery): Piece[] {
    switch (query.read) {
      case 'state':
        return [];
      case 'action':
        return this.said(query.responses.map(({ text }) => text));
      case 'tokens':
        // Nothing is read after the last token.
        return [this.header(query.agent), content(query.response.tokens.slice(0, -1))];
    }
  }

  private cut(pieces: readonly Piece[]): Piece[] {
    const { maxTokens } = this.options;
    const needs = pieces.map(({ ids, fixed }) => (fixed ? 0 : ids.length));
    const least = lengthOf(pieces.filter(({ fixed }) => fixed));
    if (least > maxTokens)
      throw new ModelError(
        `a critic's input has ${least} tokens of headers and markers alone, more than its limit of ${maxTokens}. Raise the critic's max_prompt_tokens, or use a model with a longer context.`,
      );
    const shares = fairShares(needs, maxTokens - least);
    return pieces.map((piece, i) =>
      piece.fixed ? piece : content(piece.ids.slice(piece.ids.length - (shares[i] as number))),
    );
  }

  private header(agent: number): Piece {
    return fixed(this.encode(`\nagent ${agent + 1}\n`));
  }

  private encode(text: string): readonly number[] {
    const known = this.cache.get(text);
    if (known !== undefined) return known;
    const ids = this.tokenizer.encode(text, { specialTokens: false });
    if (this.cache.size >= 4096) this.cache.clear();
    this.cache.set(text, ids);
    return ids;
  }
}

const fixed = (ids: readonly number[]): Piece => ({ ids, fixed: true });
const content = (ids: readonly number[]): Piece => ({ ids, fixed: false });
const lengthOf = (pieces: readonly Piece[]): number => pieces.reduce((sum, { ids }) => sum + ids.length, 0);

/**
 * @param length of the input
 * @param kept tokens of a response that the input ends with
 */
function positionsOf(query: ValueQuery, length: number, kept: number): number[] {
  if (query.read !== 'tokens') return [length - 1];
  const { tokens } = query.response;
  // Value k is read where token k-1 lies. Those of tokens that were cut are read at the header, which sees none of them.
  return tokens.map((_, k) => Math.max(length - tokens.length + k, length - 1 - kept));
}
