/** Settings of the coding tasks, their defaults and their checks (coding spec, 2, 8, 10, 11 and 16). */
import { z } from 'zod';
import { commonShape, modeName, parseSettings } from '../settings.js';
import { recordFields } from './item.js';

/** What is told after a turn. */
export type FeedbackMode = 'level_feedback' | 'level_passed' | 'passed' | 'plain' | 'expert_edits';

/** The modes under all the names that the reference has for them. */
const feedbackModes: Readonly<Record<string, FeedbackMode>> = {
  level_feedback: 'level_feedback',
  level_passed: 'level_passed',
  passed: 'passed',
  plain: 'plain',
  expert_edits: 'expert_edits',
  feedback: 'level_feedback',
  signals: 'level_passed',
  expert: 'expert_edits',
  edits: 'expert_edits',
};

/** The settings of a coding task, which differ in their data alone. */
export function codingSettings(splits: {
  readonly train: string;
  readonly eval: string;
  readonly tiny?: boolean;
}) {
  return z.strictObject({
    ...commonShape({
      numAgents: { default: 2, most: 2 },
      numTurns: { default: 2, most: 4 },
      records: recordFields,
      tiny: splits.tiny ?? false,
      trainSplit: splits.train,
      evalSplit: splits.eval,
      rewardShift: -4,
      earlyTerminationThreshold: -0.2,
    }),
    numAgents: z
      .int()
      .min(1)
      .max(2, 'a helper and a main function are all there is to write: use 2 agents, or 1 for a single model')
      .default(2)
      .describe(
        '2: one writes the helper aux, the other the main function. 1: a single model writes it all.',
      ),
    feedback: z
      .enum(Object.keys(feedbackModes) as [string, ...string[]])
      .default('level_feedback')
      .describe(
        'What later prompts tell: level_feedback (diagnostics with failed tests), level_passed (which levels hold), passed (one line), plain (nothing), expert_edits (edits of an expert, in code only).',
      ),
    sandboxSlice: z
      .union([z.int(), z.literal('all'), z.null()])
      .default(1)
      .describe(
        'Tests that feedback is made from: the first k, the last k for -k, all for 0, all or null. The reward always uses all.',
      ),
    externalPromptPassthrough: z
      .boolean()
      .default(false)
      .describe(
        'true: later prompts are the feedback alone; false: it stands in place of the problem in the first prompt.',
      ),
    promptStyle: z
      .enum(['full', 'compact'])
      .default('full')
      .describe(
        'full: as in the reference; compact: a line and the problem, for models with a small context. Later prompts then continue the conversation.',
      ),
    promptFormat: z
      .enum(['text', 'chat'])
      .default('text')
      .describe('text: prompts are given as they are; chat: through the chat template of the model.'),
    extraction: z
      .enum(['literal', 'syntax_tree'])
      .default('literal')
      .describe(
        'How functions are found in a response: literal is line by line as in the reference, syntax_tree by the parser of Python, which keeps imports, nested functions and further helpers.',
      ),
    checks: z
      .enum(['literal', 'corrected'])
      .default('literal')
      .describe(
        'corrected: any call of aux whose value is dropped is penalised, and the feedback knows uses that come after a call. The reference gets both wrong.',
      ),
    testTimeoutS: z.number().positive().max(600).default(10).describe('Seconds that a test may take.'),
    loadTimeoutS: z
      .number()
      .positive()
      .max(600)
      .default(10)
      .describe('Seconds that the program may take before its tests.'),
    maxTimeouts: z
      .int()
      .min(1)
      .default(3)
      .describe('Tests that may run out of time before the rest is skipped; skipped tests have failed.'),
    baselineCheck: z
      .boolean()
      .default(false)
      .describe(
        'Decide the metric correct by the rule of the baselines, in one more run: each test once, all of the helper response, nothing imported. false: all tests of the reward passed.',
      ),
  });
}

export type CodingSettingsSchema = ReturnType<typeof codingSettings>;

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export type CodingOptions = z.input<CodingSettingsSchema>;

/** Checked settings with every default filled in. */
export interface CodingSettings extends Omit<z.output<CodingSettingsSchema>, 'feedback'> {
  readonly feedback: FeedbackMode;
}

/**
 * Fills in defaults and checks ranges. A feedback mode may be spelt as in the reference.
 *
 * @throws {EnvError} `bad_option`, naming the option, its value and what is allowed
 */
export function resolveCodingSettings(schema: CodingSettingsSchema, options: CodingOptions): CodingSettings {
  const { feedback } = options;
  const given = typeof feedback === 'string' ? { ...options, feedback: modeName(feedback) } : options;
  const settings = parseSettings(schema, given);
  return { ...settings, feedback: feedbackModes[settings.feedback] as FeedbackMode };
}
