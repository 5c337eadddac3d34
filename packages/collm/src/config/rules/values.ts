/** Rules of critics: what they learn, where they live, and what agents get from them. */
import type { Config } from '../schema.js';
import { defaultBaselineSamples, hasSeparateCritics, isActorCritic } from '../schema-algorithm.js';
import { problem, type Rule } from './rule.js';

export const valueRules: readonly Rule[] = [
  function horizonWantsStateValues({ algorithm }) {
    if (!isActorCritic(algorithm) || !algorithm.bootstrap_on_horizon || algorithm.critic_type === 'v') {
      return null;
    }
    return problem(
      ['algorithm.bootstrap_on_horizon', 'algorithm.critic_type'],
      'is true, but `algorithm.critic_type` is q, which has no value after the last turn, where nobody responds. ' +
        'Set it to false, or `algorithm.critic_type` to v.',
    );
  },
  function horizonWantsSeparateCritic({ algorithm }) {
    if (!isActorCritic(algorithm) || !algorithm.bootstrap_on_horizon || hasSeparateCritics(algorithm)) {
      return null;
    }
    return problem(
      ['algorithm.bootstrap_on_horizon', 'algorithm.use_separate_critic'],
      'is true, but a value head on an agent is read at its prompts, and there is none after the last turn. ' +
        'Set it to false, or `algorithm.use_separate_critic` to true.',
    );
  },
  function horizonWantsTurnValues({ algorithm }) {
    if (!isActorCritic(algorithm) || !algorithm.bootstrap_on_horizon || algorithm.value_level === 'turn') {
      return null;
    }
    return problem(
      ['algorithm.bootstrap_on_horizon', 'algorithm.value_level'],
      'is true, but `algorithm.value_level` is token: values are read before tokens of responses, and nobody responds ' +
        'after the last turn. Set it to false, or `algorithm.value_level` to turn.',
    );
  },
  function tokensWantStateValues({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.value_level === 'turn' || algorithm.critic_type === 'v') {
      return null;
    }
    return problem(
      ['algorithm.value_level', 'algorithm.critic_type'],
      'is token, but `algorithm.critic_type` is q, the value of whole responses. Set it to turn, or ' +
        '`algorithm.critic_type` to v.',
    );
  },
  function tokensWantTokenRatios({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.value_level === 'turn') return null;
    if (algorithm.policy_loss === 'pg' || algorithm.ratio_level === 'token') return null;
    return problem(
      ['algorithm.value_level', 'algorithm.policy_loss', 'algorithm.ratio_level'],
      `is token, so every token has an advantage of its own, but \`algorithm.ratio_level\` is ${algorithm.ratio_level}: ` +
        'one ratio for the whole response. Set `algorithm.ratio_level` to token, or this to turn.',
    );
  },
  function baselineWantsQ({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.critic_type === 'q' || algorithm.q_baseline === 'v') {
      return null;
    }
    return problem(
      ['algorithm.q_baseline', 'algorithm.critic_type'],
      `is ${algorithm.q_baseline}, but \`algorithm.critic_type\` is v, which is a baseline itself. Set it to v, or ` +
        '`algorithm.critic_type` to q.',
    );
  },
  function baselineSamplesAreUsed({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.baseline_samples === defaultBaselineSamples) return null;
    if (algorithm.critic_type === 'q' && algorithm.q_baseline !== 'v') return null;
    return problem(
      ['algorithm.baseline_samples', 'algorithm.critic_type', 'algorithm.q_baseline'],
      `is ${algorithm.baseline_samples}, but only the baselines mean, loo and counterfactual of \`critic_type: q\` draw ` +
        'samples. Remove it, or set `algorithm.critic_type` and `algorithm.q_baseline`.',
    );
  },
  function headReadsOnce({ algorithm }) {
    if (!isActorCritic(algorithm) || hasSeparateCritics(algorithm)) return null;
    if (algorithm.critic_type === 'v' || algorithm.q_baseline !== 'v') return null;
    // Then Q is compared with its target.
    if (algorithm.reference_faults.includes('D2')) return null;
    return problem(
      ['algorithm.q_baseline', 'algorithm.critic_type', 'algorithm.use_separate_critic'],
      'is v, but the one value head on an agent learns Q already. Set it to mean, loo or counterfactual, or ' +
        '`algorithm.use_separate_critic` to true.',
    );
  },
  function stopGradientWantsHead({ algorithm }) {
    if (!('value_stop_gradient' in algorithm)) return null;
    if (!algorithm.value_stop_gradient || !algorithm.use_separate_critic) return null;
    return problem(
      ['algorithm.value_stop_gradient', 'algorithm.use_separate_critic'],
      "is true, but a separate critic has no part in the agent's model anyway. Remove it, or set " +
        '`algorithm.use_separate_critic` to false.',
    );
  },
  function passesWantSeparateCritic({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.critic_update_epochs === null) return null;
    if (hasSeparateCritics(algorithm)) return null;
    return problem(
      ['algorithm.critic_update_epochs', 'algorithm.use_separate_critic'],
      `is ${algorithm.critic_update_epochs}, but a value head on an agent learns in the agent's own updates. Remove it, or ` +
        'set `algorithm.use_separate_critic` to true.',
    );
  },
  function statesWantTheCentralCritic({ algorithm, critic_model }) {
    if (critic_model.sees === 'history' || algorithm.name === 'collm_cc') return null;
    return problem(
      ['critic_model.sees', 'algorithm.name'],
      `is state, but \`algorithm.name\` is ${algorithm.name}, which has no central critic: only that of collm_cc may see ` +
        'everything. Set it to history, or `algorithm.name` to collm_cc.',
    );
  },
  function criticKeysNeedCriticModel({ algorithm, critic_model }) {
    const only = isActorCritic(algorithm) ? modelKeys : [...modelKeys, 'value_head_hidden_dim' as const];
    const key = only.find((one) => critic_model[one] !== null);
    if (key === undefined || hasSeparateCritics(algorithm)) return null;
    const [dependsOn, why, cure] = isActorCritic(algorithm)
      ? [
          'algorithm.use_separate_critic',
          "is false: the value head is on the agent's own model",
          'set that to true',
        ]
      : ['algorithm.name', `is ${algorithm.name}, which has no critic`, 'choose collm_cc or collm_dc'];
    return problem(
      [`critic_model.${key}`, dependsOn],
      `is set, but \`${dependsOn}\` ${why}. Remove it, or ${cure}.`,
    );
  },
];

const modelKeys = [
  'path',
  'device',
  'dtype',
  'max_prompt_tokens',
  'lora',
] as const satisfies readonly (keyof Config['critic_model'])[];
