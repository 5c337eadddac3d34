/** ResourceGathering's settings, their defaults and their checks (minecraft spec, section 10). */
import { z } from 'zod';
import { commonShape, modeName, parseSettings } from '../../settings.js';

/** What later prompts tell beyond what the agent knows anyway. */
export type ResourceFeedbackMode = 'none' | 'score';

/** The modes under our names and the reference's. */
const feedbackModes: Readonly<Record<string, ResourceFeedbackMode>> = {
  none: 'none',
  score: 'score',
  score_feedback: 'score',
};

const amount = (material: string, usual: number) =>
  z.int().min(1).max(1e6).default(usual).describe(`How much ${material} the team needs.`);

export const resourceGatheringSettings = z.strictObject({
  ...commonShape({
    numAgents: { default: 2, most: 2 },
    numTurns: { default: 4, most: 200 },
    records: 'maps with the field grid, rows of cells . A B and [wood, stone, iron]',
    trainSplit: '[:75%]',
    evalSplit: '[75%:]',
    rewardShift: 0,
    earlyTerminationThreshold: 1000,
  }),
  numAgents: z
    .literal(2)
    .default(2)
    .describe('Agents in the team: the first gathers wood, the second stone and iron.'),
  goal: z
    .strictObject({ wood: amount('wood', 3), stone: amount('stone', 3), iron: amount('iron', 1) })
    .prefault({})
    .describe('What the team has to gather.'),
  view: z.int().min(0).max(64).default(2).describe('How far an agent sees from every cell it has stood on.'),
  harvestRadius: z
    .int()
    .min(0)
    .max(128)
    .default(2)
    .describe('How far an agent reaches when it gathers, in steps; also how near its work zone is.'),
  maxSteps: z.int().min(0).max(128).default(4).describe('Steps that an agent may take per turn.'),
  feedback: z
    .enum(Object.keys(feedbackModes) as [string, ...string[]])
    .default('none')
    .describe('What later prompts tell besides what the agent knows: none; score, the last reward.'),
  previousResponse: z.boolean().default(true).describe("Later prompts repeat the agent's own last response."),
});

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export type ResourceGatheringOptions = z.input<typeof resourceGatheringSettings>;

/** Checked settings with every default filled in. */
export interface ResourceGatheringSettings
  extends Omit<z.output<typeof resourceGatheringSettings>, 'feedback'> {
  readonly feedback: ResourceFeedbackMode;
}

/**
 * Fills in defaults and checks ranges. A feedback mode may be spelt as in the reference.
 *
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveResourceGatheringSettings(
  options: ResourceGatheringOptions,
): ResourceGatheringSettings {
  const { feedback } = options;
  const given = feedback === undefined ? options : { ...options, feedback: modeName(feedback) };
  const settings = parseSettings(resourceGatheringSettings, given);
  return { ...settings, feedback: feedbackModes[settings.feedback] as ResourceFeedbackMode };
}
