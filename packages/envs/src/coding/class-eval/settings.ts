/** Settings of the ClassEval task (coding spec, 15). */
import { z } from 'zod';
import { commonShape } from '../../settings.js';

export const classEvalSettings = z.strictObject({
  ...commonShape({
    numAgents: { default: 2, most: 4 },
    numTurns: { default: 2, most: 4 },
    records: 'records with the fields skeleton and task_id',
    trainSplit: 'test[:66]',
    evalSplit: 'test[66:82]',
    rewardShift: -6,
    earlyTerminationThreshold: -0.2,
  }),
  promptFormat: z
    .enum(['text', 'chat'])
    .default('chat')
    .describe('text: prompts are given as they are; chat: through the chat template of the model.'),
});

/** Settings as they are given; all have defaults. In configurations the names are in snake_case. */
export type ClassEvalOptions = z.input<typeof classEvalSettings>;

/** Checked settings with every default filled in. */
export type ClassEvalSettings = z.output<typeof classEvalSettings>;
