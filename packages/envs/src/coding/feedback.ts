/** What an agent is told after a turn (coding spec, 10): its own history, the mode's block, the order to revise. */

/** A turn as one agent saw it. */
export interface OwnTurn {
  readonly prompt: string;
  readonly response: string;
}

/**
 * The frame that all modes share. An agent is told its own turns alone, never another agent's.
 *
 * @param block what the mode says; '' for nothing
 * @param name the function to revise
 */
export function feedbackText(turns: readonly OwnTurn[], block: string, name: string): string {
  return [
    labelled(
      'Your earlier prompts:',
      turns.map(({ prompt }) => prompt.trimEnd()),
    ),
    labelled(
      'Your earlier responses:',
      turns.map(({ response }) => response),
    ),
    ...(block === '' ? [] : [block]),
    `Revise \`${name}(...)\`. Output only the code of the function.`,
  ].join('\n\n');
}

function labelled(heading: string, texts: readonly string[]): string {
  return [heading, ...texts.map((text, turn) => `[Turn ${turn + 1}]\n${text}`)].join('\n');
}
