/** Histories and queries for tests of critics. */
import type { History, JointHistory, ValueQuery, ValueSample, ValueUpdate } from '../src/index.js';

/** One turn: what each agent sees, and what it then says. */
export type Turn = readonly { sees: string; says: string }[];

/** The joint history before turn `turn` of an episode of three. */
export const before = (turn: number, episode: readonly Turn[]): JointHistory => ({
  agents: (episode[turn] as Turn).map(
    (_, agent): History => ({
      past: episode.slice(0, turn).map((played) => {
        const { sees, says } = played[agent] as Turn[number];
        return { observation: see(sees), ...response(says), response: says };
      }),
      observation: see((episode[turn] as Turn)[agent]?.sees as string),
    }),
  ),
  turn,
  remainingTurns: 3 - turn,
});

const see = (content: string) => ({
  messages: [{ role: 'user' as const, content }],
  startsAfresh: false,
});

/** A response in the tiny model's vocabulary: 5 special tokens, then the bytes. */
export const response = (text: string) => ({ text, tokens: [...Buffer.from(text)].map((byte) => byte + 5) });

export const stateOf = (turn: number, episode: readonly Turn[]): ValueQuery => ({
  read: 'state',
  history: before(turn, episode),
});

export const actionOf = (turn: number, episode: readonly Turn[]): ValueQuery => ({
  read: 'action',
  history: before(turn, episode),
  responses: (episode[turn] as Turn).map(({ says }) => response(says)),
});

export const tokensOf = (turn: number, agent: number, episode: readonly Turn[]): ValueQuery => ({
  read: 'tokens',
  history: before(turn, episode),
  agent,
  response: response((episode[turn] as Turn)[agent]?.says as string),
});

/** A sample whose old values are 0. */
export const sample = (query: ValueQuery, ...targets: number[]): ValueSample => ({
  query,
  targets,
  oldValues: targets.map(() => 0),
  itemId: 'item',
});

export const mse: ValueUpdate = { valueLossCoef: 1, valueClipRange: null, learningRateFactor: 1 };
