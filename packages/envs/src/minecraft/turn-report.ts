/** What a turn of a building task leaves for logs, curves and pictures. */
import type { Volume, VolumeBlock } from '../env.js';
import { isAir } from './blocks.js';
import type { CommandReport } from './commands.js';
import { triple, type World } from './world.js';

/** Details of a turn, as JSON for episode logs: enough to replay it on a server and to compare what stands. */
export function turnInfo(
  reports: readonly CommandReport<unknown>[],
  world: World,
): Readonly<Record<string, unknown>> {
  return {
    agents: reports.map(({ accepted, rejected }) => ({
      accepted: accepted.map(({ text }) => text),
      rejected,
    })),
    world: standingBlocks(world),
    box: { from: triple(world.box.from), to: triple(world.box.to) },
  };
}

/** Names of the counts below, made once: new texts as keys would take longer than the rest of a turn's metrics. */
const countNames = [1, 2].map((agent) => [`agent_${agent}_accepted`, `agent_${agent}_rejected`] as const);

/**
 * `agent_1_accepted`, `agent_1_rejected` and so on: lines per agent.
 *
 * @param metrics what they are added to
 */
export function commandCounts(
  reports: readonly CommandReport<unknown>[],
  metrics: Record<string, number> = {},
): Record<string, number> {
  reports.forEach(({ accepted, rejected }, agent) => {
    const [acceptedName, rejectedName] = countNames[agent] as readonly [string, string];
    metrics[acceptedName] = accepted.length;
    metrics[rejectedName] = rejected.length;
  });
  return metrics;
}

/** What stands in a world besides air, in scan order. */
function standingBlocks(world: World): [x: number, y: number, z: number, block: string][] {
  const standing: [number, number, number, string][] = [];
  const { from, to } = world.box;
  const air = world.names.map(isAir);
  let index = 0;
  for (let y = from.y; y <= to.y; y++) {
    for (let x = from.x; x <= to.x; x++) {
      for (let z = from.z; z <= to.z; z++) {
        const id = world.ids[index++] as number;
        if (!air[id]) standing.push([x, y, z, world.names[id] as string]);
      }
    }
  }
  return standing;
}

/** What stands in a world, with who placed it, in a box whose corner is 0, 0, 0. */
export function volumeOf(world: World): Volume {
  const { from, to } = world.box;
  const blocks: VolumeBlock[] = [];
  for (const { block, ...cell } of world.scan()) {
    if (isAir(block)) continue;
    const { x, y, z } = cell;
    blocks.push({ x: x - from.x, y: y - from.y, z: z - from.z, block, agent: world.ownerOf(cell) });
  }
  return { size: [to.x - from.x + 1, to.y - from.y + 1, to.z - from.z + 1], blocks };
}
