/**
 * Batched rollouts. All live branches of all episodes go through an agent as one `act` call per turn,
 * the agents run side by side. Chains (actor-critic) and trees (Monte Carlo) are one code path: a chain
 * is a tree with one generation.
 *
 *   rollout        plays items from their beginning
 *   rolloutFrom    plays on from given nodes
 *   actAll         one `act` call per agent
 *   nodes.ts       what a joint action leads to
 */
import { setImmediate as nextTick } from 'node:timers/promises';
import type { Environment, Item } from '@collm/envs';
import type { JointMode } from '../config.js';
import { assertFinite, RolloutError, type RolloutPlace, StopRequested } from '../errors.js';
import type { Actor, History, PlayPhase, Response, SampleKey, Sampling, Unanswered } from '../messages.js';
import { type Purpose, seededHash } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { attempt } from './attempt.js';
import type { Episode, RolloutNode } from './episode.js';
import { failAt, inEnvironment, type LiveNode, observeAll, placeOf, playNode } from './nodes.js';

export interface RolloutSettings {
  readonly seed: number;
  readonly phase: PlayPhase;
  readonly sampling: Sampling;
  /** G: responses per agent and node; 1 gives chains. */
  readonly numGenerations: number;
  readonly jointMode: JointMode;
  /** `first`: only the joint sample of everybody's first response is played; the others are there to be judged. */
  readonly play?: 'all' | 'first';
  /** Joint samples of a node that are played on, seeded; null or absent: all (D29). */
  readonly branchesPerNode?: number | null;
  /** P3; null never stops early. */
  readonly earlyTerminationThreshold: number | null;
  /** Observe once more after a horizon cut, for `bootstrapOnHorizon`. */
  readonly observeAfterHorizon?: boolean;
  /** Put the text of the environment's state (`describeState`) into joint histories. */
  readonly describeStates?: boolean;
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

/** A node with what its agents answered: `responses[role][g]`, and in the node's histories what they were shown. */
export interface AnsweredNode {
  readonly node: LiveNode;
  readonly responses: readonly (readonly Response[])[];
}

/** Asks the agents of all live nodes for a turn; a node whose episode fails at that is left out. */
export type AskAgents = (live: readonly LiveNode[]) => Promise<AnsweredNode[]>;

/**
 * Plays all episodes to their ends. Reads and changes nothing but its arguments. An episode whose environment fails, or
 * which an agent leaves `Unanswered`, ends there, with its `failure`; the others go on.
 *
 * @param ask how a turn's agents are asked; left out, all of them at once for their environment's observations
 * @throws RolloutError when an agent fails as a whole, since that concerns all episodes
 */
export async function rollout(
  environment: Environment,
  actors: readonly Actor[],
  specs: readonly EpisodeSpec[],
  settings: RolloutSettings,
  ask: AskAgents = (live) => actAll(actors, live, settings),
): Promise<Episode[]> {
  const episodes = specs.map(({ item, episode }) => newEpisode(item, episode));
  const roots: LiveNode[] = [];
  for (const episode of episodes) {
    const root = await attempt(episode, () => openEpisode(environment, episode, settings));
    if (root !== undefined) roots.push(root);
  }
  await playOn(environment, actors, roots, settings, ask);
  return episodes;
}

/** Plays on from nodes of other episodes, each as an episode of its own. */
export async function rolloutFrom(
  environment: Environment,
  actors: readonly Actor[],
  nodes: readonly { episode: Episode; node: RolloutNode }[],
  settings: RolloutSettings,
): Promise<Episode[]> {
  const starts = nodes.map(({ episode: { item }, node }, index): LiveNode => {
    const { turn, state, history } = node;
    return {
      episode: newEpisode(item, index),
      turn,
      path: 0,
      parent: null,
      branches: 1,
      state,
      histories: history.agents,
    };
  });
  await playOn(environment, actors, starts, settings, (live) => actAll(actors, live, settings));
  return starts.map(({ episode }) => episode);
}

const newEpisode = (item: Item, episode: number): Episode => ({
  item,
  episode,
  nodes: [],
  transitions: [],
  failure: null,
});

const resetPurposes: Readonly<Record<PlayPhase, Purpose>> = {
  train: 'reset',
  evaluation: 'evaluation-reset',
  diagnostics: 'diagnostics-reset',
  baseline: 'reset',
};

function openEpisode(environment: Environment, episode: Episode, settings: RolloutSettings): LiveNode {
  const place = placeOf(episode, 0, settings.phase);
  const seed = seededHash(settings.seed, resetPurposes[settings.phase], episode.episode);
  const state = inEnvironment('reset', place, () => environment.reset(episode.item, seed));
  const histories = observeAll(environment, state, place).map((observation) => ({ past: [], observation }));
  return { episode, turn: 0, path: 0, parent: null, branches: 1, state, histories };
}

/** Turn after turn until no branch is left. */
async function playOn(
  environment: Environment,
  actors: readonly Actor[],
  starts: readonly LiveNode[],
  settings: RolloutSettings,
  ask: AskAgents,
): Promise<void> {
  let live = [...starts];
  try {
    for (let done = 1; live.length > 0; done++) {
      live = await playTurn(environment, await ask(live), settings);
      settings.onTurn?.(done, environment.numTurns);
      await nextTick();
      if (settings.signal?.aborted) throw new StopRequested();
    }
  } catch (error) {
    // Only an agent's failure gets here: the environment's stay with their episodes.
    if (error instanceof RolloutError) error.broke([...new Set(live.map(({ episode }) => episode))]);
    throw error;
  } finally {
    for (const actor of new Set(actors)) actor.endRollout?.();
  }
}

/** One turn of all live branches; returns those that go on. */
async function playTurn(
  environment: Environment,
  answered: readonly AnsweredNode[],
  settings: RolloutSettings,
): Promise<LiveNode[]> {
  const next = await sideBySide(
    answered.map(({ node, responses }) => async () => {
      return (await attempt(node.episode, () => playNode(environment, node, responses, settings))) ?? [];
    }),
  );
  return next.flat().filter(({ episode }) => episode.failure === null);
}

/**
 * One call per agent for all nodes. The player of role i is shown `histories[i]` and nothing else; one that plays
 * several roles is asked for all of them in one call.
 */
async function actAll(
  actors: readonly Actor[],
  live: readonly LiveNode[],
  settings: RolloutSettings,
): Promise<AnsweredNode[]> {
  const rolesOf = new Map<Actor, number[]>();
  actors.forEach((actor, role) => {
    rolesOf.set(actor, [...(rolesOf.get(actor) ?? []), role]);
  });
  const byRole: (Response[] | null)[][] = actors.map(() => []);
  await sideBySide(
    [...rolesOf].map(([actor, roles]) => async () => {
      const requests = roles.flatMap((role) =>
        live.map((node) => ({
          history: node.histories[role] as History,
          keys: sampleKeys(node, role, settings),
        })),
      );
      const place = placeOfAll(live, roles, settings.phase);
      let answers: readonly (Response[] | Unanswered)[];
      try {
        answers = await actor.act(requests, settings.sampling);
      } catch (cause) {
        throw new RolloutError('agent', 'The agent failed to answer', place, { cause });
      }
      const responses = answers.map((own) => ('failure' in own ? null : own));
      checkCounts(responses, requests.length, settings.numGenerations, place);
      answers.forEach((own, index) => {
        if (!('failure' in own)) return;
        const role = roles[Math.floor(index / live.length)] as number;
        failAt(live[index % live.length] as LiveNode, role, own, settings.phase);
      });
      roles.forEach((role, index) => {
        const own = responses.slice(index * live.length, (index + 1) * live.length);
        checkLogProbs(own, live, role, settings.phase);
        byRole[role] = own;
      });
    }),
  );
  return live.flatMap((node, index) =>
    node.episode.failure === null ? [{ node, responses: byRole.map((own) => own[index] as Response[]) }] : [],
  );
}

function sampleKeys(node: LiveNode, agent: number, settings: RolloutSettings): SampleKey[] {
  const { seed, phase, numGenerations } = settings;
  return Array.from({ length: numGenerations }, (_, g) => ({
    seed,
    phase,
    episode: node.episode.episode,
    turn: node.turn,
    agent,
    sample: node.path * numGenerations + g,
  }));
}

/** Where a call for all live branches is; agents that share their weights are named by their first role. */
function placeOfAll(live: readonly LiveNode[], roles: readonly number[], phase: PlayPhase): RolloutPlace {
  const turn = Math.max(...live.map((node) => node.turn));
  return { phase, turn, agent: roles[0] as number, itemIds: live.map((node) => node.episode.item.id) };
}

/** A request without responses is right in number. */
function checkCounts(
  responses: readonly (readonly Response[] | null)[],
  wanted: number,
  numGenerations: number,
  place: RolloutPlace,
): void {
  const counts = responses.map((own) => own?.length ?? numGenerations);
  const wrong = responses.length !== wanted || counts.some((count) => count !== numGenerations);
  if (!wrong) return;
  throw new RolloutError(
    'agent',
    `The agent was asked for ${wanted} x ${numGenerations} responses but gave ` +
      `${responses.length} x (${[...new Set(counts)].join(', ')})`,
    place,
  );
}

function checkLogProbs(
  responses: readonly (readonly Response[] | null)[],
  live: readonly LiveNode[],
  agent: number,
  phase: PlayPhase,
): void {
  responses.forEach((own, index) => {
    const { episode, turn } = live[index] as LiveNode;
    for (const { tokens, logProbs, behaviourLogProbs } of own ?? []) {
      const untold = logProbs.length + behaviourLogProbs.length === 0;
      if (phase === 'evaluation' && untold) continue;
      if (logProbs.length !== tokens.length || behaviourLogProbs.length !== tokens.length) {
        throw new RolloutError(
          'agent',
          `A response of ${tokens.length} tokens came with ${logProbs.length} log-probs and ` +
            `${behaviourLogProbs.length} behaviour log-probs; there must be one of each per token`,
          { ...placeOf(episode, turn, phase), agent },
        );
      }
      assertFinite('response log-prob', logProbs, agent, turn, episode.item.id);
      assertFinite('behaviour log-prob', behaviourLogProbs, agent, turn, episode.item.id);
    }
  });
}
