/** What agents are asked for: all the same, so that they have to share out the work unseen (coding spec, 15). */
import type { ClassEvalItem } from './item.js';

/** The prompt of the first turn. */
export function jobPrompt({ skeleton, className, methods }: ClassEvalItem, numAgents: number): string {
  const share = Math.ceil(methods.length / numAgents);
  const some = numAgents > 1 ? [choosing(numAgents, share)] : ['Write all of them.'];
  return [
    numAgents > 1
      ? `Take a job: you are one of ${numAgents} programmers who complete the class \`${className}\` together, without seeing each other's code.`
      : `Complete the class \`${className}\`.`,
    `The class:\n${skeleton.trimEnd()}`,
    `Methods to write:\n${methods.map((name) => `- ${name}`).join('\n')}`,
    [
      ...some,
      'Output these methods only, with their full bodies and exactly the signatures of the class, in one fenced block of code.',
      'Write no class header, imports, comments, docstrings or placeholders, and define no other names.',
    ].join('\n'),
  ].join('\n\n');
}

function choosing(numAgents: number, share: number): string {
  const fewer = Math.max(1, share - 1);
  const number = fewer === share ? `${share}` : `${fewer} or ${share}`;
  return `Choose some of them, but not all: about ${number}, so that the work of ${numAgents === 2 ? 'both' : 'all'} is balanced and overlaps little.`;
}

/** The prompt of a later turn: the class and what this agent itself has written. */
export function revisionPrompt(
  { skeleton, className }: ClassEvalItem,
  methods: readonly string[],
  code: string,
): string {
  return [
    `Improve your part of the class \`${className}\`.`,
    `The class:\n${skeleton.trimEnd()}`,
    methods.length === 0
      ? 'No method of the class was found in your last answer.'
      : `Your code:\n\`\`\`python\n${code}\n\`\`\``,
    'Output only the improved code, in one fenced block.',
  ].join('\n\n');
}
