import type { CollmCcOptions } from '../config.js';
import { normaliseWithin } from '../credit/normalisation.js';
import { mean, populationVariance } from '../credit/statistics.js';
import { generalisedAdvantages } from '../credit/temporal-difference.js';
import { assertFinite, TeamError } from '../errors.js';
import type { Metrics } from '../events.js';
import { planMinibatches } from '../learner/minibatches.js';
import { policySample, policyUpdate, updateAgents, updateCritic } from '../learner/updates.js';
import type { Critic, JointHistory, ValueSample } from '../messages.js';
import { type Episode, nodeOf, responseOf } from '../rollout/episode.js';
import type { Algorithm } from './algorithm.js';

/**
 * CoLLM-CC: decentralised actors, one centralised critic V(h_1, .., h_n) (arXiv 2601.21972; algorithms
 * spec 2.4). Every agent i follows the same advantage,
 *
 *     A_t = δ_t = r_t + γ V(h_t+1) - V(h_t)          (GAE over turns with gaeLambda > 0, P9)
 *     ∇J_i = E[ Σ_t ρ_i,t A_t ∇ log π_i(a_i,t | h_i,t) ]
 *
 * and the critic minimises (target_t - V(h_t))², once per joint transition, not once per agent (D1).
 */
export function collmCc(options: CollmCcOptions): Algorithm {
  return {
    name: 'collm_cc',
    discount: options.discount,
    needsCritic: true,
    async step(run) {
      if (run.critic === null)
        throw new TeamError('collm_cc was given no critic; it needs one for the joint history.');
      const critic = run.critic;

      // Collect: independent trajectories, one response per agent and turn (D30).
      const episodes = await run.rollout({
        episodesPerItem: options.numGenerations,
        numGenerations: 1,
        jointMode: 'aligned',
        observeAfterHorizon: options.bootstrapOnHorizon,
      });

      // Values of all joint histories in one batched pass; targets and advantages per trajectory (P8, P9).
      const values = await run.phase('values', () => jointValues(critic, episodes));
      const credits = episodes.map((episode, index) =>
        trajectoryCredit(episode, values[index] as number[], options),
      );
      const transitions = episodes.flatMap((episode, index) =>
        episode.transitions.map((transition, t) => ({
          episode,
          transition,
          ...(credits[index]?.[t] as Credit),
        })),
      );

      // One advantage per joint transition, normalised over joint transitions (P5), shared by the agents.
      const raw = transitions.map(({ advantage }) => advantage);
      const groups = transitions.map(
        ({ transition }, index) =>
          ({ none: index, node: index, turn: transition.turn, batch: 0 })[options.advantageNormalization],
      );
      const advantages = normaliseWithin(raw, groups);

      // Critic: one forward per joint transition, one optimiser step per minibatch (P12).
      const minibatches = planMinibatches(
        transitions.map(({ episode }) => episode.episode),
        options.trainBatchSize,
        options.updateEpochs,
        run.seed,
        run.step,
      );
      const regression = transitions.map(({ episode, transition, value, target }): ValueSample => {
        assertFinite('value target', [target], null, transition.turn, episode.item.id);
        return {
          history: nodeOf(episode, transition).history,
          target,
          oldValue: value,
          itemId: episode.item.id,
        };
      });
      const { valueLossCoef, valueClipRange } = options;
      const criticMetrics = await updateCritic(run, critic, regression, minibatches, {
        valueLossCoef,
        valueClipRange,
      });

      // Actors: each its own responses, all the same advantages (P10, P11).
      const samples = run.agents.map((_, agent) =>
        transitions.map(({ episode, transition }, index) => {
          const response = responseOf(episode, transition, agent);
          return [
            policySample(response, advantages[index] as number, agent, transition.turn, episode.item.id),
          ];
        }),
      );
      const criticIsWarm = run.step >= options.criticWarmupSteps;
      const settings = policyUpdate(options, run.sampling.temperature);
      const agentMetrics = criticIsWarm ? await updateAgents(run, samples, minibatches, settings) : {};

      let unit = 0;
      return {
        episodes,
        credits: credits.map((chain) =>
          chain.map(({ value, target }) => {
            const advantage = advantages[unit++] as number;
            return { value, target, advantages: run.agents.map(() => advantage) };
          }),
        ),
        metrics: { ...criticMetrics, ...valueMetrics(transitions), ...agentMetrics },
      };
    },
  };
}

interface Credit {
  readonly value: number;
  readonly target: number;
  readonly advantage: number;
}

/** `values[episode][t]` of h_0 .. h_T-1, and of h_T last where a horizon cut is to be bootstrapped. */
async function jointValues(critic: Critic, episodes: readonly Episode[]): Promise<number[][]> {
  const histories = episodes.map((episode): JointHistory[] => [
    ...episode.transitions.map((transition) => nodeOf(episode, transition).history),
    ...episode.transitions.flatMap((transition) => transition.endHistory ?? []),
  ]);
  const flat = await critic.values(histories.flat());
  if (flat.length !== histories.flat().length) {
    throw new TeamError(
      `The critic gave ${flat.length} values for ${histories.flat().length} joint histories.`,
    );
  }
  let position = 0;
  return histories.map((own, index) => {
    const values = flat.slice(position, position + own.length);
    position += own.length;
    own.forEach(({ turn }, t) => {
      assertFinite('value', [values[t] as number], null, turn, (episodes[index] as Episode).item.id);
    });
    return values;
  });
}

function trajectoryCredit(episode: Episode, values: readonly number[], options: CollmCcOptions): Credit[] {
  const turns = episode.transitions.length;
  const rewards = episode.transitions.map((transition) => transition.result.processedReward);
  const own = values.slice(0, turns);
  const { targets, advantages } = generalisedAdvantages(
    rewards,
    own,
    options.discount,
    options.gaeLambda,
    values[turns] ?? null,
  );
  return own.map((value, t) => ({ value, target: targets[t] as number, advantage: advantages[t] as number }));
}

function valueMetrics(credits: readonly Credit[]): Metrics {
  const errors = credits.map((credit) => credit.target - credit.value);
  const targets = credits.map((credit) => credit.target);
  const spread = populationVariance(targets);
  return {
    'critic/value_mean': mean(credits.map((credit) => credit.value)),
    'critic/target_mean': mean(targets),
    'critic/td_error_mean': mean(errors),
    'critic/td_error_std': Math.sqrt(populationVariance(errors)),
    // Nothing to explain when all targets are equal.
    ...(spread > 0 ? { 'critic/explained_variance': 1 - populationVariance(errors) / spread } : {}),
  };
}
