/** Edits by an expert model (coding spec, 10, mode `expert_edits`). The model is outside; here are its prompt and its answer. */
import type { CodingItem } from './item.js';

/** Asks an expert; may reject, which counts as an answer that cannot be read. */
export type Expert = (prompt: string) => Promise<string>;

/** What the expert proposes for each function; '' for nothing. */
export interface ExpertEdits {
  readonly aux: string;
  readonly main: string;
}

const TRIES = 3;

/** Asks until an answer holds a JSON object, three times at most; then both edits are empty. */
export async function expertEdits(expert: Expert, item: CodingItem, program: string): Promise<ExpertEdits> {
  const prompt = expertPrompt(item, program);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const found = lastJsonObject(await answerOf(expert, prompt));
    if (found !== null) return { aux: editOf(found.aux), main: editOf(found.main) };
  }
  return { aux: '', main: '' };
}

async function answerOf(expert: Expert, prompt: string): Promise<string> {
  try {
    return await expert(prompt);
  } catch {
    return '';
  }
}

function expertPrompt({ prompt, entryPoint }: CodingItem, program: string): string {
  return [
    `Two programmers solve a problem together: one writes a helper function \`aux\`, the other the main function \`${entryPoint}\`.`,
    `Problem:\n${prompt}`,
    `Their code:\n${program}`,
    [
      'Answer with one JSON object with the keys "aux" and "main". The value of each is a text:',
      '- where the function is missing, a minimal correct implementation;',
      '- otherwise concise edits that would help to pass the tests;',
      '- where nothing has to change: "Perfect, no changes needed."',
    ].join('\n'),
  ].join('\n\n');
}

function editOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** The last object in a text that parses as JSON; an object may hold others, which hold none. */
export function lastJsonObject(text: string): Readonly<Record<string, unknown>> | null {
  let found: Readonly<Record<string, unknown>> | null = null;
  for (let at = text.indexOf('{'); at >= 0; ) {
    const end = shallowObjectEnd(text, at);
    const parsed = end < 0 ? null : parseObject(text.slice(at, end));
    found = parsed ?? found;
    at = text.indexOf('{', end < 0 ? at + 1 : end);
  }
  return found;
}

/** Where the braces that open at `at` are closed, at most two deep; -1 where they are deeper or stay open. */
function shallowObjectEnd(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index++) {
    if (text[index] === '{' && ++depth > 2) return -1;
    if (text[index] === '}' && --depth === 0) return index + 1;
  }
  return -1;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
