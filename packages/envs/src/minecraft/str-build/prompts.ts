/** StrBuild's prompts in the full style (minecraft spec, 2.5 and 2.10; the wording is ours). */
import type { Observation } from '../../env.js';
import { pythonFixed4 } from '../../text/python-text.js';
import { splitBudget } from '../commands.js';
import {
  aboutHalf,
  FROM_NOTHING,
  firstObservation,
  laterObservation,
  list,
  previousResponsePart,
} from '../followup.js';
import { type Cell, triple } from '../world.js';
import { type StrBuildItem, targetCells } from './item.js';
import { type Corrections, corrections } from './plan.js';
import type { StrBuildSettings } from './settings.js';
import type { LastTurn, StrBuildState } from './state.js';

const FORMAT = 'Format: /setblock <x> <y> <z> <block>';

/** What one agent sees at the state's turn. Each turn's prompt stands alone. */
export function fullObservation(
  settings: StrBuildSettings,
  state: StrBuildState,
  agent: number,
): Observation {
  const first = firstPrompt(settings, state.item, agent);
  const { last } = state;
  if (last === null) return firstObservation(first);
  const parts = [feedback(settings, state, last, agent)];
  if (settings.originalPrompt) parts.push(first);
  if (settings.previousResponse) {
    parts.push(...previousResponsePart('Your previous commands:', last.responses[agent] ?? ''));
  }
  return laterObservation(parts, settings.followup);
}

function firstPrompt(settings: StrBuildSettings, item: StrBuildItem, agent: number): string {
  const { from, to } = item.box;
  return [
    [...role(settings, agent), ...target(settings, item)].join('\n'),
    [
      'World bounding box, inclusive:',
      `- from: ${JSON.stringify(triple(from))}`,
      `- to: ${JSON.stringify(triple(to))}`,
      'Coordinates are absolute:',
      `- x grows from left (${from.x}) to right (${to.x})`,
      `- y grows from bottom (${from.y}) to top (${to.y})`,
      `- z is always ${from.z}`,
    ].join('\n'),
    blockList(settings, agent),
    constraints(settings),
    FORMAT,
  ].join('\n\n');
}

function role({ numAgents, target: shown }: StrBuildSettings, agent: number): string[] {
  if (numAgents === 1) return [];
  const lines = [
    `You are agent ${agent + 1} of a team of ${numAgents}. You will place some of the blocks of the final build.`,
  ];
  if (agent > 0) {
    lines.push('You write after agent 1: your commands overwrite what agent 1 sets at the same cells.');
    if (shown !== 'hidden') lines.push('Pick a reasonable subset of the cells.');
  }
  return [...lines, ''];
}

function target({ numAgents, target: shown }: StrBuildSettings, item: StrBuildItem): string[] {
  const which = numAgents === 1 ? 'all' : 'a subset';
  if (shown === 'grid') {
    return [
      'The target is a grid of # and ., as large as the bounding box.',
      `Give setblock commands for ${which} of the # cells.`,
      'The grid, top row first:',
      ...item.targetRowsTopdown,
    ];
  }
  if (shown === 'cells') {
    return [`Give setblock commands for ${which} of the target cells:`, ...cellList(targetCells(item))];
  }
  return ['Give setblock commands for the build.'];
}

function constraints({
  numAgents,
  target: shown,
  mentionPaletteRule,
  adjacencyBy,
}: StrBuildSettings): string {
  const lines = [
    'Constraints:',
    '- Commands only, one per line.',
    '- Only /setblock is allowed.',
    '- Absolute integer coordinates, no ~.',
  ];
  if (shown === 'grid') lines.push('- Set blocks only on # cells; leave . cells as air.');
  if (shown === 'cells') lines.push('- Set blocks only on target cells; leave all others as air.');
  if (numAgents > 1) lines.push(`- Blocks that share a side must not have the same ${adjacencyBy}.`);
  if (mentionPaletteRule) {
    lines.push("- Every block of every agent's list, air aside, must stand somewhere in the final build.");
  }
  lines.push('- Every coordinate must lie inside the bounding box.');
  return lines.join('\n');
}

function blockList({ blocks }: StrBuildSettings, agent: number): string {
  return ['Your blocks (use no others):', ...list(blocks[agent] ?? [])].join('\n');
}

function feedback(
  settings: StrBuildSettings,
  state: StrBuildState,
  { reward }: LastTurn,
  agent: number,
): string {
  switch (settings.feedback) {
    case 'position':
      return positionFeedback(settings, state, agent);
    case 'perfect':
      return perfectFeedback(settings, state, agent);
    case 'score':
      return [
        'Feedback: your score.',
        `- Turn: ${state.turn}`,
        `- Previous reward: ${pythonFixed4(reward)}`,
        `- ${FROM_NOTHING}`,
      ].join('\n');
  }
}

function positionFeedback(settings: StrBuildSettings, { item, turn }: StrBuildState, agent: number): string {
  const cells = targetCells(item);
  const budget = splitBudget(settings.maxCommands, settings.numAgents)[agent];
  return [
    'Feedback: the cells of the letters.',
    `- Turn: ${turn}`,
    '- Coordinates are absolute (x, y, z).',
    '- Only /setblock commands; no markdown.',
    `- Choose about half of the cells: ${aboutHalf(cells.length)} of them.`,
    '- Try not to choose two cells that share a side.',
    `- You may give up to ${budget} commands.`,
    `- ${FROM_NOTHING}`,
    '',
    'All letter cells:',
    ...cellList(cells),
    '',
    blockList(settings, agent),
    '',
    FORMAT,
  ].join('\n');
}

function perfectFeedback(settings: StrBuildSettings, state: StrBuildState, agent: number): string {
  const { wrong, stray } = correctionsOf(settings, state);
  const own = wrong.filter((cell) => cell.owner === agent);
  const lines = [
    'Feedback: what was wrong with the previous build.',
    `- Turn: ${state.turn}`,
    '- Coordinates are absolute (x, y, z).',
    '- Only /setblock commands; no markdown.',
    '- Against your previous commands, change only the listed cells.',
    `- ${FROM_NOTHING}`,
    '',
    'Set these cells to these blocks:',
    ...list(own.map((cell) => `${point(cell)} = ${cell.block}`)),
  ];
  if (agent === settings.numAgents - 1) {
    lines.push('', 'Leave these cells as air, where stray blocks stood:', ...cellList(stray));
  }
  return lines.join('\n');
}

/** What perfect feedback says about the last build; nothing is wrong before the first. */
export function correctionsOf({ blocks }: StrBuildSettings, { item, last }: StrBuildState): Corrections {
  return last === null ? { wrong: [], stray: [] } : corrections(item, last.world, blocks);
}

function cellList(cells: readonly Cell[]): string[] {
  return list(cells.map(point));
}

function point({ x, y, z }: Cell): string {
  return `(${x}, ${y}, ${z})`;
}
