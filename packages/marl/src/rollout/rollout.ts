/**
 * Batched rollouts. All live branches of all episodes go through an agent as one `act` call per turn,
 * the agents run side by side. Chains (actor-critic) and trees (Monte Carlo) are one code path: a chain
 * is a tree with one generation.
 *
 *   rollout      turns, level by level
 *   actAll       one `act` call per agent
 *   stepNode     scores the joint samples of a node, decides which branches go on (P3)
 *   historyAfter what each agent knows next: own observations and responses only
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import type { Environment, Item, Observation, StepResult } from '@collm/envs';
import type { JointMode } from '../config.js';
import { jointIndices } from '../credit/joint-samples.js';
import { mean } from '../credit/statistics.js';
import { assertFinite, RolloutError, type RolloutPlace, StopRequested } from '../errors.js';
import type { Actor, History, JointHistory, Response, SampleKey, Sampling } from '../messages.js';
import { seededHash } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { type Episode, type JointTransition, pick } from './episode.js';

export interface RolloutSettings {
  readonly seed: number;
  readonly phase: 'train' | 'evaluation';
  readonly sampling: Sampling;
  /** G: responses per agent and node; 1 gives chains. */
  readonly numGenerations: number;
  readonly jointMode: JointMode;
  /** P3; null never stops early. */
  readonly earlyTerminationThreshold: number | null;
  /** Observe once more after a horizon cut, for `bootstrapOnHorizon`. */
  readonly observeAfterHorizon?: boolean;
  /** Fires between turns as `StopRequested`. */
  readonly signal?: AbortSignal;
  /** Called after every turn with the turns done. */
  readonly onTurn?: (done: number, total: number) => void;
}

/** An item to play and the running number that its random choices are keyed by. */
export interface EpisodeSpec {
  readonly item: Item;
  readonly episode: number;
}

/** A joint history that waits for the agents. */
interface LiveNode {
  readonly episode: Episode;
  readonly path: number;
  readonly parent: number | null;
  readonly state: unknown;
  readonly histories: readonly History[];
}

/** Plays all episodes to their ends. Reads and changes nothing but its arguments. */
export async function rollout(
  environment: Environment,
  actors: readonly Actor[],
  specs: readonly EpisodeSpec[],
  settings: RolloutSettings,
): Promise<Episode[]> {
  const episodes = specs.map(({ item, episode }): Episode => ({ item, episode, nodes: [], transitions: [] }));
  let live = episodes.map((episode) => openEpisode(environment, episode, settings));
  for (let turn = 0; live.length > 0; turn++) {
    const responses = await actAll(actors, live, turn, settings);
    const stepped = await sideBySide(
      live.map((node, index) => () => {
        const own = responses.map((ofAgent) => ofAgent[index] as readonly Response[]);
        return stepNode(environment, node, own, turn, settings);
      }),
    );
    live = live.flatMap((node, index) =>
      record(environment, node, stepped[index] as SteppedNode, turn, settings),
    );
    settings.onTurn?.(turn + 1, environment.numTurns);
    await nextTick();
    if (settings.signal?.aborted) throw new StopRequested();
  }
  return episodes;
}

function openEpisode(environment: Environment, episode: Episode, settings: RolloutSettings): LiveNode {
  const purpose = settings.phase === 'train' ? 'reset' : 'evaluation-reset';
  const state = inEnvironment('reset', placeOf(episode, 0, settings), () =>
    environment.reset(episode.item, seededHash(settings.seed, purpose, episode.episode)),
  );
  const observations = observeAll(environment, state, placeOf(episode, 0, settings));
  return {
    episode,
    path: 0,
    parent: null,
    state,
    histories: observations.map((observation) => ({ past: [], observation })),
  };
}

/** Returns `responses[agent][node][g]`. Agent i is shown `histories[i]` and nothing else. */
async function actAll(
  actors: readonly Actor[],
  live: readonly LiveNode[],
  turn: number,
  settings: RolloutSettings,
): Promise<Response[][][]> {
  return sideBySide(
    actors.map((actor, agent) => async () => {
      const requests = live.map((node) => ({
        history: node.histories[agent] as History,
        keys: sampleKeys(node, turn, agent, settings),
      }));
      const place = { phase: settings.phase, turn, agent, itemIds: live.map((node) => node.episode.item.id) };
      let responses: Response[][];
      try {
        responses = await actor.act(requests, settings.sampling);
      } catch (cause) {
        throw new RolloutError('agent', 'The agent failed to answer', place, { cause });
      }
      checkResponses(responses, live, settings.numGenerations, place);
      return responses;
    }),
  );
}

function sampleKeys(node: LiveNode, turn: number, agent: number, settings: RolloutSettings): SampleKey[] {
  const { seed, phase, numGenerations } = settings;
  return Array.from({ length: numGenerations }, (_, g) => ({
    seed,
    phase,
    episode: node.episode.episode,
    turn,
    agent,
    sample: node.path * numGenerations + g,
  }));
}

function checkResponses(
  responses: readonly (readonly Response[])[],
  live: readonly LiveNode[],
  numGenerations: number,
  place: RolloutPlace & { agent: number },
): void {
  const wrong = responses.length !== live.length || responses.some((own) => own.length !== numGenerations);
  if (wrong) {
    throw new RolloutError(
      'agent',
      `The agent was asked for ${live.length} x ${numGenerations} responses but gave ` +
        `${responses.length} x (${[...new Set(responses.map((own) => own.length))].join(', ')})`,
      place,
    );
  }
  responses.forEach((own, index) => {
    const itemId = (live[index] as LiveNode).episode.item.id;
    for (const { tokens, logProbs, behaviourLogProbs } of own) {
      if (logProbs.length !== tokens.length || behaviourLogProbs.length !== tokens.length) {
        throw new RolloutError(
          'agent',
          `A response of ${tokens.length} tokens came with ${logProbs.length} log-probs and ` +
            `${behaviourLogProbs.length} behaviour log-probs; there must be one of each per token`,
          { ...place, itemIds: [itemId] },
        );
      }
      assertFinite('response log-prob', logProbs, place.agent, place.turn, itemId);
      assertFinite('behaviour log-prob', behaviourLogProbs, place.agent, place.turn, itemId);
    }
  });
}

interface SteppedNode {
  readonly responses: readonly (readonly Response[])[];
  readonly choices: readonly (readonly number[])[];
  readonly results: readonly StepResult<unknown>[];
}

/** Scores all joint samples of a node; only responses of one branch are ever combined. */
async function stepNode(
  environment: Environment,
  node: LiveNode,
  responses: readonly (readonly Response[])[],
  turn: number,
  settings: RolloutSettings,
): Promise<SteppedNode> {
  const place = placeOf(node.episode, turn, settings);
  const choices = jointIndices(responses.length, settings.numGenerations, settings.jointMode);
  const results = await sideBySide(
    choices.map((choice) => async () => {
      const texts = choice.map((g, agent) => pick(responses, agent, g).text);
      let result: StepResult<unknown>;
      try {
        result = await environment.step(node.state, texts);
      } catch (cause) {
        throw new RolloutError('environment', 'The environment failed to step', place, { cause });
      }
      if (!Number.isFinite(result.reward) || !Number.isFinite(result.processedReward)) {
        throw new RolloutError(
          'environment',
          `The environment gave reward ${result.reward} (processed ${result.processedReward}); both must be finite`,
          place,
        );
      }
      return result;
    }),
  );
  return { responses, choices, results };
}

/** Adds a node and its transitions to the episode; returns the nodes that follow. */
function record(
  environment: Environment,
  node: LiveNode,
  { responses, choices, results }: SteppedNode,
  turn: number,
  settings: RolloutSettings,
): LiveNode[] {
  const { episode } = node;
  const threshold = settings.earlyTerminationThreshold;
  // P3: the whole node stops when its joint samples are good enough on average.
  const stopped = threshold !== null && mean(results.map((result) => result.processedReward)) > threshold;
  const nodeIndex = episode.nodes.length;
  const first = episode.transitions.length;
  const remainingTurns = environment.numTurns - turn;
  const next: LiveNode[] = [];
  results.forEach((result, joint) => {
    const choice = choices[joint] as readonly number[];
    const end = endOf(result, stopped, remainingTurns);
    const index = first + joint;
    const path = node.path * choices.length + joint;
    let endHistory: JointHistory | null = null;
    if (end === null || (end === 'horizon' && settings.observeAfterHorizon)) {
      const observations = observeAll(environment, result.state, placeOf(episode, turn + 1, settings));
      const histories = node.histories.map((history, agent) =>
        historyAfter(
          history,
          pick(responses, agent, choice[agent] as number),
          observations[agent] as Observation,
        ),
      );
      if (end === null) next.push({ episode, path, parent: index, state: result.state, histories });
      else endHistory = { agents: histories, turn: turn + 1, remainingTurns: 0 };
    }
    episode.transitions.push({
      node: nodeIndex,
      turn,
      path,
      parent: node.parent,
      choice,
      result,
      end,
      endHistory,
    });
  });
  episode.nodes.push({
    turn,
    path: node.path,
    parent: node.parent,
    history: { agents: node.histories, turn, remainingTurns },
    responses,
    transitions: choices.map((_, joint) => first + joint),
  });
  return next;
}

/**
 * A good enough team stops early even where the horizon would have ended it too: P8 never bootstraps then.
 * An end by the environment's own threshold is left out: P3 has been decided over the whole node.
 */
function endOf(
  result: StepResult<unknown>,
  stopped: boolean,
  remainingTurns: number,
): JointTransition['end'] {
  if (stopped) return 'early';
  if (remainingTurns <= 1) return 'horizon';
  return result.terminated && result.endedBy !== 'threshold' ? 'environment' : null;
}

/** One agent's history after its own response: no argument holds anything of another agent. */
function historyAfter(history: History, own: Response, observation: Observation): History {
  const turn = { observation: history.observation, response: own.text, tokens: own.tokens };
  return { past: [...history.past, turn], observation };
}

function observeAll(environment: Environment, state: unknown, place: RolloutPlace): Observation[] {
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

function inEnvironment<T>(what: string, place: RolloutPlace, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new RolloutError('environment', `The environment failed to ${what}`, place, { cause });
  }
}

function placeOf(episode: Episode, turn: number, settings: RolloutSettings): RolloutPlace {
  return { phase: settings.phase, turn, episode: episode.episode, itemIds: [episode.item.id] };
}
