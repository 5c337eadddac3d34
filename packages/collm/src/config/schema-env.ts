/** The `env` section: one branch per task, made from the task's own settings, and one for environments of users. */
import { type RewardSchedule, rewardScheduleShape, tasks } from '@collm/envs';
import { z } from 'zod';
import { snakeSchema } from './case.js';

/** Keys that every environment has; the others are its own. */
export interface EnvConfig {
  readonly type: string;
  readonly num_agents: number;
  readonly num_turns: number;
  readonly early_termination_threshold: number | null;
  /** `builtin`, a path or a data set of the hub; absent for environments of users, which read their own data. */
  readonly dataset?: string;
  readonly train_split?: string;
  /** null: nothing to evaluate on. */
  readonly eval_split?: string | null;
  readonly reward_schedule: RewardSchedule;
  readonly [key: string]: unknown;
}

const ownEnvironment = z.strictObject({
  type: z.literal('module').describe('An environment of your own, see docs/environments.md.'),
  path: z
    .string()
    .min(1)
    .describe(
      'The file that exports it (.mjs, .js, or .ts where Node reads that), relative to this file. Its code is run.',
    ),
  options: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Given to the function that the file exports.'),
  num_agents: z.int().min(1).default(2).describe('Agents in the team, as the environment has it.'),
  num_turns: z.int().min(1).default(1).describe('Turns per episode, as the environment has it.'),
  early_termination_threshold: z
    .number()
    .nullable()
    .default(null)
    .describe('A turn whose reward exceeds this ends the episode, as the environment has it. null: never.'),
  reward_schedule: rewardScheduleShape.rewardSchedule,
});

const branches = tasks.map(({ name, summary, settings }) =>
  snakeSchema(settings).extend({ type: z.literal(name).describe(summary) }),
);

/** Where the agents act. */
export const envSchema = z.discriminatedUnion('type', [...branches, ownEnvironment] as unknown as [
  typeof ownEnvironment,
]) as unknown as z.ZodType<EnvConfig, Record<string, unknown>>;
