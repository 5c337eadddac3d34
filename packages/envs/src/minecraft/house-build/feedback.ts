/** What HouseBuild tells after a turn, mode by mode (minecraft spec, 3.9; the wording is ours). */
import { pythonFixed4 } from '../../text/python-text.js';
import { splitBudget } from '../commands.js';
import { aboutHalf, FROM_NOTHING, list, previousResponsePart } from '../followup.js';
import { ownWrongCells, suggestedCells, suggestedRectangles, suggestedSchedule } from './corrections.js';
import { type PlannedBlock, solidCells } from './item.js';
import { blockList, FILL_FORMAT, firstHousePrompt, resourceText } from './prompts.js';
import { rectangleLine } from './rectangles.js';
import { resourceLines } from './resources.js';
import type { HouseBuildSettings, HouseFeedbackMode } from './settings.js';
import type { HouseBuildState, LastHouseTurn } from './state.js';

const COMMANDS_ONLY = '- Answer with commands and nothing else.';

/** How the prompt of a mode is put together. */
interface ModeForm {
  readonly text: (
    settings: HouseBuildSettings,
    state: HouseBuildState,
    last: LastHouseTurn,
    agent: number,
  ) => string;
  /** Whether its text stands before or after the first prompt. */
  readonly place: 'before' | 'after';
  /** It needs the resource limits even where the first prompt, which holds them, is left out. */
  readonly tellsLimits: boolean;
  /** The heading over what the agent said last. */
  readonly previous: string;
}

const modes: Readonly<Record<HouseFeedbackMode, ModeForm>> = {
  score: { text: scoreText, place: 'before', tellsLimits: false, previous: 'Your previous commands:' },
  perfect: { text: perfectText, place: 'before', tellsLimits: true, previous: 'Your previous commands:' },
  position: { text: positionText, place: 'before', tellsLimits: false, previous: 'Your previous commands:' },
  position_modification: {
    text: positionModificationText,
    place: 'after',
    tellsLimits: true,
    previous: 'Your previous commands:',
  },
  rect_modification: {
    text: rectModificationText,
    place: 'after',
    tellsLimits: true,
    previous: 'Your previous raw output:',
  },
  resource_schedule: {
    text: resourceScheduleText,
    place: 'after',
    tellsLimits: true,
    previous: 'Your previous raw output:',
  },
};

/** The parts of a prompt after the first turn, in the order of the mode; to be joined by blank lines. */
export function followUpParts(
  settings: HouseBuildSettings,
  state: HouseBuildState,
  last: LastHouseTurn,
  agent: number,
): string[] {
  const { text, place, tellsLimits, previous } = modes[settings.feedback];
  const told = text(settings, state, last, agent);
  const parts: string[] = [];
  if (!settings.originalPrompt && settings.limitedResource && tellsLimits) {
    parts.push(resourceText(settings, state.item));
  }
  const first = settings.originalPrompt ? [firstHousePrompt(settings, state, agent)] : [];
  parts.push(...(place === 'before' ? [told, ...first] : [...first, told]));
  if (settings.previousResponse) parts.push(...previousResponsePart(previous, last.responses[agent] ?? ''));
  return parts;
}

function scoreText(_: HouseBuildSettings, { turn }: HouseBuildState, { toldReward }: LastHouseTurn): string {
  return [
    'Feedback: your score.',
    `- Turn: ${turn}`,
    `- Previous reward: ${pythonFixed4(toldReward)}`,
    COMMANDS_ONLY,
    `- ${FROM_NOTHING}`,
  ].join('\n');
}

function perfectText(
  settings: HouseBuildSettings,
  { item, turn }: HouseBuildState,
  { world }: LastHouseTurn,
  agent: number,
): string {
  const own = ownWrongCells(settings, item, world, agent);
  const lines = [
    'Feedback: what was wrong with the previous build.',
    `- Turn: ${turn}`,
    '- Coordinates are absolute (x, y, z).',
    '- Only /fill commands.',
    COMMANDS_ONLY,
    '- Against your previous commands, change only the listed cells, each with /fill x y z x y z block.',
    `- ${FROM_NOTHING}`,
    '',
    'Set these blocks:',
    ...list(own.map(blockAt)),
  ];
  // The plan covers the whole box, so that a block that stands in the way is a wrong cell of the list above.
  if (agent === settings.numAgents - 1) lines.push('', 'Remove extra blocks at:', ...list([]));
  return lines.join('\n');
}

function positionText(
  settings: HouseBuildSettings,
  { item, turn }: HouseBuildState,
  _: LastHouseTurn,
  agent: number,
): string {
  const cells = solidCells(item);
  return [
    'Feedback: the blocks of the house.',
    `- Turn: ${turn}`,
    '- Coordinates are absolute (x, y, z).',
    '- Only /fill commands; no markdown.',
    `- Choose about half of the cells: ${aboutHalf(cells.length)} of them.`,
    `- You may give up to ${splitBudget(settings.maxCommands, settings.numAgents)[agent]} commands.`,
    `- ${FROM_NOTHING}`,
    '',
    'All blocks of the house:',
    ...list(cells.map(blockAt)),
    '',
    blockList(settings, item, agent),
    '',
    FILL_FORMAT,
  ].join('\n');
}

function positionModificationText(
  settings: HouseBuildSettings,
  { item }: HouseBuildState,
  { world }: LastHouseTurn,
): string {
  const lines = suggestedCells(settings, item, world).map(
    ({ x, y, z, block }) => `(${x} ${y} ${z} ${block})`,
  );
  return [
    'Feedback: cells of the previous build that were wrong, as (x y z block) with the block that belongs there.',
    COMMANDS_ONLY,
    `- ${FROM_NOTHING}`,
    '',
    'Modification suggestions:',
    ...orNone(lines),
  ].join('\n');
}

function rectModificationText(
  settings: HouseBuildSettings,
  { item }: HouseBuildState,
  last: LastHouseTurn,
  agent: number,
): string {
  const suggested = suggestedRectangles(settings, item, last.world, agent);
  return [
    'Feedback: parts of the previous build that were wrong, as y=<y>: (x1, z1, x2, z2 block).',
    COMMANDS_ONLY,
    `- ${FROM_NOTHING}`,
    '',
    acceptedText(last, agent),
    '',
    'Suggested rectangles:',
    ...orNone(suggested.map(rectangleLine)),
  ].join('\n');
}

function resourceScheduleText(
  settings: HouseBuildSettings,
  { item }: HouseBuildState,
  last: LastHouseTurn,
  agent: number,
): string {
  const { suggested, left } = suggestedSchedule(settings, item, last, agent);
  return [
    'Feedback: rectangles that the resources left over by your previous commands are enough for, as y=<y>: (x1, z1, x2, z2 block).',
    COMMANDS_ONLY,
    `- ${FROM_NOTHING}`,
    '',
    acceptedText(last, agent),
    '',
    'Resources left after your previous commands and the suggested rectangles that fit whole:',
    ...list(resourceLines(item, left)),
    '',
    'Suggested rectangles:',
    ...orNone(suggested.map(rectangleLine)),
  ].join('\n');
}

function acceptedText({ reports }: LastHouseTurn, agent: number): string {
  const accepted = (reports[agent]?.accepted ?? []).map(({ text }) => text);
  return ['Your commands that were carried out in the previous turn:', ...list(accepted)].join('\n');
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['(none)'] : lines;
}

function blockAt({ x, y, z, block }: PlannedBlock): string {
  return `(${x}, ${y}, ${z}) = ${block}`;
}
