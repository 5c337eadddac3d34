/**
 * Turns per second of the building tasks on one core: `step` on responses of about twelve commands per agent.
 * Run it with `npx tsx packages/envs/bench/minecraft.ts [seconds]`.
 */
import type { Environment, Item } from '../src/env.js';
import { setBlockText } from '../src/minecraft/commands.js';
import { HouseBuild } from '../src/minecraft/house-build/house-build.js';
import type { HouseBuildItem } from '../src/minecraft/house-build/item.js';
import { PythonRandom } from '../src/minecraft/house-build/python-random.js';
import { type StrBuildItem, targetCells } from '../src/minecraft/str-build/item.js';
import { StrBuild } from '../src/minecraft/str-build/str-build.js';

const COMMANDS = 12;
/** Different joint actions per item, so that no branch is learned by heart. */
const VARIANTS = 16;

const random = new PythonRandom(1);
const pick = <T>(values: readonly T[]): T => values[random.randint(0, values.length - 1)] as T;
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

function words({ settings }: StrBuild, item: StrBuildItem): string[] {
  const cells = targetCells(item);
  return settings.blocks.map((palette) =>
    times(COMMANDS, () => setBlockText(pick(cells), pick(palette))).join('\n'),
  );
}

function fills(env: HouseBuild, { box: { to }, inventory }: HouseBuildItem): string[] {
  const fill = () => {
    const [x, y, z] = [random.randint(0, to.x), random.randint(0, to.y), random.randint(0, to.z)];
    const [far, deep] = [random.randint(x, to.x), random.randint(z, to.z)];
    return `/fill ${x} ${y} ${z} ${far} ${y} ${deep} ${pick(inventory).block}`;
  };
  return times(env.numAgents, () => [...times(COMMANDS - 1, fill), '/kill'].join('\n'));
}

function measure<I extends Item, S>(
  env: Environment<I, S>,
  responsesTo: (item: I) => string[],
  seconds: number,
): void {
  const turns = env.trainItems.flatMap((item) =>
    times(VARIANTS, () => ({ state: env.reset(item, 0), responses: responsesTo(item) })),
  );
  const play = (until: number): number => {
    let played = 0;
    while (performance.now() < until) {
      for (const { state, responses } of turns) env.step(state, responses);
      played += turns.length;
    }
    return played;
  };
  play(performance.now() + 300);
  const [started, before] = [performance.now(), process.cpuUsage()];
  const played = play(started + seconds * 1000);
  const passed = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const rate = (time: number) => Math.round(played / time).toLocaleString('en');
  console.log(
    `${env.name}: ${rate(passed)} turns per second, ${rate((user + system) / 1e6)} per second of processor time`,
  );
}

const seconds = Number(process.argv[2] ?? 2);
const strBuild = new StrBuild();
measure(strBuild, (item) => words(strBuild, item), seconds);
const houseBuild = new HouseBuild();
measure(houseBuild, (item) => fills(houseBuild, item), seconds);
