/** The `algorithm` section: one branch per algorithm, chosen by `name`. Symbols as in the algorithms spec. */
import { z } from 'zod';
import { commonKeys, criticKeys, localCriticKeys, treeKeys } from './schema-algorithm-parts.js';

const named = <Name extends string>(name: Name, about: string) => z.literal(name).describe(about);

const actorCritic = commonKeys({ discount: 0.9, normalization: 'batch' });
const monteCarlo = commonKeys({ discount: 0.9, normalization: 'none' });

const collmCcSchema = z.strictObject({
  name: named('collm_cc', 'CoLLM-CC: one critic on the joint history of all agents (`maac` in CoMLRL).'),
  ...commonKeys({ discount: 1, normalization: 'batch' }),
  ...criticKeys,
});

const collmDcSchema = z.strictObject({
  name: named('collm_dc', 'CoLLM-DC: a critic per agent, on its own history (`iac` in CoMLRL).'),
  ...actorCritic,
  ...criticKeys,
  ...localCriticKeys,
});

const acSchema = z.strictObject({
  name: named('ac', 'AC: one agent with a critic.'),
  ...actorCritic,
  ...criticKeys,
  ...localCriticKeys,
});

const mareinforceSchema = z.strictObject({
  name: named('mareinforce', 'MAREINFORCE: Monte Carlo returns as they are.'),
  ...monteCarlo,
  ...treeKeys,
});

const magrpoSchema = z.strictObject({
  name: named('magrpo', 'MAGRPO: Monte Carlo returns against the mean of their node.'),
  ...monteCarlo,
  ...treeKeys,
});

const marlooSchema = z.strictObject({
  name: named('marloo', 'MARLOO: Monte Carlo returns against the mean of the others of their node.'),
  ...monteCarlo,
  ...treeKeys,
});

const maremaxSchema = z.strictObject({
  name: named('maremax', 'MAREMAX: Monte Carlo returns against a best one.'),
  ...monteCarlo,
  ...treeKeys,
  max_source: z
    .enum(['group', 'greedy'])
    .default('group')
    .describe(
      'The best of the node, as CoMLRL, or the return of a greedy team from there, as the original ReMax.',
    ),
});

const grpoSchema = z.strictObject({
  name: named('grpo', 'GRPO: MAGRPO with one agent.'),
  ...monteCarlo,
  ...treeKeys,
});

/** How the agents learn. */
export const algorithmSchema = z.discriminatedUnion('name', [
  collmCcSchema,
  collmDcSchema,
  acSchema,
  mareinforceSchema,
  magrpoSchema,
  marlooSchema,
  maremaxSchema,
  grpoSchema,
]);

export type AlgorithmConfig = z.infer<typeof algorithmSchema>;
export type ActorCriticConfig = Extract<AlgorithmConfig, { critic_type: string }>;
export type MonteCarloConfig = Exclude<AlgorithmConfig, ActorCriticConfig>;

/** Whether an algorithm learns values, as opposed to taking Monte Carlo returns. */
export function isActorCritic(algorithm: AlgorithmConfig): algorithm is ActorCriticConfig {
  return 'critic_type' in algorithm;
}

/** Whether an algorithm has critics that are models of their own. */
export function hasSeparateCritics(algorithm: AlgorithmConfig): boolean {
  return isActorCritic(algorithm) && (algorithm.name === 'collm_cc' || algorithm.use_separate_critic);
}

/** What `baseline_samples` is where it says nothing. */
export const defaultBaselineSamples = criticKeys.baseline_samples.parse(undefined);
