/** What agents are asked for (coding spec, 3 and 14). The order of the blocks is the reference's, the wording ours. */
import { type CodingItem, parametersOf } from './item.js';

const COMMON_RULES = [
  'Answer with the code of the function alone; do not explain it.',
  'Use no markdown fences (no ```).',
  'Write no text before or after the function.',
  'Write neither tests nor sample calls.',
];

const AUX_RULES = [
  'The name of the helper is `aux`; its job is to support the main function.',
  'What it returns should be of use for the solution.',
];

/** How main may go about the helper. */
interface HelperAccess {
  /** Stands before the rules. */
  readonly access: string;
  readonly rules: readonly string[];
}

/** Main's prompt in training: the helper is not known. */
const UNKNOWN_HELPER: HelperAccess = {
  access: 'You can use a helper function `aux(...)`; its signature is not known.',
  rules: ['Where it is useful, you may keep the value of an `aux()` call in a variable.'],
};

/** The problem as a prompt shows it. In later turns feedback stands in place of the problem's text. */
export interface Problem {
  readonly item: CodingItem;
  readonly text: string;
}

/** The helper's agent is asked. */
export function auxPrompt({ text }: Problem): string {
  return prompt({
    task: 'Write a helper function for the problem below.',
    text,
    rules: [...COMMON_RULES, ...AUX_RULES],
    signature: 'aux(...)',
  });
}

/** The main function's agent is asked. */
export function mainPrompt(problem: Problem): string {
  return mainPromptWith(problem, UNKNOWN_HELPER);
}

/** Naive parallel: the helper is told to take what main takes. */
export function parallelMainPrompt(problem: Problem): string {
  return mainPromptWith(problem, {
    access: `You can use a helper function \`aux(${parameters(problem)})\`.`,
    rules: ['Keep the value of an `aux()` call in a variable.'],
  });
}

/** Sequential pipeline: the helper is there already. */
export function pipelineMainPrompt(problem: Problem, aux: string): string {
  return mainPromptWith(problem, {
    access: `This helper function has already been written, and you can call it:\n${aux}`,
    rules: ['Make effective use of the helper.'],
  });
}

/** Second round of the discussion: main's first answer is known to the helper's agent. */
export function discussionAuxPrompt({ text }: Problem, main: string): string {
  return prompt({
    task: 'Improve the helper function for the problem below, so that it gives exactly what the main function needs.',
    text,
    access: `The main function, as the other agent has written it:\n${main}`,
    rules: [...COMMON_RULES, ...AUX_RULES],
    signature: 'aux(...)',
  });
}

/** Second round of the discussion: the helper's first version is known to main's agent. */
export function discussionMainPrompt(problem: Problem, aux: string): string {
  return mainPromptWith(problem, {
    access: `The helper function, as the other agent has written it:\n${aux}`,
    rules: ['Improve your function: use what the helper returns, and use it correctly.'],
  });
}

/** A single model writes the whole solution. */
export function singlePrompt(problem: Problem): string {
  const { item, text } = problem;
  return prompt({
    task: 'Solve the problem below by writing the function that it asks for.',
    text,
    rules: [
      ...COMMON_RULES,
      `Write \`${item.entryPoint}\` to its specification and no other function.`,
      'The solution must be complete and handle all cases.',
    ],
    signature: `${item.entryPoint}(${parameters(problem)})`,
  });
}

function mainPromptWith(problem: Problem, helper: HelperAccess): string {
  const { item, text } = problem;
  return prompt({
    task: 'Solve the problem below by writing the function that it asks for.',
    text,
    access: helper.access,
    rules: [
      ...COMMON_RULES,
      'Do not define `aux` again.',
      `Write \`${item.entryPoint}\` to its specification and no other function.`,
      ...helper.rules,
    ],
    signature: `${item.entryPoint}(${parameters(problem)})`,
  });
}

/** The first parameters that the text shows, which in a feedback text are normally still the problem's. */
function parameters({ item, text }: Problem): string {
  return parametersOf(text) ?? item.parameters;
}

interface PromptParts {
  readonly task: string;
  readonly text: string;
  readonly access?: string;
  readonly rules: readonly string[];
  readonly signature: string;
}

function prompt({ task, text, access, rules, signature }: PromptParts): string {
  const blocks = [
    task,
    `Problem:\n${text.trimEnd()}`,
    ...(access === undefined ? [] : [access]),
    `Instructions:\n${rules.map((rule) => `- ${rule}`).join('\n')}`,
    `Your answer has this form:\ndef ${signature}:\n    # the body of the function\n    return result`,
  ];
  return `${blocks.join('\n\n')}\n`;
}
