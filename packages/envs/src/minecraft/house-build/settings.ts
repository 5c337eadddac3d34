/** HouseBuild's settings, their defaults and their checks (minecraft spec, 3.4-3.9, 4 and 5). */
import { z } from 'zod';
import { EnvError } from '../../env-error.js';
import { commonShape, modeName, parseSettings } from '../../settings.js';
import { pythonTrim } from '../../text/python-text.js';
import { followupSetting } from '../followup.js';
import { type Presets, presetSetting, withPreset } from '../presets.js';

/** What a follow-up tells. */
export type HouseFeedbackMode =
  | 'score'
  | 'perfect'
  | 'position'
  | 'position_modification'
  | 'rect_modification'
  | 'resource_schedule';

/** The modes under our names and the reference's. */
const feedbackModes: Readonly<Record<string, HouseFeedbackMode>> = {
  score: 'score',
  perfect: 'perfect',
  position: 'position',
  position_modification: 'position_modification',
  rect_modification: 'rect_modification',
  resource_schedule: 'resource_schedule',
  score_feedback: 'score',
  perfect_feedback: 'perfect',
  feedback: 'perfect',
  position_feedback: 'position',
};

/** Both agents' blocks in the reference's shipped configuration. */
const defaultHouseBlocks: readonly string[] = [
  'white_concrete',
  'obsidian',
  'stone_stairs',
  'stone_bricks',
  'planks',
  'air',
];

const spiderSettings = z.strictObject({
  num: z.int().max(10_000).default(3).describe('Spiders; below 0 is 0.'),
  atkLow: z.int().min(-1e6).max(1e6).default(1).describe('Least attack of a spider.'),
  atkHigh: z.int().min(-1e6).max(1e6).default(3).describe('Greatest attack of a spider.'),
  atk: z
    .int()
    .min(-1e6)
    .max(1e6)
    .nullable()
    .default(null)
    .describe('One number for both spider.atk_low and spider.atk_high. null: these two.'),
  attacks: z
    .array(z.int().min(-1e6).max(1e6))
    .max(10_000)
    .nullable()
    .default(null)
    .describe('The attack of every spider, as a list, instead of drawing them. null: drawn.'),
  seed: z.int().default(42).describe("What the attacks are drawn from; they are Python's draws."),
  redraw: z
    .boolean()
    .default(false)
    .describe('Draw anew in every episode. Otherwise one draw holds for all tasks, turns and episodes.'),
});

const playerSettings = z.strictObject({
  hp: z.number().max(1e9).default(5).describe('Health of the team; at 0 or below spiders do not matter.'),
});

export const houseBuildSettings = z.strictObject({
  preset: presetSetting,
  ...commonShape({
    numAgents: { default: 2, most: 2 },
    numTurns: { default: 4, most: 8 },
    tiny: true,
    records: 'houses with the fields inventory and target_spec',
    trainSplit: '[:80%]',
    evalSplit: '[80%:]',
    rewardShift: -1,
    earlyTerminationThreshold: -0.1,
  }),
  reward: z
    .enum(['match', 'coverage'])
    .default('match')
    .describe(
      'match: the share of cells that are as planned; coverage: planned blocks that stand, less those that stand elsewhere, said to be the reward of the paper.',
    ),
  blocks: z
    .array(z.array(z.string().min(1)))
    .default([[...defaultHouseBlocks], [...defaultHouseBlocks]])
    .describe(
      "The blocks that each agent may place, one list per agent. An empty or missing list: the house's own blocks.",
    ),
  maxCommands: z.int().min(1).default(600).describe('Commands per turn that count, for the whole team.'),
  limitedResource: z
    .boolean()
    .default(true)
    .describe('An agent may place about three quarters of what the house needs of each block, per turn.'),
  includeAirRects: z.boolean().default(false).describe('The layers in prompts list rectangles of air too.'),
  spider: spiderSettings.prefault({}),
  player: playerSettings.prefault({}),
  feedback: z
    .enum(Object.keys(feedbackModes) as [string, ...string[]])
    .default('score')
    .describe(
      'What later prompts tell: the last reward; what to correct; all planned cells; wrong cells; rectangles around wrong cells; or rectangles that the resources left are enough for.',
    ),
  lim: z
    .int()
    .nullable()
    .default(20)
    .describe('Most suggestions of position_modification and rect_modification. null, 0 or below: all.'),
  rectSplitY: z
    .int()
    .default(2)
    .describe('rect_modification: agent 1 is told of the layers up to this y, agent 2 of those from it on.'),
  promptStyle: z
    .enum(['full', 'compact', 'restated'])
    .default('full')
    .describe(
      'Sentences with a system message, or a few short lines for models with a small context: a conversation, or prompts that restate the task every turn and stand alone.',
    ),
  originalPrompt: z.boolean().default(true).describe('Full style: later prompts repeat the first one.'),
  previousResponse: z
    .boolean()
    .default(true)
    .describe("Full style: later prompts repeat the agent's own last response."),
  followup: followupSetting,
});

export const houseBuildPresets: Presets = {
  paper: {
    trainSplit: '[:]',
    evalSplit: null,
    blocks: [],
    reward: 'coverage',
    rewardShift: 0,
    earlyTerminationThreshold: null,
  },
};

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export interface HouseBuildOptions extends Omit<z.input<typeof houseBuildSettings>, 'blocks'> {
  blocks?: readonly (readonly string[])[];
}

/** Checked settings with every default filled in. */
export interface HouseBuildSettings extends Omit<z.output<typeof houseBuildSettings>, 'feedback' | 'blocks'> {
  readonly feedback: HouseFeedbackMode;
  /** One palette per agent, trimmed and without repeats; an empty one stands for the blocks of the house. */
  readonly blocks: readonly (readonly string[])[];
}

/**
 * Fills in defaults and checks ranges. A feedback mode may be spelt as in the reference.
 *
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveHouseBuildSettings(options: HouseBuildOptions): HouseBuildSettings {
  const { feedback, ...others } = withPreset(houseBuildPresets, options);
  const given = feedback === undefined ? others : { ...others, feedback: modeName(feedback) };
  const settings = parseSettings(houseBuildSettings, given);
  const mode = feedbackModes[settings.feedback] as HouseFeedbackMode;
  if (mode === 'resource_schedule' && !settings.limitedResource) {
    throw new EnvError(
      'bad_option',
      '`feedback` is "resource_schedule", which shares out limited resources, but `limitedResource` is false. Set it to true, or take another feedback.',
    );
  }
  return {
    ...settings,
    feedback: mode,
    blocks: Array.from({ length: settings.numAgents }, (_, agent) => palette(settings.blocks[agent] ?? [])),
  };
}

/** Trims names and drops blank and repeated ones. */
function palette(names: readonly string[]): string[] {
  return [...new Set(names.map(pythonTrim).filter((name) => name !== ''))];
}
