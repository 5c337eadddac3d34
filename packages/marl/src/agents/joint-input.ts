import type { Tokenizer } from '@collm/lm';
import type { JointHistory } from '../messages.js';

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

/**
 * The centralised critic's input: the true joint history, turn by turn. A turn holds every agent's
 * observation under a header, how many turns remain, and the end token as a marker whose hidden state is
 * the value; then every agent's response. The history of one turn is so a prefix of the next one's, and
 * one forward gives the values of a whole episode.
 *
 * Over the token budget the oldest turns are dropped first; if the newest alone is too long, its
 * observations lose their beginnings, in shares that are fair to the agents. The marker is never cut.
 */
export class JointInput {
  // Observations repeat over the episodes of an item; tokenising is the slow part.
  private readonly cache = new Map<string, readonly number[]>();

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly marker: number,
    private readonly maxTokens: number,
  ) {}

  /** Token ids, the marker last. */
  tokens(history: JointHistory): { tokens: number[]; truncated: boolean } {
    const turns = Array.from({ length: history.turn + 1 }, (_, turn) =>
      this.turn(history, turn, Number.POSITIVE_INFINITY),
    );
    let first = 0;
    let total = turns.reduce((sum, turn) => sum + turn.length, 0);
    while (total > this.maxTokens && first < turns.length - 1) total -= (turns[first++] as number[]).length;
    if (total > this.maxTokens)
      return { tokens: this.turn(history, history.turn, this.maxTokens), truncated: true };
    return { tokens: turns.slice(first).flat(), truncated: first > 0 };
  }

  /** One turn: observations and marker, and for a turn already played the responses. */
  private turn(history: JointHistory, turn: number, budget: number): number[] {
    const left = history.remainingTurns + history.turn - turn;
    const tail = [...this.encode(`\nleft ${left}\n`), this.marker];
    const headers = history.agents.map((_, i) => this.encode(`\nagent ${i + 1}\n`));
    const observations = history.agents.map(({ past, observation }) => {
      const seen = past[turn]?.observation ?? observation;
      return this.encode(seen.messages.map((message) => message.content).join('\n'));
    });
    const fixed = tail.length + headers.reduce((sum, header) => sum + header.length, 0);
    const shares = fairShares(
      observations.map((ids) => ids.length),
      budget - fixed,
    );
    const seen = observations.flatMap((ids, i) => [
      ...(headers[i] as readonly number[]),
      ...ids.slice(ids.length - (shares[i] as number)),
    ]);
    const said = history.agents.flatMap(({ past }, i) => {
      const own = past[turn];
      return own === undefined ? [] : [...(headers[i] as readonly number[]), ...this.encode(own.response)];
    });
    return [...seen, ...tail, ...said];
  }

  private encode(text: string): readonly number[] {
    const known = this.cache.get(text);
    if (known !== undefined) return known;
    const ids = this.tokenizer.encode(text);
    if (this.cache.size >= 4096) this.cache.clear();
    this.cache.set(text, ids);
    return ids;
  }
}
