/**
 * StrBuild's prompts in the compact style: a few short lines without a system message, for models of some
 * million parameters and a few hundred tokens of context. Cells are written `x y z`, just as `/setblock x y z
 * block` writes them. Follow-ups continue the conversation instead of repeating it.
 */
import type { Observation } from '../../env.js';
import { pythonFixed4 } from '../../text/python-text.js';
import { solidBlocks } from '../blocks.js';
import type { Cell } from '../world.js';
import { type StrBuildItem, targetCells } from './item.js';
import { correctionsOf } from './prompts.js';
import type { StrBuildSettings } from './settings.js';
import type { StrBuildState } from './state.js';

/** What one agent newly sees at the state's turn: a short message that continues the conversation. */
export function compactObservation(
  settings: StrBuildSettings,
  state: StrBuildState,
  agent: number,
): Observation {
  const first = state.last === null;
  const lines = first ? firstLines(settings, state, agent) : followUpLines(settings, state, agent);
  return { messages: [{ role: 'user', content: lines.join('\n') }], startsAfresh: first };
}

function firstLines(settings: StrBuildSettings, { item, turn }: StrBuildState, agent: number): string[] {
  return [
    `agent ${agent + 1} of ${settings.numAgents}`,
    `turn ${turn} of ${settings.numTurns}`,
    `blocks ${solidBlocks(settings.blocks[agent] ?? []).join(' ')}`,
    ...targetLines(settings, item),
  ];
}

function targetLines({ target }: StrBuildSettings, item: StrBuildItem): string[] {
  if (target === 'cells') return ['cells', ...targetCells(item).map(point)];
  const box = `box ${point(item.box.from)} to ${point(item.box.to)}`;
  return target === 'grid' ? [box, 'grid', ...item.targetRowsTopdown] : [box];
}

function followUpLines(settings: StrBuildSettings, state: StrBuildState, agent: number): string[] {
  const lines = [`turn ${state.turn} of ${settings.numTurns}`, 'world empty'];
  if (settings.feedback === 'score' && state.last !== null) {
    lines.push(`reward ${pythonFixed4(state.last.reward)}`);
  }
  // Where the first prompt lists the cells, the conversation already holds them.
  if (settings.feedback === 'position' && settings.target !== 'cells') {
    lines.push('cells', ...targetCells(state.item).map(point));
  }
  if (settings.feedback === 'perfect') {
    const { wrong, stray } = correctionsOf(settings, state);
    lines.push(
      'wrong',
      ...wrong.filter((cell) => cell.owner === agent).map((cell) => `${point(cell)} ${cell.block}`),
    );
    if (agent === settings.numAgents - 1 && stray.length > 0) lines.push('remove', ...stray.map(point));
  }
  return lines;
}

function point({ x, y, z }: Cell): string {
  return `${x} ${y} ${z}`;
}
