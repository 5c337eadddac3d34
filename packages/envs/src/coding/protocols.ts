/** How a team of two is asked where its members see each other's responses (coding spec, 14). */
import type { Observation, ProtocolPrompts } from '../env.js';
import { pythonTrim } from '../text/python-text.js';
import {
  auxPrompt,
  discussionAuxPrompt,
  discussionMainPrompt,
  type Problem,
  parallelMainPrompt,
  pipelineMainPrompt,
} from './prompts.js';
import type { CodingSettings } from './settings.js';
import type { CodingState } from './state.js';

type PromptFormat = CodingSettings['promptFormat'];

/** A prompt as an agent sees it: everything it should know is in it. */
export function userPrompt(content: string, format: PromptFormat): Observation {
  return { messages: [{ role: 'user', content }], startsAfresh: true, format };
}

/** What stands under `Problem`: the problem, or in later turns what the agent is told. */
export function textFor({ item, feedback }: CodingState, agent: number): string {
  return feedback === null ? item.prompt : (feedback[agent] as string);
}

/** The prompts of the fixed protocols; agent 0 writes the helper, agent 1 the main function. */
export function protocolPrompts(format: PromptFormat): ProtocolPrompts<CodingState> {
  const problem = (state: CodingState, agent: number): Problem => ({
    item: state.item,
    text: textFor(state, agent),
  });
  return {
    parallel: (state) => [
      userPrompt(auxPrompt(problem(state, 0)), format),
      userPrompt(parallelMainPrompt(problem(state, 1)), format),
    ],
    pipeline: (state, agent, [aux = '']) =>
      userPrompt(pipelineMainPrompt(problem(state, agent), pythonTrim(aux)), format),
    discussion: (state, agent, [aux = '', main = '']) =>
      userPrompt(
        agent === 0
          ? discussionAuxPrompt(problem(state, 0), pythonTrim(main))
          : discussionMainPrompt(problem(state, 1), pythonTrim(aux)),
        format,
      ),
    sampling: {
      single: { temperature: 0.7, topP: 0.9, maxNewTokens: 256 },
      team: { temperature: 0.8, topP: 0.95, maxNewTokens: 256 },
    },
  };
}
