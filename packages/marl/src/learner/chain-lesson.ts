/** Actor-critic methods: chains of joint transitions, valued by judges. */
import type { Lesson, LessonRun, RolloutShape, Unit } from '../algorithms/algorithm.js';
import type { ActorCriticOptions } from '../config.js';
import { meanAdvantage, type ResponseAdvantage, scaleAdvantages } from '../credit/normalisation.js';
import { mean, populationVariance } from '../credit/statistics.js';
import type { Metrics } from '../events.js';
import type { PolicySample, Response } from '../messages.js';
import { type Episode, nodeOf, pick, played } from '../rollout/episode.js';
import { agentEpisodeReturns, episodeReturns } from '../rollout/records.js';
import { collect } from './collect.js';
import { headTarget, type Judge, valueSample } from './judges.js';
import { policySample, type References, referencesFor } from './policy-samples.js';
import { scoredAsReference } from './reference-faults.js';
import type { Verdict } from './verdicts.js';

/** Played chains and what the agents' references say of them. */
export interface Chains {
  readonly episodes: readonly Episode[];
  /** Those that did not fail. */
  readonly chains: readonly Episode[];
  readonly references: References;
}

/** Independent trajectories (D30), one played joint action a turn; baselines of Q are sampled beside it. */
export async function collectChains(run: LessonRun, options: ActorCriticOptions): Promise<Chains> {
  const samples = options.criticType === 'q' && options.qBaseline !== 'v' ? options.baselineSamples : 1;
  const shape: RolloutShape = {
    episodesPerItem: options.numGenerations,
    numGenerations: samples,
    jointMode: 'aligned',
    play: 'first',
    branchesPerNode: null,
    observeAfterHorizon: options.bootstrapOnHorizon,
    describeStates: options.name === 'collm_cc' && options.criticSees === 'state',
  };
  const { rolloutBufferSize } = options;
  const made = await collect(run, shape, rolloutBufferSize, ({ transitions }) => transitions.length);
  const episodes = await scoredAsReference(run, made, options);
  const chains = played(episodes);
  const responses = run.agents.map((_, agent) =>
    chains.flatMap(({ nodes }) => nodes.flatMap((node) => node.responses[agent] as readonly Response[])),
  );
  return { episodes, chains, references: await referencesFor(run, responses, options) };
}

/** One unit a joint transition. Advantages are normalised over them, once for every judge (P5, 2.4). */
export function chainLesson(
  { episodes, chains, references }: Chains,
  judges: readonly Judge[],
  verdicts: readonly (readonly (readonly Verdict[])[])[],
  options: ActorCriticOptions,
): Lesson {
  const places = chains.flatMap((episode, chain) =>
    episode.transitions.map((transition, t) => ({ episode, chain, transition, t })),
  );
  const verdictOf = (judge: number, { chain, t }: { chain: number; t: number }) =>
    verdicts[judge]?.[chain]?.[t] as Verdict;
  const turns = places.map(({ transition }) => transition.turn);
  const advantages = judges.map((judge, index) => {
    const own = places.map((place) => verdictOf(index, place).advantages);
    return scaled(judge, own, turns, options);
  });
  const judgeOf = (agent: number) => judges.findIndex(({ credits }) => credits.includes(agent));
  const numAgents = Math.max(...judges.flatMap(({ credits }) => credits)) + 1;

  const units = places.map((place, unit): Unit => {
    const { episode, transition } = place;
    const { responses } = nodeOf(episode, transition);
    const policy = Array.from({ length: numAgents }, (_, agent) => {
      const index = judgeOf(agent);
      const judge = judges[index] as Judge;
      const { regression } = verdictOf(index, place);
      const where = { agent, turn: transition.turn, itemId: episode.item.id, weight: 1 };
      const own = advantages[index]?.[unit]?.get(agent) as readonly ResponseAdvantage[];
      return own.map((advantage, k) => {
        // A head on the backbone learns of what was played alone.
        const learned = judge.critic === null && k === 0 ? regression[0] : undefined;
        const value = learned && headTarget(judge, learned.look, learned.targets, learned.oldValues);
        return policySample(pick(responses, agent, k), advantage, where, references, options, value);
      });
    });
    const regression = judges.flatMap((judge, index) => {
      if (judge.critic === null) return [];
      const { regression: own } = verdictOf(index, place);
      return [own.map(({ look, targets, oldValues }) => valueSample(judge, look, targets, oldValues))];
    });
    return { episode, turn: transition.turn, policy, regression };
  });

  const unitOf = new Map(places.map(({ transition }, unit) => [transition, unit]));
  return {
    episodes,
    units,
    credits: new Map(
      chains.map((episode, chain) => [
        episode,
        episode.transitions.map((transition, t) => ({
          advantages: trainedOn(units[unitOf.get(transition) as number] as Unit),
          value: mean(judges.map((_, judge) => verdictOf(judge, { chain, t }).value)),
          target: mean(judges.map((_, judge) => verdictOf(judge, { chain, t }).target)),
        })),
      ]),
    ),
    extraEnvSteps: 0,
    metrics: criticMetrics(
      judges.map((judge, index) => ({ judge, chains, verdicts: verdicts[index] ?? [], options })),
    ),
  };
}

/** Each agent's advantage of what was played, the mean over its tokens where they differ. */
function trainedOn({ policy }: Unit): number[] {
  return policy.map((own) => meanAdvantage((own[0] as PolicySample).advantage));
}

/** `advantages[unit]` of every agent that the judge credits, normalised together and cut. */
function scaled(
  { credits }: Judge,
  advantages: readonly ReadonlyMap<number, readonly ResponseAdvantage[]>[],
  turns: readonly number[],
  { advantageNormalization: mode, advantageClip }: ActorCriticOptions,
): Map<number, ResponseAdvantage[]>[] {
  const entries = advantages.flatMap((own, unit) =>
    credits.flatMap((agent) =>
      (own.get(agent) as readonly ResponseAdvantage[]).map((advantage) => ({ unit, agent, advantage })),
    ),
  );
  const groups =
    mode === 'none'
      ? null
      : entries.map(({ unit }) => ({ node: unit, turn: turns[unit] as number, batch: 0 })[mode]);
  const values = scaleAdvantages(
    entries.map(({ advantage }) => advantage),
    groups,
    advantageClip,
  );
  const result = advantages.map(
    () => new Map<number, ResponseAdvantage[]>(credits.map((agent) => [agent, []])),
  );
  entries.forEach(({ unit, agent }, index) => {
    result[unit]?.get(agent)?.push(values[index] as ResponseAdvantage);
  });
  return result;
}

interface Judged {
  readonly judge: Judge;
  readonly chains: readonly Episode[];
  /** `verdicts[chain][turn]` */
  readonly verdicts: readonly (readonly Verdict[])[];
  readonly options: ActorCriticOptions;
}

/** Figures of every value function; of one critic that is asked for each agent (D1) their means. */
function criticMetrics(all: readonly Judged[]): Metrics {
  const isOne = all.length === 1 || all.every(({ judge }) => judge.critic === 0);
  const metrics = all.map((judged, index) => valueMetrics(isOne ? 'critic' : `critic_${index + 1}`, judged));
  const merged = Object.assign({}, ...metrics) as Metrics;
  if (!isOne || all.length === 1) return merged;
  return Object.fromEntries(
    Object.keys(merged).map((name) => [name, mean(metrics.flatMap((own) => own[name] ?? []))]),
  );
}

/** How well a value function explains its targets, and what really came, before it learns of them. */
function valueMetrics(group: string, judged: Judged): Metrics {
  const regression = judged.verdicts.flatMap((chain) => chain.flatMap((verdict) => verdict.regression));
  const targets = regression.flatMap((one) => one.targets);
  const values = regression.flatMap((one) => one.oldValues);
  if (targets.length === 0) return {};
  const errors = targets.map((target, index) => target - (values[index] as number));
  return {
    [`${group}/value_mean`]: mean(values),
    [`${group}/target_mean`]: mean(targets),
    [`${group}/td_error_mean`]: mean(errors),
    [`${group}/td_error_std`]: Math.sqrt(populationVariance(errors)),
    ...explained(`${group}/explained_variance`, targets, errors),
    ...returnsExplained(group, judged),
  };
}

/**
 * Against Monte Carlo returns, which hold no value of the critic: figures of different critics, λ and horizons can be
 * compared. For values of histories alone; those of actions and tokens predict something else at the same place.
 */
function returnsExplained(group: string, { judge, chains, verdicts, options }: Judged): Metrics {
  if (options.criticType !== 'v' || options.valueLevel !== 'turn') return {};
  const returns = chains.flatMap((chain) =>
    judge.rewards === 'team'
      ? episodeReturns(chain, options.discount)
      : agentEpisodeReturns(chain, options.discount, judge.credits[0] as number),
  );
  const values = verdicts.flat().map(({ value }) => value);
  const errors = returns.map((value, index) => value - (values[index] as number));
  return explained(`${group}/return_explained_variance`, returns, errors);
}

/** 1 - Var(errors) / Var(values); nothing to explain when all values are equal. */
function explained(name: string, values: readonly number[], errors: readonly number[]): Metrics {
  const spread = populationVariance(values);
  return spread > 0 ? { [name]: 1 - populationVariance(errors) / spread } : {};
}
