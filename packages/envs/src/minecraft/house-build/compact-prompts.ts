/**
 * HouseBuild's prompts in the compact style: a few short lines without a system message, for models of some hundred
 * thousand parameters and a few hundred tokens of context. Boxes are written `x1 y1 z1 x2 y2 z2 block`, just as `/fill`
 * has them; cells that no box covers are air. Later prompts continue the conversation instead of repeating it; in the
 * style `restated` they repeat the task and stand alone, as the full style's do.
 */
import type { Observation } from '../../env.js';
import { pythonFixed4 } from '../../text/python-text.js';
import { isAir, solidBlocks } from '../blocks.js';
import type { Cell } from '../world.js';
import { ownWrongCells, suggestedCells, suggestedRectangles, suggestedSchedule } from './corrections.js';
import { type HouseBuildItem, type PlannedBlock, solidCells } from './item.js';
import { paletteOf } from './prompts.js';
import { allRectangles, boxesOfCells, boxText, isAirName } from './rectangles.js';
import { resourceLimits } from './resources.js';
import type { HouseBuildSettings } from './settings.js';
import { damageOf, threatOf } from './spiders.js';
import type { HouseBuildState, LastHouseTurn } from './state.js';

/** What one agent newly sees at the state's turn: a short message that continues the conversation. */
export function compactObservation(
  settings: HouseBuildSettings,
  state: HouseBuildState,
  agent: number,
): Observation {
  const { last } = state;
  const task = [`agent ${agent + 1} of ${settings.numAgents}`, ...firstLines(settings, state, agent)];
  const told = last === null ? [] : followUpLines(settings, state, last, agent);
  const alone = last === null || settings.promptStyle === 'restated';
  // The task names the turn already.
  const lines = alone ? [...task, ...told.slice(1)] : told;
  return { messages: [{ role: 'user', content: lines.join('\n') }], startsAfresh: alone };
}

function firstLines(settings: HouseBuildSettings, state: HouseBuildState, agent: number): string[] {
  const { item } = state;
  return [
    turnLine(settings, state),
    ...paletteLines(settings, item, agent),
    ...boxLines(settings, item),
    ...planLines(settings, item),
    ...limitLines(settings, item),
    ...spiderLines(settings, state),
  ];
}

export function turnLine({ numTurns }: HouseBuildSettings, { turn }: HouseBuildState): string {
  return `turn ${turn} of ${numTurns}`;
}

/** The agent's blocks, where they do not hold all that the plan has. */
function paletteLines(settings: HouseBuildSettings, item: HouseBuildItem, agent: number): string[] {
  const palette = paletteOf(settings, item, agent);
  const wanted = item.blocks.filter((block, index) => !isAir(block) && item.counts[index] !== 0);
  return wanted.every((block) => palette.includes(block))
    ? []
    : [['blocks', ...solidBlocks(palette)].join(' ')];
}

/** The bounding box, where the plan's boxes do not reach all of its sides. */
function boxLines({ includeAirRects }: HouseBuildSettings, item: HouseBuildItem): string[] {
  const { from, to } = item.box;
  const cells = solidCells(item);
  const reaches = (['x', 'y', 'z'] as const).every(
    (axis) =>
      cells.some((cell) => cell[axis] === from[axis]) && cells.some((cell) => cell[axis] === to[axis]),
  );
  return reaches || includeAirRects ? [] : [`box ${point(from)} ${point(to)}`];
}

export function planLines({ includeAirRects }: HouseBuildSettings, item: HouseBuildItem): string[] {
  return allRectangles(item)
    .filter(({ block }) => includeAirRects || !isAirName(block))
    .map(boxText);
}

/** Limits of the blocks that the plan has: nothing else is ever wanted. */
export function limitLines(
  { limitedResource, numAgents }: HouseBuildSettings,
  item: HouseBuildItem,
): string[] {
  return limitedResource ? amountLines('limit', resourceLimits(item, numAgents)) : [];
}

function amountLines(word: string, amounts: ReadonlyMap<string, number>): string[] {
  return [...amounts].filter(([, count]) => count > 0).map(([block, count]) => `${word} ${block} ${count}`);
}

/** Left out where the spiders can do no harm. */
export function spiderLines({ player }: HouseBuildSettings, { attacks }: HouseBuildState): string[] {
  if (threatOf(attacks, player.hp, false) === 0) return [];
  return [`spiders ${attacks.length} damage ${damageOf(attacks)} health ${player.hp}`];
}

function followUpLines(
  settings: HouseBuildSettings,
  state: HouseBuildState,
  last: LastHouseTurn,
  agent: number,
): string[] {
  const told = [turnLine(settings, state), 'world empty'];
  const { item } = state;
  switch (settings.feedback) {
    case 'score':
      return [...told, `reward ${pythonFixed4(last.toldReward)}`];
    case 'perfect':
      return [...told, 'wrong', ...cellLines(ownWrongCells(settings, item, last.world, agent))];
    case 'position':
      return told; // The conversation holds the plan.
    case 'position_modification':
      return [...told, 'wrong', ...cellLines(suggestedCells(settings, item, last.world))];
    case 'rect_modification': {
      const suggested = suggestedRectangles(settings, item, last.world, agent).map(boxText);
      return [...told, ...doneLines(last, agent), 'wrong', ...suggested];
    }
    case 'resource_schedule': {
      const { suggested, left } = suggestedSchedule(settings, item, last, agent);
      return [
        ...told,
        ...doneLines(last, agent),
        ...amountLines('left', left),
        'enough for',
        ...suggested.map(boxText),
      ];
    }
  }
}

function cellLines(cells: readonly PlannedBlock[]): string[] {
  return boxesOfCells(cells).map(boxText);
}

/** The agent's commands that were carried out, without their `/fill`. */
function doneLines({ reports }: LastHouseTurn, agent: number): string[] {
  const accepted = reports[agent]?.accepted ?? [];
  return ['done', ...accepted.map(({ text }) => text.replace(/^\/(fill )?/, ''))];
}

function point({ x, y, z }: Cell): string {
  return `${x} ${y} ${z}`;
}
