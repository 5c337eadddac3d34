/**
 * Histories as a critic is fed them. A model that has only ever answered prompts has never read such a text, nor been
 * asked for anything at the critic's marker. After these readings it says how many turns are left, so that its hidden
 * state at the marker holds that at least. What a critic gains by it has not been measured apart from other settings.
 */
import type { Tokenizer } from '@collm/lm';
import { type History, JointInput, type PolicySample } from '@collm/marl';
import type { Demonstration, Encode } from './demonstrations.js';
import type { Random } from './recipe.js';

/** Longer histories than the model's context are no matter here: they are filtered out with the rest. */
const UNLIMITED = 1_000_000;

/**
 * What a critic sees at every turn of an episode, and the turns that are left. Half of the episodes are seen as by a
 * central critic, half as by the critic of one agent.
 *
 * @param episode demonstrations of one episode
 * @param numTurns of the environment
 */
export function criticReadings(
  episode: readonly Demonstration[],
  numTurns: number,
  tokenizer: Tokenizer,
  encode: Encode,
  random: Random,
): PolicySample[] {
  const agents = 1 + Math.max(...episode.map(({ agent }) => agent));
  const one = random() < 0.5 ? Math.floor(random() * agents) : null;
  const input = new JointInput(tokenizer, {
    marker: tokenizer.eosTokenId as number,
    maxTokens: UNLIMITED,
    marksActions: false,
  });
  const turns = Math.max(...episode.map(({ history }) => history.past.length));
  return Array.from({ length: turns + 1 }, (_, turn) => {
    const histories = episode
      .filter(({ agent, history }) => history.past.length === turn && (one === null || one === agent))
      .map(({ history }): History => history);
    const left = numTurns - turn;
    const history = { agents: histories, turn, remainingTurns: left };
    const tokens = encode(`${left}`);
    const none = new Float32Array(tokens.length);
    return {
      promptTokens: input.of({ read: 'state', history }).tokens,
      tokens,
      oldLogProbs: none,
      behaviourLogProbs: none,
      advantage: 1,
      weight: 1,
      itemId: 'critic',
      turn,
    };
  });
}

/** What the critic's input has beside observations and responses: the tokenizer should know it. */
export function criticText(agents: number, numTurns: number): string[] {
  return [
    ...Array.from({ length: agents }, (_, agent) => `\nagent ${agent + 1}\n`),
    ...Array.from({ length: numTurns }, (_, turn) => `\nleft ${turn + 1}\n`),
  ];
}
