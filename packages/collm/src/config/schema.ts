/**
 * The configuration of a run: the only home of its keys, types, ranges, defaults and descriptions.
 * Checks that involve several keys are in rules/. Keys are spelt as in CoMLRL.
 */
import { z } from 'zod';
import { algorithmSchema } from './schema-algorithm.js';
import { envSchema } from './schema-env.js';
import { agentModelSchema, criticModelSchema } from './schema-models.js';
import { trackingSchema } from './schema-tracking.js';
import { trainSchema } from './schema-train.js';

/** Everything that a run depends on. */
export const configSchema = z.strictObject({
  env: envSchema,
  agent_model: agentModelSchema,
  critic_model: criticModelSchema.prefault({}),
  algorithm: algorithmSchema,
  train: trainSchema.prefault({}),
  tracking: trackingSchema.prefault({}),
});

/** A checked configuration with every default filled in. */
export type Config = z.infer<typeof configSchema>;

/** Keys that may name something on the hub. */
export const hubKeys: readonly string[] = ['agent_model.path', 'critic_model.path', 'env.dataset'];

/** Keys that hold paths: relative to the file they stand in. */
export const pathKeys = ['agent_model.path', 'critic_model.path', 'env.dataset', 'env.path'] as const;
