/** How the prompts after the first turn are put together (minecraft spec, 2.10, 3.9 and 11-2). */
import { z } from 'zod';
import type { Message, Observation } from '../env.js';
import { pythonTrim } from '../text/python-text.js';

export const followupSetting = z
  .enum(['templated', 'raw'])
  .default('templated')
  .describe(
    'Prompts after the first turn: templated, as chat messages like the first; raw, as plain text that skips the chat template, as in the reference.',
  );

/** What every agent of a building task is told about its answers. */
export const SYSTEM = [
  'You are a building agent in Minecraft.',
  'Answer with Minecraft commands and nothing else: no markdown, no code fences, no other text.',
  'This rule is strict.',
].join('\n');

export const FROM_NOTHING =
  'Every turn builds from an empty world: nothing of the previous build is left, so repeat whatever should stay.';

/** The first prompt of an episode, as a chat. */
export function firstObservation(user: string): Observation {
  return { messages: chat(user), startsAfresh: true };
}

/** A later prompt: it stands alone, and the agent's earlier turns are not part of it. */
export function laterObservation(parts: readonly string[], followup: 'templated' | 'raw'): Observation {
  if (followup === 'templated') return firstObservation(parts.join('\n\n'));
  const content = pythonTrim([SYSTEM, ...parts].join('\n\n'));
  return { messages: [{ role: 'user', content }], startsAfresh: true, format: 'text' };
}

function chat(user: string): Message[] {
  return [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: pythonTrim(user) },
  ];
}

/** The agent's own last response under a heading, as the last part of a prompt; none where it was blank. */
export function previousResponsePart(heading: string, response: string): string[] {
  const previous = pythonTrim(response);
  return previous === '' ? [] : [`${heading}\n${previous}`];
}

/** Lines of a list; an empty one says so. */
export function list(entries: readonly string[]): string[] {
  return entries.length === 0 ? ['- (none)'] : entries.map((entry) => `- ${entry}`);
}

/** How many of some cells an agent should choose where both are shown the same: about half. */
export function aboutHalf(cells: number): number {
  return cells === 0 ? 0 : Math.max(1, Math.floor(cells / 2));
}
