/** How each protocol's responses are sampled. */
import type { Environment } from '@collm/envs';
import type { ProtocolName, Sampling } from '@collm/marl';
import type { Config } from '../config/schema.js';
import { trainerOptions } from '../config/to-options.js';

/** What the user sets for all protocols; null leaves each its own. */
export interface SamplingOverrides {
  /** 0 is greedy. */
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxNewTokens: number | null;
}

/**
 * Models before training are sampled as the task's specification says, where it does, and write no more than the
 * configuration lets them: one model alone as much as the whole team. All others, and all in tasks that say nothing, are
 * sampled as the configuration evaluates.
 *
 * @param environment the team's, which knows what the task says
 */
export function samplingOf(
  protocol: ProtocolName,
  config: Config,
  environment: Environment,
  overrides: SamplingOverrides,
): Sampling {
  const { sampling, evalTemperature } = trainerOptions(config);
  const single = protocol === 'raw';
  const task = protocol === 'trained' ? undefined : environment.protocols?.sampling;
  const specified = single ? task?.single : task?.team;
  const most = sampling.maxNewTokens * (single ? environment.numAgents : 1);
  const own =
    specified === undefined
      ? { ...sampling, temperature: evalTemperature }
      : { ...specified, topK: null, maxNewTokens: Math.min(specified.maxNewTokens, most) };
  const temperature = overrides.temperature ?? own.temperature;
  return {
    ...own,
    topP: overrides.topP ?? own.topP,
    maxNewTokens: overrides.maxNewTokens ?? own.maxNewTokens,
    // Greedy log-probs are those at temperature 1.
    temperature: temperature === 0 ? 1 : temperature,
    greedy: temperature === 0,
  };
}

/** For people. */
export function describeSampling({ greedy, temperature, topP, topK, maxNewTokens }: Sampling): string {
  const drawn = [
    `temperature ${temperature}`,
    ...(topP < 1 ? [`top-p ${topP}`] : []),
    ...(topK === null ? [] : [`top-k ${topK}`]),
  ];
  return [...(greedy ? ['greedy'] : drawn), `at most ${maxNewTokens} tokens a response`].join(', ');
}
