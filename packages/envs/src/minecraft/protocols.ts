/**
 * What agents of a building task are asked in protocols in which they see each other's answers. The reference has none
 * for Minecraft: an agent sees what it would see alone, and below that the commands of the others.
 */
import type { Observation, ProtocolPrompts } from '../env.js';
import { pythonTrim } from '../text/python-text.js';

/** The protocols of a task whose agents are observed by `observe`. */
export function buildingProtocols<State>(observe: (state: State) => Observation[]): ProtocolPrompts<State> {
  return {
    pipeline: (state, agent, earlier) => extended(observe(state)[agent], pipelineText(earlier)),
    discussion: (state, agent, first) => extended(observe(state)[agent], discussionText(agent, first)),
  };
}

function pipelineText(earlier: readonly string[]): string {
  return [
    'Your teammates have answered already. Their commands are carried out before yours:',
    ...earlier.map((response, agent) => commandsOf(`agent ${agent + 1}`, response)),
    'Give your own commands so that both together make the build.',
  ].join('\n\n');
}

function discussionText(agent: number, first: readonly string[]): string {
  return [
    'This is the second and last round of a discussion. In the first round the team proposed:',
    ...first.map((response, other) =>
      commandsOf(other === agent ? `agent ${other + 1} (you)` : `agent ${other + 1}`, response),
    ),
    'Nothing of it is built yet. Give the full and final list of your commands, in view of what the others propose.',
  ].join('\n\n');
}

function commandsOf(name: string, response: string): string {
  return `Commands of ${name}:\n${pythonTrim(response) || '(none)'}`;
}

/** An observation with more text at its end. */
function extended(observation: Observation | undefined, text: string): Observation {
  const last = observation?.messages.at(-1);
  if (observation === undefined || last === undefined) throw new RangeError('there is no such agent');
  const messages = [...observation.messages.slice(0, -1), { ...last, content: `${last.content}\n\n${text}` }];
  return { ...observation, messages };
}
