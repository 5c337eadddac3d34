/**
 * Demonstrations for the warm start: conversations in which every agent writes well-formed commands for a
 * random part of the word, on its own. A model that imitates them knows the grammar, its own palette and
 * how to read the cells, but not how to share the work.
 */
import { type StrBuild, type StrBuildItem, uncoordinatedResponse } from '@collm/envs';
import type { History } from '@collm/marl';

export interface Demonstration {
  agent: number;
  history: History;
  /** What to imitate. */
  response: string;
}

/** A seeded uniform generator on [0, 1) (mulberry32): drawing demonstrations needs no more. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Plays one episode with uncoordinated agents and cuts it into one demonstration per agent and turn.
 *
 * @param encode tokens of an agent's own response, as they stand in its history
 */
export function demonstrate(
  environment: StrBuild,
  item: StrBuildItem,
  random: () => number,
  encode: (response: string) => readonly number[],
): Demonstration[] {
  const { blocks } = environment.settings;
  const past: History['past'][number][][] = Array.from({ length: environment.numAgents }, () => []);
  const made: Demonstration[] = [];
  let state = environment.reset(item, 0);
  for (let turn = 0; turn < environment.numTurns; turn++) {
    const observations = environment.observe(state);
    const responses = observations.map((observation, agent) => {
      const response = uncoordinatedResponse(item, agent, { blocks }, random).trimEnd();
      const own = past[agent] as History['past'][number][];
      made.push({ agent, history: { past: [...own], observation }, response });
      own.push({ observation, response, tokens: encode(response) });
      return response;
    });
    state = environment.step(state, responses).state;
  }
  return made;
}
