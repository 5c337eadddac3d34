/** HouseBuild: random parts of the rectangles that the prompt lists, and `/kill` in every third turn. */
import {
  type HouseBuild,
  type HouseBuildItem,
  type HouseBuildState,
  houseBuildItem,
  pick,
  tinyHouses,
  uncoordinatedHouse,
} from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import type { Count, Recipe } from '../recipe.js';

/** More houses than the data set has, so that models learn to read plans and not to know them. */
const SEEDS = [11, 12, 13, 14, 15, 16];
const HOUSES_PER_SEED = 60;

let shown: readonly HouseBuildItem[] | undefined;

export const houseBuildRecipe: Recipe<HouseBuildItem, HouseBuildState> = {
  name: 'house_build',
  summary:
    'valid /fill lines for a random 30 to 90 % of the rectangles in the prompt, 5 % of them wrong, and /kill in every third turn',
  defaults: {
    hiddenSize: 64,
    layers: 2,
    heads: 4,
    vocabSize: 400,
    maxPositions: 512,
    pieces: 'commands',
    turns: 4,
    firstTurns: 0.6,
    criticShare: 0.25,
    agents: 'both',
    steps: 500,
    batch: 48,
    learningRate: 4e-3,
  },
  unit: 'command lines',
  env: {
    dataset: 'tiny',
    prompt_style: 'compact',
    feedback: 'position',
    train_split: '[:16]',
    eval_split: '[16:]',
  },

  chooseItem(_items, random) {
    shown ??= shownHouses();
    return pick(shown, random);
  },

  respond(environment, { item }, agent, random) {
    return uncoordinatedHouse((environment as HouseBuild).settings, item, agent, random);
  },

  wellFormed,
};

/** Lines that are commands of the agent's blocks inside the box; the limits of material are no matter of form. */
function wellFormed({ info }: TurnRecord): Count {
  const { agents } = info as { agents: readonly { accepted: string[]; rejected: { reason: string }[] }[] };
  let [good, all] = [0, 0];
  for (const { accepted, rejected } of agents) {
    const overLimit = rejected.filter(({ reason }) => reason.startsWith('exceeds'));
    good += accepted.length + overLimit.length;
    all += accepted.length + rejected.length;
  }
  return { good, all };
}

/** Tiny houses of other seeds than that of the data set; some look like those of it. */
function shownHouses(): HouseBuildItem[] {
  const records = SEEDS.flatMap((seed) => tinyHouses(HOUSES_PER_SEED, seed));
  return records.map((value, index) => houseBuildItem({ value, where: `house ${index + 1}` }, index + 1));
}
