import type { Tokenizer } from '@collm/lm';
import type { History, JointHistory } from '../messages.js';

/**
 * Cuts the agents' turns to a token budget that they share fairly: an agent that needs less than its
 * share leaves the rest to the others. Oldest turns go first, then the beginning of the newest.
 *
 * @param agents `agents[i][t]`: token ids of agent i's turn t, oldest first
 * @param budget most tokens in all
 */
export function fitTurns(agents: readonly (readonly (readonly number[])[])[], budget: number): number[][] {
  const needs = agents.map((turns) => turns.reduce((sum, turn) => sum + turn.length, 0));
  const shares = fairShares(needs, budget);
  return agents.map((turns, i) => {
    const share = shares[i] as number;
    let kept: readonly number[] = [];
    for (let t = turns.length - 1; t >= 0; t--) {
      const turn = turns[t] as readonly number[];
      if (kept.length + turn.length > share) {
        if (kept.length === 0 && share > 0) kept = turn.slice(-share);
        break;
      }
      kept = [...turn, ...kept];
    }
    return [...kept];
  });
}

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
 * The centralised critic's input: every agent's true history under a header, then the turn and how
 * many remain, then the end token as a marker, whose hidden state is read. The tail is never cut.
 */
export class JointInput {
  // Observations repeat over the episodes of an item; tokenising is the slow part.
  private readonly cache = new Map<string, readonly number[]>();

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly marker: number,
    private readonly maxTokens: number,
  ) {}

  tokens(history: JointHistory): { tokens: number[]; truncated: boolean } {
    const tail = [...this.encode(`\nturn ${history.turn + 1} left ${history.remainingTurns}\n`), this.marker];
    const headers = history.agents.map((_, i) => this.encode(`\nagent ${i + 1}\n`));
    const turns = history.agents.map((agent) => this.turnsOf(agent));
    const fixed = tail.length + headers.reduce((sum, header) => sum + header.length, 0);
    const fitted = fitTurns(turns, this.maxTokens - fixed);
    const tokens = fitted.flatMap((own, i) => [...(headers[i] as readonly number[]), ...own]);
    const whole = turns.flat().reduce((sum, turn) => sum + turn.length, 0);
    return { tokens: [...tokens, ...tail], truncated: fitted.flat().length < whole };
  }

  private turnsOf(history: History): number[][] {
    const { past, observation } = history;
    return [...past.map((turn) => turn.observation), observation].map((one, t) => {
      const shown = one.messages.map((message) => message.content).join('\n');
      const own = past[t];
      return [...this.encode(`${shown}\n`), ...(own === undefined ? [] : this.encode(`${own.response}\n`))];
    });
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
