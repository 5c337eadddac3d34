/** HouseBuild's first prompt (minecraft spec, 3.5; the wording is ours). */
import { normaliseBlock } from '../blocks.js';
import { list } from '../followup.js';
import { triple } from '../world.js';
import type { HouseBuildItem } from './item.js';
import { layerLines } from './rectangles.js';
import { resourceLimits, resourceLines } from './resources.js';
import type { HouseBuildSettings } from './settings.js';
import { damageOf } from './spiders.js';
import type { HouseBuildState } from './state.js';

export const FILL_FORMAT = 'Format: /fill <x1> <y1> <z1> <x2> <y2> <z2> <block>';

/** The user message of the first turn, which later prompts may repeat. */
export function firstHousePrompt(
  settings: HouseBuildSettings,
  { item, attacks }: HouseBuildState,
  agent: number,
): string {
  const parts = [
    role(settings, agent),
    blockList(settings, item, agent),
    layers(settings, item),
    boundingBox(item),
    threat(settings, attacks),
    constraints(),
    FILL_FORMAT,
  ];
  if (settings.limitedResource) parts.push(resourceText(settings, item));
  return parts.join('\n\n');
}

function role({ numAgents }: HouseBuildSettings, agent: number): string {
  const task = 'Build the 3D structure that is given below layer by layer, one layer per y.';
  if (numAgents === 1) return task;
  return `You are agent ${agent + 1} of a team of ${numAgents}. You will place some of the blocks of the final build.\n${task}`;
}

/** The blocks an agent may use, as prompts list them: its palette, or else those of the house. */
export function blocksOf(
  { blocks }: HouseBuildSettings,
  item: HouseBuildItem,
  agent: number,
): readonly string[] {
  const own = blocks[agent] ?? [];
  return own.length > 0 ? own : [...new Set(item.inventory.map(({ block }) => block))];
}

export function blockList(settings: HouseBuildSettings, item: HouseBuildItem, agent: number): string {
  return ['Your blocks (use no others):', ...list(blocksOf(settings, item, agent))].join('\n');
}

function layers({ includeAirRects }: HouseBuildSettings, item: HouseBuildItem): string {
  return [
    'The layers, from the bottom up. Each line is one y and lists the boxes of blocks of that layer:',
    'y=<y>: {(x1, y, z1, x2, y, z2 block), ...}',
    'A box reaches from (x1, y, z1) to (x2, y, z2), both included. What no box covers is air.',
    '',
    ...layerLines(item, includeAirRects),
  ].join('\n');
}

function boundingBox({ box: { from, to } }: HouseBuildItem): string {
  return [
    'World bounding box, inclusive:',
    `- from: ${JSON.stringify(triple(from))}`,
    `- to: ${JSON.stringify(triple(to))}`,
  ].join('\n');
}

function threat({ player }: HouseBuildSettings, attacks: readonly number[]): string {
  return [
    'Spiders threaten the team:',
    `- Spiders: ${attacks.length}`,
    `- Health of the player: ${player.hp}`,
    `- Attack of each spider: [${attacks.join(', ')}]`,
    `- Total damage: ${damageOf(attacks)}.0`,
    'To kill them, give one line that is exactly: /kill',
    'All your other commands are for building.',
  ].join('\n');
}

function constraints(): string {
  return [
    'Constraints:',
    '- Commands only, one per line.',
    '- Only /fill and /kill are allowed.',
    '- Absolute integer coordinates, no ~.',
    '- Only the blocks listed above.',
    '- Every coordinate must lie inside the bounding box.',
  ].join('\n');
}

/** The limits, where they are in force. */
export function resourceText({ numAgents }: HouseBuildSettings, item: HouseBuildItem): string {
  const limits = resourceLimits(item, numAgents);
  return [
    'Resource limits per agent and turn (air is unlimited):',
    ...list(resourceLines(item, limits)),
  ].join('\n');
}

/** The same, normalised, to compare blocks with. */
export function paletteOf(
  settings: HouseBuildSettings,
  item: HouseBuildItem,
  agent: number,
): readonly string[] {
  return blocksOf(settings, item, agent).map(normaliseBlock);
}
