/** A StrBuild state in a few lines, for critics that see it. */
import { pythonFixed4 } from '../../text/python-text.js';
import { isAir } from '../blocks.js';
import { boxCells, isTarget } from './item.js';
import type { StrBuildSettings } from './settings.js';
import type { StrBuildState } from './state.js';

/**
 * The turn, the word and its rows, top row first, with what the last turn left: `#` is a letter cell without a block, `.`
 * background; a number is the agent whose block stands on a letter cell, and `x` a block on the background. Last comes
 * its reward.
 */
export function describeStrBuildState(
  { numTurns }: StrBuildSettings,
  { item, turn, last }: StrBuildState,
): string {
  const marks = boxCells(item).map((cell) => {
    const built = last !== null && !isAir(last.world.get(cell));
    if (!isTarget(item, cell)) return built ? 'x' : '.';
    return built ? String((last.world.ownerOf(cell) ?? 0) + 1) : '#';
  });
  const width = item.targetRowsTopdown[0]?.length ?? 0;
  const rows = item.targetRowsTopdown.map((_, row) => marks.slice(row * width, (row + 1) * width).join(''));
  return [
    `turn ${turn} of ${numTurns}`,
    `word ${item.string}`,
    ...rows,
    ...(last === null ? [] : [`reward ${pythonFixed4(last.reward)}`]),
  ].join('\n');
}
