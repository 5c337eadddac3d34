import type { Environment, Observation, ProtocolPrompts } from '@collm/envs';

/**
 * What agents are asked in an environment that says nothing about protocols: its own observations, and what teammates
 * wrote this turn, plainly labelled. Nobody is told more than that; agents are counted from 1.
 */
export function genericPrompts<State>(environment: Pick<Environment, 'observe'>): ProtocolPrompts<State> {
  const own = (state: State, agent: number) => environment.observe(state)[agent] as Observation;
  return {
    pipeline: (state, agent, earlier) => {
      const said = earlier.map((text, teammate) => labelled(teammate, text));
      return withMore(
        own(state, agent),
        ['Teammates have answered this turn before you.', ...said, 'Now answer yourself.'].join('\n\n'),
      );
    },
    discussion: (state, agent, first) => {
      const said = first.flatMap((text, teammate) => (teammate === agent ? [] : labelled(teammate, text)));
      const content = [
        'Your answer was a draft. Your teammates have drafted too.',
        ...said,
        'Now give your final answer, whole and in the same form. Only this one counts.',
      ].join('\n\n');
      // The draft and what led to it are in the agent's history already.
      return { ...own(state, agent), messages: [{ role: 'user', content }], startsAfresh: false };
    },
  };
}

const labelled = (agent: number, text: string): string => `Agent ${agent + 1} wrote:\n${text}`;

/** The text after the last message's own: chat templates want one message of the user at a time. */
function withMore(observation: Observation, text: string): Observation {
  const last = observation.messages.at(-1);
  if (last === undefined) return { ...observation, messages: [{ role: 'user', content: text }] };
  const longer = { ...last, content: `${last.content}\n\n${text}` };
  return { ...observation, messages: [...observation.messages.slice(0, -1), longer] };
}
