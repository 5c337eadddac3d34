import { describe, expect, it } from 'vitest';
import { type RolloutSettings, rollout } from '../src/rollout/rollout.js';
import { MARKER, MarkerActor, markerEnvironment } from './fakes/marker-team.js';

const SETTINGS: RolloutSettings = {
  seed: 7,
  phase: 'train',
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  numGenerations: 1,
  jointMode: 'aligned',
  earlyTerminationThreshold: null,
};
const NUM_TURNS = 3;

async function play(numAgents: number, shape: Partial<RolloutSettings>, startsAfresh: boolean) {
  const environment = markerEnvironment(numAgents, NUM_TURNS, startsAfresh);
  const actors = Array.from({ length: numAgents }, (_, agent) => new MarkerActor(agent));
  const specs = environment.trainItems.map((item, episode) => ({ item, episode }));
  const episodes = await rollout(environment, actors, specs, { ...SETTINGS, ...shape });
  return { actors, episodes };
}

describe.each([
  ['chains', { numGenerations: 1 }],
  ['aligned trees', { numGenerations: 3 }],
  ['cross trees', { numGenerations: 2, jointMode: 'cross' }],
] as const)('history isolation in %s', (_, shape) => {
  it.each([
    [2, false],
    [2, true],
    [3, false],
  ])(
    'no request of any of %i agents holds another one’s text or tokens (fresh prompts: %s)',
    async (numAgents, fresh) => {
      const { actors } = await play(numAgents, shape, fresh);
      actors.forEach((actor, agent) => {
        let ownMarkers = 0;
        for (const request of actor.requests) {
          // The whole message as it would cross a process boundary, whatever fields it may grow.
          const message = JSON.stringify(request);
          for (const [marker, owner] of message.matchAll(MARKER)) {
            expect(Number(owner), `agent ${agent} was shown ${marker}`).toBe(agent);
            ownMarkers += 1;
          }
          for (const [token] of message.matchAll(/\b\d{7}\b/g)) {
            expect(Math.floor(Number(token) / 1_000_000) - 1, `agent ${agent} was shown token ${token}`).toBe(
              agent,
            );
          }
        }
        // The search would also pass on empty messages; it must have found the agent's own history.
        expect(ownMarkers).toBeGreaterThan(actor.requests.length);
      });
    },
  );

  it('a request holds exactly the past of its own branch', async () => {
    const { episodes, actors } = await play(2, shape, false);
    for (const { nodes, transitions } of episodes) {
      for (const node of nodes) {
        node.history.agents.forEach((history, agent) => {
          const lived: string[] = [];
          for (let at = node.parent; at !== null; at = transitions[at]?.parent ?? null) {
            const transition = transitions[at];
            const choice = transition?.choice[agent] as number;
            lived.unshift(nodes[transition?.node as number]?.responses[agent]?.[choice]?.text as string);
          }
          expect(history.past.map((turn) => turn.response)).toEqual(lived);
          expect(history.past).toHaveLength(node.turn);
          expect(actors[agent]?.requests.map((request) => request.history)).toContain(history);
        });
      }
    }
  });
});

it('would catch a leak: a message with a teammate’s text is found by the same search', () => {
  const leaked = JSON.stringify({
    history: { past: [], observation: { messages: [{ content: '<o0.1> <r1.4>' }] } },
  });
  expect([...leaked.matchAll(MARKER)].map(([, owner]) => Number(owner))).toEqual([0, 1]);
});
