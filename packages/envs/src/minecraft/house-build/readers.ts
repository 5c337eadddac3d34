/** HouseBuild's commands: `/fill` and `/kill` (minecraft spec, 3.6). */
import { normaliseBlock } from '../blocks.js';
import { type CommandReader, parseCoordinate } from '../commands.js';
import { type Box, boxBetween, boxVolume, insideBox } from '../world.js';

/** A box of one block, or `kill`. */
export type HouseCommand = FillCommand | 'kill';

export interface FillCommand {
  readonly box: Box;
  readonly block: string;
  /** Cells of the box: what it costs of the block's limit. */
  readonly volume: number;
}

/**
 * The readers of one agent's commands in one turn.
 *
 * @param limits how much may be placed by block; blocks without a limit are free
 */
export function houseReaders(
  allowed: ReadonlySet<string>,
  box: Box,
  limits: ReadonlyMap<string, number>,
): ReadonlyMap<string, CommandReader<HouseCommand>> {
  return new Map([
    ['fill', fillReader(allowed, box, limits)],
    ['kill', readKill],
  ]);
}

/** `/kill` and whatever follows it. */
const readKill: CommandReader<HouseCommand> = (tokens) => ({
  text: ['/kill', ...tokens.slice(1)].join(' '),
  command: 'kill',
});

/** `/fill x1 y1 z1 x2 y2 z2 block`. What it accepts counts against the limits; a refused fill uses nothing. */
function fillReader(
  allowed: ReadonlySet<string>,
  box: Box,
  limits: ReadonlyMap<string, number>,
): CommandReader<HouseCommand> {
  const used = new Map<string, number>();
  return (tokens) => {
    if (tokens.length < 8) return { reason: 'fill needs: /fill x1 y1 z1 x2 y2 z2 block' };
    const x1 = parseCoordinate(tokens[1] as string);
    const y1 = parseCoordinate(tokens[2] as string);
    const z1 = parseCoordinate(tokens[3] as string);
    const x2 = parseCoordinate(tokens[4] as string);
    const y2 = parseCoordinate(tokens[5] as string);
    const z2 = parseCoordinate(tokens[6] as string);
    if (x1 === null || y1 === null || z1 === null || x2 === null || y2 === null || z2 === null) {
      return { reason: 'fill coords must be absolute integers (no ~)' };
    }
    const block = normaliseBlock(tokens[7] as string);
    if (!allowed.has(block)) return { reason: `block not allowed: ${block}` };
    const filled = boxBetween({ x: x1, y: y1, z: z1 }, { x: x2, y: y2, z: z2 });
    if (!insideBox(box, filled.from) || !insideBox(box, filled.to)) {
      return { reason: 'fill coord out of bbox' };
    }
    if (tokens.length > 8) return { reason: 'fill modes (replace/keep/...) not allowed' };
    const volume = boxVolume(filled);
    const limit = limits.get(block);
    if (limit !== undefined) {
      const wouldBe = (used.get(block) ?? 0) + volume;
      if (wouldBe > limit) return { reason: `exceeds resource limit for ${block}: ${wouldBe}>${limit}` };
      used.set(block, wouldBe);
    }
    return {
      text: `/fill ${x1} ${y1} ${z1} ${x2} ${y2} ${z2} ${block}`,
      command: { box: filled, block, volume },
    };
  };
}
