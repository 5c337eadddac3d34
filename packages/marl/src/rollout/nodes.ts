/** What a joint action leads to: the part of a rollout that asks the environment. */
import type { Environment, Observation, StepResult } from '@collm/envs';
import { jointIndices } from '../credit/joint-samples.js';
import { mean } from '../credit/statistics.js';
import { RolloutError, type RolloutPlace } from '../errors.js';
import type { History, JointHistory, PlayPhase, Response, Unanswered } from '../messages.js';
import { seededOrder } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { type Episode, type JointTransition, pick } from './episode.js';
import type { RolloutSettings } from './rollout.js';

/** A joint history that waits for the agents. */
export interface LiveNode {
  readonly episode: Episode;
  readonly turn: number;
  readonly path: number;
  readonly parent: number | null;
  /** See `RolloutNode.branches`. */
  readonly branches: number;
  readonly state: unknown;
  readonly histories: readonly History[];
}

/**
 * Scores the joint samples of a node, adds node and transitions to its episode, and returns the nodes that follow.
 *
 * @throws RolloutError naming turn, episode and item when the environment fails or gives what no learner can use
 */
export async function playNode(
  environment: Environment,
  node: LiveNode,
  responses: readonly (readonly Response[])[],
  settings: RolloutSettings,
): Promise<LiveNode[]> {
  const { episode, turn } = node;
  const described = (state: unknown, at: number): Pick<JointHistory, 'state'> =>
    settings.describeStates
      ? { state: describe(environment, state, placeOf(episode, at, settings.phase)) }
      : {};
  const state = described(node.state, turn);
  const choices =
    settings.play === 'first'
      ? [responses.map(() => 0)]
      : jointIndices(responses.length, settings.numGenerations, settings.jointMode);
  const results = await score(environment, node, responses, choices, settings.phase);
  const ends = endsOf(environment, node, results, settings);
  const branches = node.branches * ends.filter((end) => end !== 'pruned').length;
  const first = episode.transitions.length;
  const nodeIndex = episode.nodes.length;
  const remainingTurns = environment.numTurns - turn;
  const transitions: JointTransition[] = [];
  const next: LiveNode[] = [];
  results.forEach((scored, joint) => {
    const choice = choices[joint] as readonly number[];
    const end = ends[joint] as JointTransition['end'];
    // Where rewards are paid late, an end that only the learner decides on is when the rest is due.
    const result = end === 'early' ? { ...scored, ...scored.ifEnded } : scored;
    const path = node.path * choices.length + joint;
    let endHistory: JointHistory | null = null;
    if (end === null || (end === 'horizon' && settings.observeAfterHorizon)) {
      const place = placeOf(episode, turn + 1, settings.phase);
      const observations = observeAll(environment, result.state, place);
      const histories = node.histories.map((history, agent) =>
        historyAfter(
          history,
          pick(responses, agent, choice[agent] as number),
          observations[agent] as Observation,
        ),
      );
      const { state } = result;
      if (end === null)
        next.push({ episode, turn: turn + 1, path, parent: first + joint, branches, state, histories });
      else
        endHistory = { agents: histories, turn: turn + 1, remainingTurns: 0, ...described(state, turn + 1) };
    }
    transitions.push({ node: nodeIndex, turn, path, parent: node.parent, choice, result, end, endHistory });
  });
  episode.transitions.push(...transitions);
  episode.nodes.push({
    turn,
    path: node.path,
    parent: node.parent,
    branches: node.branches,
    state: node.state,
    history: { agents: node.histories, turn, remainingTurns, ...state },
    responses,
    transitions: choices.map((_, joint) => first + joint),
  });
  return next;
}

/** Steps the environment with every joint sample; only responses of one branch are ever combined. */
async function score(
  environment: Environment,
  node: LiveNode,
  responses: readonly (readonly Response[])[],
  choices: readonly (readonly number[])[],
  phase: PlayPhase,
): Promise<StepResult<unknown>[]> {
  const place = placeOf(node.episode, node.turn, phase);
  return sideBySide(
    choices.map((choice) => async () => {
      const texts = choice.map((g, agent) => pick(responses, agent, g).text);
      let result: StepResult<unknown>;
      try {
        result = await environment.step(node.state, texts);
      } catch (cause) {
        const message = cause instanceof Error ? cause.message : String(cause);
        throw new RolloutError('environment', `The environment failed to step: ${message}`, place, { cause });
      }
      checkRewards(environment, result, place);
      return result;
    }),
  );
}

function checkRewards(environment: Environment, result: StepResult<unknown>, place: RolloutPlace): void {
  const { reward, processedReward, agentRewards } = result;
  const fault = (message: string) => new RolloutError('environment', message, place);
  if (!Number.isFinite(reward) || !Number.isFinite(processedReward))
    throw fault(
      `The environment gave reward ${reward} (processed ${processedReward}); both must be finite numbers`,
    );
  const { numAgents, rewardShape = 'team' } = environment;
  if (rewardShape === 'team') {
    if (agentRewards === undefined) return;
    throw fault(
      `The environment gave ${agentRewards.length} rewards per agent, but its rewardShape is team; set it to perAgent or give none`,
    );
  }
  if (agentRewards?.length !== numAgents)
    throw fault(
      `The environment's rewardShape is perAgent, but it gave ${agentRewards?.length ?? 'no'} rewards for ${numAgents} agents`,
    );
  if (!agentRewards.every(Number.isFinite))
    throw fault(
      `The environment gave the agents the rewards [${agentRewards.join(', ')}]; all must be finite`,
    );
}

/**
 * Which joint samples go on. A good enough team stops early even where the horizon would have ended it too: P8 never
 * bootstraps then. An end by the environment's own threshold is left out: P3 is decided over the whole node.
 */
function endsOf(
  environment: Environment,
  node: LiveNode,
  results: readonly StepResult<unknown>[],
  settings: RolloutSettings,
): JointTransition['end'][] {
  const { earlyTerminationThreshold: threshold, branchesPerNode = null } = settings;
  const judged = results.map(({ turnReward, processedReward }) => turnReward ?? processedReward);
  const stopped = threshold !== null && mean(judged) > threshold;
  if (stopped) return results.map(() => 'early');
  if (environment.numTurns - node.turn <= 1) return results.map(() => 'horizon');
  const ends = results.map((result): JointTransition['end'] =>
    result.terminated && result.endedBy !== 'threshold' ? 'environment' : null,
  );
  if (branchesPerNode === null || branchesPerNode >= results.length) return ends;
  const { episode, turn, path } = node;
  const order = seededOrder(results.length, settings.seed, 'branches', episode.episode, turn, path);
  const kept = new Set(order.slice(0, branchesPerNode));
  return ends.map((end, joint) => (kept.has(joint) ? end : 'pruned'));
}

/** One agent's history after its own response: no argument holds anything of another agent. */
function historyAfter(history: History, own: Response, observation: Observation): History {
  const turn = { observation: history.observation, response: own.text, tokens: own.tokens };
  return { past: [...history.past, turn], observation };
}

/** @throws RolloutError unless the environment gives one observation per agent */
export function observeAll(environment: Environment, state: unknown, place: RolloutPlace): Observation[] {
  const observations = inEnvironment('observe', place, () => environment.observe(state));
  if (observations.length !== environment.numAgents) {
    throw new RolloutError(
      'environment',
      `The environment gave ${observations.length} observations for ${environment.numAgents} agents`,
      place,
    );
  }
  return observations;
}

/** @throws RolloutError unless the environment gives a text */
function describe(environment: Environment, state: unknown, place: RolloutPlace): string {
  const text: unknown = inEnvironment('describe its state', place, () => environment.describeState?.(state));
  if (typeof text === 'string') return text;
  throw new RolloutError(
    'environment',
    `The environment described its state as ${typeof text}, but a critic that sees states reads text`,
    place,
  );
}

/** Calls the environment; what it throws becomes a RolloutError that says where. */
export function inEnvironment<T>(what: string, place: RolloutPlace, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RolloutError('environment', `The environment failed to ${what}: ${message}`, place, { cause });
  }
}

export function placeOf(episode: Episode, turn: number, phase: PlayPhase): RolloutPlace {
  return { phase, turn, episode: episode.episode, itemIds: [episode.item.id] };
}

/** A request that was not answered ends its episode. */
export function failAt(
  { episode, turn }: LiveNode,
  agent: number,
  { failure }: Unanswered,
  phase: PlayPhase,
): void {
  episode.failure ??= new RolloutError('agent', failure, { ...placeOf(episode, turn, phase), agent });
}
