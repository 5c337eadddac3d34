/** BridgeBuild's settings, their defaults and their checks (minecraft spec, section 9). */
import { z } from 'zod';
import { EnvError } from '../../env-error.js';
import { commonShape, modeName, parseSettings } from '../../settings.js';
import { normaliseBlock, solidBlocks } from '../blocks.js';

/** What later prompts tell beyond what the agent knows anyway. */
export type BridgeFeedbackMode = 'none' | 'score' | 'position' | 'perfect';

/** The modes under our names and the reference's. */
const feedbackModes: Readonly<Record<string, BridgeFeedbackMode>> = {
  none: 'none',
  score: 'score',
  position: 'position',
  perfect: 'perfect',
  score_feedback: 'score',
  position_feedback: 'position',
  perfect_feedback: 'perfect',
};

export const bridgeBuildSettings = z.strictObject({
  ...commonShape({
    numAgents: { default: 2, most: 2 },
    numTurns: { default: 4, most: 200 },
    records: 'maps with the field rows, texts of the characters # . S T Y N',
    trainSplit: '[:75%]',
    evalSplit: '[75%:]',
    rewardShift: 0,
    earlyTerminationThreshold: 1000,
  }),
  numAgents: z.literal(2).default(2).describe('Agents in the team: one starts at S, the other at T.'),
  blocks: z
    .array(z.string().min(1))
    .min(1)
    .default(['oak_planks'])
    .describe('The blocks that both agents may place. Air, which takes blocks away, is always allowed.'),
  maxCommands: z.int().min(1).default(40).describe('Commands per turn that count, for the whole team.'),
  maxProbe: z.int().min(0).max(3).default(2).describe('Cells that an agent may probe per turn.'),
  view: z.int().min(0).max(64).default(3).describe('How far an agent sees from every cell it has stood on.'),
  feedback: z
    .enum(Object.keys(feedbackModes) as [string, ...string[]])
    .default('none')
    .describe(
      'What later prompts tell besides what the agent knows: none; score, the last reward; position, the blocks on cells it has seen; perfect, one shortest way that is left and blocks beside false pillars, seen or not.',
    ),
  previousResponse: z.boolean().default(true).describe("Later prompts repeat the agent's own last response."),
});

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export type BridgeBuildOptions = z.input<typeof bridgeBuildSettings>;

/** Checked settings with every default filled in. */
export interface BridgeBuildSettings extends Omit<z.output<typeof bridgeBuildSettings>, 'feedback'> {
  readonly feedback: BridgeFeedbackMode;
}

/**
 * Fills in defaults and checks ranges. A feedback mode may be spelt as in the reference.
 *
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveBridgeBuildSettings(options: BridgeBuildOptions): BridgeBuildSettings {
  const { feedback } = options;
  const given = feedback === undefined ? options : { ...options, feedback: modeName(feedback) };
  const settings = parseSettings(bridgeBuildSettings, given);
  const blocks = settings.blocks.map(normaliseBlock);
  if (solidBlocks(blocks).length === 0) {
    throw new EnvError(
      'bad_option',
      `\`blocks\` is ${JSON.stringify(settings.blocks)}; it needs at least one block that is not air.`,
    );
  }
  return { ...settings, blocks, feedback: feedbackModes[settings.feedback] as BridgeFeedbackMode };
}
