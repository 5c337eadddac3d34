/** Rules of what CoMLRL does wrong and a run is to do likewise: where each of it means something. */
import type { Config } from '../schema.js';
import { isActorCritic } from '../schema-algorithm.js';
import { problem, type Rule } from './rule.js';

const key = 'algorithm.reference_faults';

type Fault = Config['algorithm']['reference_faults'][number];

/** A rule for configurations with a fault. */
const withFault =
  (fault: Fault, rule: Rule): Rule =>
  (config) =>
    config.algorithm.reference_faults.includes(fault) ? rule(config) : null;

export const faultRules: readonly Rule[] = [
  function faultsAreParity({ algorithm: { reference_faults: faults, parity } }) {
    if (faults.length === 0 || parity) return null;
    return problem(
      [key, 'algorithm.parity'],
      `is ${faults.join(', ')}: what CoMLRL does wrong. Remove it, or set \`algorithm.parity\` to true to do as it does.`,
    );
  },
  withFault('D1', function oneCriticIsShared({ algorithm: { name } }) {
    if (name === 'collm_cc') return null;
    return problem(
      [key, 'algorithm.name'],
      `has D1, the steps of one critic inside every agent's update, but ${name} has no critic that agents share. ` +
        'Remove D1, or set `algorithm.name` to collm_cc.',
    );
  }),
  withFault('D1', function agentsHaveUpdatesOfTheirOwn({ algorithm, agent_model, env }) {
    const isOneAfterAnother = algorithm.update_order === 'sequential';
    if (env.num_agents === 1 || !(isOneAfterAnother || agent_model.share)) return null;
    const [other, cure] = isOneAfterAnother
      ? (['algorithm.update_order', 'simultaneous'] as const)
      : (['agent_model.share', 'false'] as const);
    return problem(
      [key, other, 'env.num_agents'],
      `has D1, a step of the critic inside each agent's own update, but \`${other}\` orders the updates otherwise. ` +
        `Remove D1, or set \`${other}\` to ${cure}.`,
    );
  }),
  withFault('D2', function actionsAreValued({ algorithm }) {
    if (isActorCritic(algorithm) && algorithm.critic_type === 'q') return null;
    const why = isActorCritic(algorithm)
      ? '`algorithm.critic_type` is v, whose TD error is the right advantage'
      : `${algorithm.name} has no critic`;
    return problem(
      [key, 'algorithm.critic_type', 'algorithm.name'],
      `has D2, the TD error of Q as advantage, but ${why}. Remove D2, or set \`algorithm.critic_type\` to q.`,
    );
  }),
  withFault('D2', function targetIsTheBaseline({ algorithm }) {
    if (!isActorCritic(algorithm) || algorithm.q_baseline === 'v') return null;
    return problem(
      [key, 'algorithm.q_baseline'],
      `has D2, which compares Q with its target, but \`algorithm.q_baseline\` is ${algorithm.q_baseline}: nothing would be ` +
        'compared with that. Remove one of the two.',
    );
  }),
  withFault('D3', function groupsArePadded({ algorithm }) {
    if (!isActorCritic(algorithm)) return null;
    return problem(
      [key, 'algorithm.name'],
      `has D3, the padding of a group's responses, but ${algorithm.name} has no groups: CoMLRL trains every token of it. ` +
        'Remove D3, or choose a Monte Carlo method.',
    );
  }),
  withFault('D3', function paddingHasNoSecondDistribution({ algorithm: { is_correction, kl_mode } }) {
    const other = is_correction === 'off' ? 'kl_mode' : 'is_correction';
    if (is_correction === 'off' && kl_mode !== 'lossK3' && kl_mode !== 'lossExact') return null;
    return problem(
      [key, `algorithm.${other}`],
      `has D3, which trains padding, but \`algorithm.${other}\` is ${other === 'kl_mode' ? kl_mode : is_correction}: it ` +
        'weighs sampled tokens, and padding was not sampled. Remove D3, or set ' +
        `\`algorithm.${other}\` to off${other === 'kl_mode' ? ', rewardK1 or rewardK3' : ''}.`,
    );
  }),
  withFault('D5', function scoresAreNotCorrected({ algorithm: { is_correction } }) {
    if (is_correction === 'off') return null;
    return problem(
      [key, 'algorithm.is_correction'],
      `has D5, scores at another temperature than samples, but \`algorithm.is_correction\` is ${is_correction}, which ` +
        'corrects just that. Remove one of the two.',
    );
  }),
];
