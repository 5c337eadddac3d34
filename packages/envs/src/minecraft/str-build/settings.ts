/** StrBuild's settings, their defaults and their checks (minecraft spec, 2.4, 2.10, 4 and 5). */
import { z } from 'zod';
import { EnvError } from '../../env-error.js';
import { commonShape, modeName, parseSettings } from '../../settings.js';
import { normaliseBlock, solidBlocks } from '../blocks.js';
import { followupSetting } from '../followup.js';
import { type Presets, presetSetting, withPreset } from '../presets.js';

/** What a follow-up tells: all letter cells, what to correct, or the last reward. */
export type FeedbackMode = 'position' | 'perfect' | 'score';

/** What the first prompt shows of the task: nothing but the box, the grid of `#` and `.`, or a list of cells. */
export type TargetStyle = 'hidden' | 'grid' | 'cells';

/** The palettes of the reference's shipped configuration. */
export const defaultStrBuildBlocks: readonly (readonly string[])[] = [
  ['oak_planks', 'stone', 'air'],
  ['white_concrete', 'obsidian', 'air'],
];

/**
 * The palettes at the time of the paper. They are all concrete: use them with `adjacencyBy: 'colour'`, or every
 * pair of neighbours counts as equal.
 */
export const paperStrBuildBlocks: readonly (readonly string[])[] = [
  ['black_concrete', 'green_concrete'],
  ['white_concrete', 'red_concrete'],
];

/** The modes under our names and the reference's. */
const feedbackModes: Readonly<Record<string, FeedbackMode>> = {
  position: 'position',
  perfect: 'perfect',
  score: 'score',
  position_feedback: 'position',
  perfect_feedback: 'perfect',
  feedback: 'perfect',
  score_feedback: 'score',
};

export const strBuildSettings = z.strictObject({
  preset: presetSetting,
  ...commonShape({
    numAgents: { default: 2, most: 2 },
    numTurns: { default: 4, most: 8 },
    records: 'the columns string and difficulty, one word a row',
    trainSplit: '[:8]',
    evalSplit: '[8:]',
    rewardShift: -2,
    earlyTerminationThreshold: -0.1,
  }),
  words: z
    .union([z.enum(['default', 'short']), z.array(z.string().min(1)).min(1)])
    .default('default')
    .describe(
      'The words of the builtin data set: default (ten), short (our own list of one to four letters, for small models) or a list.',
    ),
  blocks: z
    .array(z.array(z.string().min(1)).min(1))
    .min(1)
    .default(defaultStrBuildBlocks.map((palette) => [...palette]))
    .describe('The blocks that each agent may place, one list per agent.'),
  adjacencyBy: z
    .enum(['texture', 'colour'])
    .default('texture')
    .describe('What neighbouring blocks must not share; colour is the rule at the time of the paper.'),
  maxCommands: z.int().min(1).default(300).describe('Commands per turn that count, for the whole team.'),
  spacing: z.int().min(0).max(1000).default(2).describe('Empty columns between letters.'),
  localZ: z.int().default(0).describe('The z of every cell.'),
  promptStyle: z
    .enum(['full', 'compact'])
    .default('full')
    .describe('Sentences with a system message, or a few short lines for models with a small context.'),
  target: z
    .enum(['hidden', 'grid', 'cells'])
    .nullable()
    .default(null)
    .describe(
      'What the first prompt shows of the letters; hidden is what the reference ships, turn 1 is then blind. null: grid, in the compact style cells.',
    ),
  feedback: z
    .enum(Object.keys(feedbackModes) as [string, ...string[]])
    .default('position')
    .describe('What later prompts tell: all letter cells, what to correct, or the last reward.'),
  originalPrompt: z.boolean().default(true).describe('Full style: later prompts repeat the first one.'),
  previousResponse: z
    .boolean()
    .default(true)
    .describe("Full style: later prompts repeat the agent's own last response."),
  followup: followupSetting,
  mentionPaletteRule: z
    .boolean()
    .default(false)
    .describe('Full style: tell the agents that every block of every palette must occur.'),
});

export const strBuildPresets: Presets = {
  paper: {
    trainSplit: '[:]',
    evalSplit: null,
    blocks: paperStrBuildBlocks.map((palette) => [...palette]),
    adjacencyBy: 'colour',
  },
};

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export interface StrBuildOptions extends Omit<z.input<typeof strBuildSettings>, 'blocks' | 'words'> {
  blocks?: readonly (readonly string[])[];
  words?: 'default' | 'short' | readonly string[];
}

/** Checked settings with every default filled in. */
export interface StrBuildSettings
  extends Omit<z.output<typeof strBuildSettings>, 'feedback' | 'target' | 'blocks'> {
  readonly feedback: FeedbackMode;
  readonly target: TargetStyle;
  /** One palette per agent, normalised. */
  readonly blocks: readonly (readonly string[])[];
}

/**
 * Fills in defaults and checks ranges. A feedback mode may be spelt as in the reference.
 *
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveStrBuildSettings(options: StrBuildOptions): StrBuildSettings {
  const { feedback, ...others } = withPreset(strBuildPresets, options);
  const given = feedback === undefined ? others : { ...others, feedback: modeName(feedback) };
  const settings = parseSettings(strBuildSettings, given);
  return {
    ...settings,
    feedback: feedbackModes[settings.feedback] as FeedbackMode,
    target: settings.target ?? (settings.promptStyle === 'compact' ? 'cells' : 'grid'),
    blocks: palettes(settings.blocks, settings.numAgents),
  };
}

function palettes(blocks: readonly (readonly string[])[], numAgents: number): string[][] {
  return Array.from({ length: numAgents }, (_, agent) => {
    const palette = (blocks[agent] ?? []).map(normaliseBlock).filter((block) => block !== '');
    if (solidBlocks(palette).length === 0) {
      throw new EnvError(
        'bad_option',
        `\`blocks[${agent}]\` is ${JSON.stringify(blocks[agent] ?? null)}; agent ${agent + 1} needs at least one block that is not air.`,
      );
    }
    return palette;
  });
}
