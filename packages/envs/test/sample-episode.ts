/** Sample episodes of documentation pages: the answers stand in the page, and what follows from them is checked. */
import type { Environment, Item, StepResult } from '../src/index.js';

/** The answers of a page's sample episode, turn by turn: its `json` blocks, one per agent and turn. */
export function sampleAnswers(page: string, numAgents: number): string[][] {
  const blocks = [...page.matchAll(/^```json\n(.*?)\n```$/gms)].map(([, text = '']) => text);
  return Array.from({ length: blocks.length / numAgents }, (_, turn) =>
    blocks.slice(turn * numAgents, (turn + 1) * numAgents),
  );
}

/** The episode as pages show it: all prompts of the first turn, later what is new to them, and the parts of the reward. */
export function sampleText<I extends Item, State>(
  environment: Environment<I, State>,
  item: I,
  answers: readonly (readonly string[])[],
): string {
  const parts: string[] = [];
  let state = environment.reset(item, 0);
  answers.forEach((responses, turn) => {
    parts.push(`### Turn ${turn + 1}`);
    const prompts = environment.observe(state).map(({ messages }) => messages);
    responses.forEach((response, agent) => {
      const [system, user] = prompts[agent] ?? [];
      const content = user?.content ?? '';
      const rules = content.indexOf('\nTurn ');
      const shown =
        turn === 0 && agent === 0 ? `${system?.content}\n\n${content}` : `…\n${content.slice(rules)}`;
      parts.push(`Agent ${agent + 1} is asked:`, `\`\`\`text\n${shown}\n\`\`\``);
      parts.push('and answers:', `\`\`\`json\n${response}\n\`\`\``);
    });
    const result = environment.step(state, responses) as StepResult<State>;
    const terms = Object.entries(result.components).map(([name, value]) => `${name} ${rounded(value)}`);
    parts.push(`Reward ${rounded(result.reward)}: ${terms.join(', ')}.`);
    ({ state } = result);
  });
  return parts.join('\n\n');
}

function rounded(value: number): string {
  return String(Number(value.toFixed(4)));
}
