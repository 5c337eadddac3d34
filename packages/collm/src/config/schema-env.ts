/** The `env` section: one branch per environment, chosen by `type`. */
import { resolveStrBuildOptions } from '@collm/envs';
import { z } from 'zod';

// The environment owns its defaults, so that it behaves the same without a configuration.
const strBuild = resolveStrBuildOptions({});

const strBuildSchema = z.strictObject({
  type: z.literal('str_build').describe('Write a word as block letters in Minecraft.'),
  num_agents: z.int().min(1).max(2).default(strBuild.numAgents).describe('Agents in the team.'),
  num_turns: z.int().min(1).max(4).default(strBuild.numTurns).describe('Turns per episode.'),
  words: z
    .union([z.enum(['default', 'short']), z.array(z.string().min(1)).min(1)])
    .default('default')
    .describe(
      'The words to build: default (ten), short (our own list of one to four letters, for small models) or a list.',
    ),
  csv_path: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'A CSV file with the columns string and difficulty instead of `env.words`, relative to this file.',
    ),
  train_split: z.string().default(strBuild.trainSplit).describe('Items to train on, as a Python slice.'),
  eval_split: z
    .string()
    .nullable()
    .default(strBuild.evalSplit)
    .describe('Items to evaluate on, as a Python slice. null: none.'),
  blocks: z
    .array(z.array(z.string().min(1)).min(1))
    .min(1)
    .default(strBuild.blocks.map((palette) => [...palette]))
    .describe('The blocks that each agent may place, one list per agent.'),
  adjacency_by: z
    .enum(['texture', 'colour'])
    .default(strBuild.adjacencyBy)
    .describe('What neighbouring blocks must not share.'),
  max_commands: z
    .int()
    .min(1)
    .default(strBuild.maxCommands)
    .describe('Commands per turn that count, for the whole team.'),
  spacing: z.int().min(0).max(1000).default(strBuild.spacing).describe('Empty columns between letters.'),
  local_z: z.int().default(strBuild.localZ).describe('The z of every cell.'),
  prompt_style: z
    .enum(['full', 'compact'])
    .default(strBuild.promptStyle)
    .describe('Sentences with a system message, or a few short lines for models with a small context.'),
  target: z
    .enum(['hidden', 'grid', 'cells'])
    .nullable()
    .default(null)
    .describe('What the first prompt shows of the letters. null: grid, in the compact style cells.'),
  feedback: z
    .enum(['position', 'perfect', 'score'])
    .default(strBuild.feedback)
    .describe('What later prompts tell: all letter cells, what to correct, or the last reward.'),
  original_prompt: z
    .boolean()
    .default(strBuild.originalPrompt)
    .describe('Full style: later prompts repeat the first one.'),
  previous_response: z
    .boolean()
    .default(strBuild.previousResponse)
    .describe("Full style: later prompts repeat the agent's own last response."),
  mention_palette_rule: z
    .boolean()
    .default(strBuild.mentionPaletteRule)
    .describe('Full style: tell the agents that every block of every palette must occur.'),
  reward_scale: z.number().default(strBuild.rewardScale).describe('The learner sees reward * scale + shift.'),
  reward_shift: z.number().default(strBuild.rewardShift).describe('The learner sees reward * scale + shift.'),
  early_termination_threshold: z
    .number()
    .nullable()
    .default(strBuild.earlyTerminationThreshold)
    .describe('A turn whose reward (scaled and shifted) exceeds this ends the episode. null: never.'),
});

/** Where the agents act. */
export const envSchema = z.discriminatedUnion('type', [strBuildSchema]);
