/** A HouseBuild state in a few lines, for critics that see it; boxes as in compact prompts. */
import { pythonFixed4 } from '../../text/python-text.js';
import { isAir } from '../blocks.js';
import { limitLines, planLines, spiderLines, turnLine } from './compact-prompts.js';
import { boxesOfCells, boxText } from './rectangles.js';
import type { HouseBuildSettings } from './settings.js';
import type { HouseBuildState } from './state.js';

/**
 * The plan with its limits and spiders, the turn, and what stood after the last one with its reward: all that any mode of
 * feedback is made of but refused lines.
 */
export function describeHouseState(settings: HouseBuildSettings, state: HouseBuildState): string {
  const { item, last } = state;
  const lines = [
    turnLine(settings, state),
    ...planLines(settings, item),
    ...limitLines(settings, item),
    ...spiderLines(settings, state),
  ];
  if (last !== null) {
    const standing = [...last.world.scan()].filter(({ block }) => !isAir(block));
    lines.push('built', ...boxesOfCells(standing).map(boxText), `reward ${pythonFixed4(last.toldReward)}`);
  }
  return lines.join('\n');
}
