/**
 * What a value function says of played chains: targets for itself and advantages for the agents that it credits.
 *
 *   judgeChains       one judge after the other
 *   stateVerdicts     V(h): TD(0) or GAE over turns (P8, P9)
 *   actionVerdicts    Q(h, a) and an action-independent baseline (spec 2.4, D2)
 *   tokenVerdicts     V(h, y_<k): GAE over tokens (spec section 5)
 */
import type { LessonRun } from '../algorithms/algorithm.js';
import type { ActorCriticOptions } from '../config.js';
import type { ResponseAdvantage } from '../credit/normalisation.js';
import { qAdvantages } from '../credit/q-baselines.js';
import { mean } from '../credit/statistics.js';
import { generalisedAdvantages, tokenAdvantages } from '../credit/temporal-difference.js';
import type { Response, ValueRead } from '../messages.js';
import {
  type Episode,
  type JointTransition,
  nodeOf,
  pick,
  responseOf,
  rewardOf,
} from '../rollout/episode.js';
import { sideBySide } from '../side-by-side.js';
import { split } from '../split.js';
import { ask, type Judge, type Look } from './judges.js';
import { klOf, type References } from './policy-samples.js';
import { hasFault, tdErrorOfQ } from './reference-faults.js';

/** What one judge says of one joint transition. */
export interface Verdict {
  /** V or Q of what was played, and its target; means over tokens where there are several. */
  readonly value: number;
  readonly target: number;
  /** Advantages of an agent's responses, the played one first; agents that the judge does not credit have none. */
  readonly advantages: ReadonlyMap<number, readonly ResponseAdvantage[]>;
  readonly regression: readonly Regression[];
}

/** One look as something to learn. */
export interface Regression {
  readonly look: Look;
  readonly targets: readonly number[];
  readonly oldValues: readonly number[];
}

/** `verdicts[judge][chain][turn]`; every judge values all its looks in one batch. */
export async function judgeChains(
  run: LessonRun,
  judges: readonly Judge[],
  chains: readonly Episode[],
  references: References,
  options: ActorCriticOptions,
): Promise<Verdict[][][]> {
  const verdicts = options.valueLevel === 'token' ? tokenVerdicts : turnVerdicts[options.criticType];
  return run.phase('values', () =>
    sideBySide(judges.map((judge) => () => verdicts(run, judge, chains, references, options))),
  );
}

async function stateVerdicts(
  run: LessonRun,
  judge: Judge,
  chains: readonly Episode[],
  references: References,
  options: ActorCriticOptions,
): Promise<Verdict[][]> {
  const looks = chains.map((chain) => [
    ...chain.transitions.map((transition) => lookAt(chain, transition, 'state')),
    // The history after a horizon cut, where it is to be bootstrapped from.
    ...chain.transitions.flatMap((transition): Look[] =>
      transition.endHistory === null
        ? []
        : [{ ...lookAt(chain, transition, 'state'), history: transition.endHistory }],
    ),
  ]);
  const all = await askNested(run, judge, looks);
  return chains.map((chain, index) => {
    const values = (all[index] as number[][]).flat();
    const turns = chain.transitions.length;
    const { targets, advantages } = generalisedAdvantages(
      rewardsOf(judge, chain, references, options),
      values.slice(0, turns),
      options.discount,
      options.gaeLambda,
      values[turns] ?? null,
    );
    return chain.transitions.map((_, t) => {
      const value = values[t] as number;
      const target = targets[t] as number;
      return {
        value,
        target,
        advantages: forAll(judge, [advantages[t] as number]),
        regression: [{ look: looks[index]?.[t] as Look, targets: [target], oldValues: [value] }],
      };
    });
  });
}

/** Targets are r + γ Q(h', a') of what was really answered there. */
async function actionVerdicts(
  run: LessonRun,
  judge: Judge,
  chains: readonly Episode[],
  references: References,
  options: ActorCriticOptions,
): Promise<Verdict[][]> {
  const looks = chains.map((chain) =>
    chain.transitions.map((transition) => actionLooks(judge, chain, transition, options)),
  );
  const values = await askNested(
    run,
    judge,
    looks.map((chain) => chain.flat()),
  );
  return chains.map((chain, index) => {
    const lengths = (looks[index] as Look[][]).map((own) => own.length);
    const perTurn = split(values[index] as number[][], lengths).map((own) => own.flat());
    const { targets } = generalisedAdvantages(
      rewardsOf(judge, chain, references, options),
      perTurn.map((own) => own[0] as number),
      options.discount,
      options.gaeLambda,
      null,
    );
    return chain.transitions.map((_, t) => {
      const own = perTurn[t] as number[];
      const target = targets[t] as number;
      // Only what was played has a target; with a V head its state has the same one.
      const learned = baselineOf(options) === 'v' ? [0, 1] : [0];
      return {
        value: own[0] as number,
        target,
        advantages: actionAdvantages(judge, own, target, options),
        regression: learned.map((k) => ({
          look: looks[index]?.[t]?.[k] as Look,
          targets: [target],
          oldValues: [own[k] as number],
        })),
      };
    });
  });
}

/** What Q is compared with: its target with D2. */
const baselineOf = (options: ActorCriticOptions): ActorCriticOptions['qBaseline'] | 'target' =>
  hasFault(options, 'D2') ? 'target' : options.qBaseline;

/** What was played first; then its state, other joint samples, or for each agent other responses of its own. */
function actionLooks(
  { sees, credits }: Judge,
  chain: Episode,
  transition: JointTransition,
  options: ActorCriticOptions,
): Look[] {
  const played = lookAt(chain, transition, 'action');
  const baseline = baselineOf(options);
  if (baseline === 'target') return [played];
  if (baseline === 'v') return [played, lookAt(chain, transition, 'state')];
  const { responses } = nodeOf(chain, transition);
  const others = Array.from({ length: options.baselineSamples - 1 }, (_, k) => k + 1);
  const instead = (agents: readonly number[], k: number): Look => ({
    ...played,
    responses: played.responses.map((own, agent) =>
      agents.includes(agent) ? pick(responses, agent, k) : own,
    ),
  });
  if (baseline !== 'counterfactual') return [played, ...others.map((k) => instead(sees, k))];
  return [played, ...credits.flatMap((agent) => others.map((k) => instead([agent], k)))];
}

/** @param values of `actionLooks`, in its order */
function actionAdvantages(
  judge: Judge,
  values: readonly number[],
  target: number,
  options: ActorCriticOptions,
): ReadonlyMap<number, readonly number[]> {
  const [played, ...others] = values as [number, ...number[]];
  const baseline = baselineOf(options);
  if (baseline === 'target') return forAll(judge, [tdErrorOfQ(target, played)]);
  if (baseline === 'v') return forAll(judge, [played - (others[0] as number)]);
  if (baseline !== 'counterfactual') return forAll(judge, qAdvantages(values, baseline));
  const each = options.baselineSamples - 1;
  return new Map(
    judge.credits.map((agent, index) => {
      const own = others.slice(index * each, (index + 1) * each);
      return [agent, qAdvantages([played, ...own], 'counterfactual')];
    }),
  );
}

async function tokenVerdicts(
  run: LessonRun,
  judge: Judge,
  chains: readonly Episode[],
  references: References,
  options: ActorCriticOptions,
): Promise<Verdict[][]> {
  const looks = chains.map((chain) =>
    chain.transitions.flatMap((transition) =>
      judge.credits.map((agent) => ({ ...lookAt(chain, transition, 'tokens'), agent })),
    ),
  );
  const values = await askNested(run, judge, looks);
  return chains.map((chain, index) => {
    const rewards = rewardsOf(judge, chain, references, options);
    const perAgent = judge.credits.map((_, position) => {
      const own = chain.transitions.map(
        (_, t) => (values[index] as number[][])[t * judge.credits.length + position] as number[],
      );
      return { own, ...tokenAdvantages(rewards, own, options.discount, options.gaeLambda, null) };
    });
    return chain.transitions.map((_, t) => ({
      value: meanOf(perAgent.flatMap(({ own }) => own[t] as number[])),
      target: meanOf(perAgent.flatMap(({ targets }) => targets[t] as number[])),
      advantages: new Map(
        judge.credits.map((agent, position) => [
          agent,
          [Float32Array.from(perAgent[position]?.advantages[t] as number[])],
        ]),
      ),
      regression: judge.credits.map((_, position) => ({
        look: looks[index]?.[t * judge.credits.length + position] as Look,
        targets: perAgent[position]?.targets[t] as number[],
        oldValues: perAgent[position]?.own[t] as number[],
      })),
    }));
  });
}

const turnVerdicts = { v: stateVerdicts, q: actionVerdicts };

/** Team rewards for a central judge; for a local one those of its agent, less its divergence if that is rewarded. */
function rewardsOf(
  { credits, rewards }: Judge,
  chain: Episode,
  references: References,
  { klMode, klCoef }: ActorCriticOptions,
): number[] {
  const agent = credits[0] as number;
  return chain.transitions.map((transition) => {
    if (rewards === 'team') return transition.result.processedReward;
    const penalty =
      klMode === 'rewardK3' ? klCoef * klOf(responseOf(chain, transition, agent), references, 'k3') : 0;
    return rewardOf(transition, agent) - penalty;
  });
}

function lookAt(chain: Episode, transition: JointTransition, read: ValueRead): Look {
  const node = nodeOf(chain, transition);
  const responses = transition.choice.map((g, agent): Response => pick(node.responses, agent, g));
  return {
    read,
    history: node.history,
    responses,
    agent: 0,
    turn: transition.turn,
    itemId: chain.item.id,
  };
}

/** Values of nested lists of looks, asked for in one batch. */
async function askNested(
  run: LessonRun,
  judge: Judge,
  looks: readonly (readonly Look[])[],
): Promise<number[][][]> {
  const values = await ask(run, judge, looks.flat());
  return split(
    values,
    looks.map((own) => own.length),
  );
}

const forAll = <T>({ credits }: Judge, advantages: readonly T[]): ReadonlyMap<number, readonly T[]> =>
  new Map(credits.map((agent) => [agent, advantages]));

/** An empty response has no token to value. */
const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : mean(values));
