// @ts-check
/**
 * A task for two agents: together they name every thing on a list, and nothing twice. To make it yours, change the
 * lists, what the agents are told, and the reward; `npx collm env validate my-env.mjs` checks it.
 *
 * @typedef {{ id: string, things: string[] }} List
 * @typedef {{ list: List, turn: number, missing: string[] }} State
 */

const lists = [
  'apple bread cheese dates',
  'hammer nails saw screws tape',
  'violin drum flute harp',
  'oak pine birch willow elm maple',
  'socks gloves scarf hat',
  'lamp chair table shelf mirror',
];

/**
 * @param {{ turns?: number }} options what stands under `env.options` in the configuration
 * @returns {import('@collm/envs').Environment<List, State>}
 */
export default function myEnv({ turns = 2 } = {}) {
  const items = lists.map((line, index) => ({ id: `list_${index + 1}`, things: line.split(' ') }));
  return {
    name: 'my_env',
    numAgents: 2,
    numTurns: turns,
    earlyTerminationThreshold: null,
    rewardRange: [-1, 1],
    trainItems: items.slice(0, -1),
    evalItems: items.slice(-1),
    roles: ['names what comes first in the alphabet', 'names what comes last'],

    // What is random must follow from the seed, reset's second argument; nothing is here.
    reset: (list) => ({ list, turn: 1, missing: list.things }),

    // One observation per agent. None is shown what the other one writes.
    observe: ({ list, turn, missing }) =>
      ['first', 'last'].map((end) => {
        const task = `Things: ${list.things.join(', ')}. Name the half that comes ${end} in the alphabet.`;
        const content = turn === 1 ? task : `${task} Last time these were missing: ${missing.join(', ')}.`;
        return { messages: [{ role: 'user', content }], startsAfresh: true };
      }),

    // Any text is scored. The given state stays as it is: an episode may branch from it.
    step({ list, turn }, responses) {
      if (responses.length !== 2) throw new Error(`my_env wants 2 responses, not ${responses.length}.`);
      const named = responses.map((text) =>
        list.things.filter((thing) => text.toLowerCase().includes(thing)),
      );
      const [first = [], second = []] = named;
      const twice = first.filter((thing) => second.includes(thing));
      const missing = list.things.filter((thing) => !first.includes(thing) && !second.includes(thing));
      const covered = list.things.length - missing.length;
      // Signed parts that add up to the reward. All named by both is worth no more than nothing named.
      const components = {
        coverage: covered / list.things.length,
        overlap: -twice.length / list.things.length,
      };
      const reward = components.coverage + components.overlap;
      return {
        state: { list, turn: turn + 1, missing },
        reward,
        processedReward: reward,
        components,
        metrics: { covered, twice: twice.length },
        terminated: turn >= turns,
        info: { named },
      };
    },
  };
}
