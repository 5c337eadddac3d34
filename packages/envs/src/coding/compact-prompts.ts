/**
 * The prompts in the compact style: a line and the problem, for models of some hundred thousand weights and a short
 * context. They reveal no more than the full ones do. Later turns continue the conversation instead of repeating it.
 */
import type { Observation, ProtocolPrompts } from '../env.js';
import { pythonTrim } from '../text/python-text.js';
import type { Reader } from './diagnosis.js';
import type { CodingItem } from './item.js';
import type { CodingSettings } from './settings.js';
import type { CodingState } from './state.js';

type PromptFormat = CodingSettings['promptFormat'];

/** What one agent newly sees at the state's turn. */
export function compactObservation(
  { item, feedback }: CodingState,
  agent: number,
  reader: Reader,
  format: PromptFormat,
): Observation {
  const content =
    feedback === null ? `${taskLine(item, reader)}\n${problem(item)}\n` : `\n${feedback[agent] as string}\n`;
  return { messages: [{ role: 'user', content }], startsAfresh: feedback === null, format };
}

/** What an agent is told after a turn; it has its own history in the conversation. */
export function compactFeedback(block: string, name: string): string {
  return block === '' ? `revise ${name}` : `${block}\nrevise ${name}`;
}

function taskLine(item: CodingItem, reader: Reader): string {
  if (reader === 'aux') return 'write helper aux for';
  const main = `write ${item.entryPoint}(${item.parameters})`;
  return reader === 'single' ? `${main} alone` : `${main}, may call helper aux(...)`;
}

function problem({ prompt }: CodingItem): string {
  return prompt.trimEnd();
}

/** The fixed protocols; what a later turn tells stands below the problem. */
export function compactProtocolPrompts(format: PromptFormat): ProtocolPrompts<CodingState> {
  const ask = (state: CodingState, agent: number, task: string, known: readonly string[]): Observation => {
    const told = state.feedback === null ? [] : [state.feedback[agent] as string];
    const content = `${[task, problem(state.item), ...known, ...told].join('\n')}\n`;
    return { messages: [{ role: 'user', content }], startsAfresh: true, format };
  };
  const main = ({ item }: CodingState) => `write ${item.entryPoint}(${item.parameters})`;
  return {
    parallel: (state) => [
      ask(state, 0, taskLine(state.item, 'aux'), []),
      ask(state, 1, `${main(state)}, may call helper aux(${state.item.parameters})`, []),
    ],
    pipeline: (state, agent, [aux = '']) =>
      ask(state, agent, `${main(state)}, may call helper aux:`, [pythonTrim(aux)]),
    discussion: (state, agent, [aux = '', mainText = '']) =>
      agent === 0
        ? ask(state, 0, 'improve helper aux for', [pythonTrim(mainText)])
        : ask(state, 1, `improve ${state.item.entryPoint}(${state.item.parameters}) with helper aux:`, [
            pythonTrim(aux),
          ]),
    sampling: {
      single: { temperature: 0.7, topP: 0.9, maxNewTokens: 256 },
      team: { temperature: 0.8, topP: 0.95, maxNewTokens: 256 },
    },
  };
}
