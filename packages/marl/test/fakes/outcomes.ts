/**
 * An algorithm on everything that can happen to it: its own lesson, on one episode for every item and every choice of
 * all responses of all agents at all turns.
 *
 *   playScripts    given choices
 *   everyOutcome   all choices, with their probabilities
 *   everySubtree   fewer, for estimators that are sums over the subtrees of the root
 */
import type { Algorithm, Unit } from '../../src/algorithms/algorithm.js';
import { createAlgorithm } from '../../src/algorithms/create-algorithm.js';
import type { AlgorithmOptions, Critic, PolicySample, SampleKey } from '../../src/index.js';
import { policyUpdate } from '../../src/learner/settings.js';
import type { Episode, RolloutNode } from '../../src/rollout/episode.js';
import { vectorOf } from './exact-values.js';
import { lessonRun } from './lessons.js';
import type { RandomGame } from './random-game.js';
import type { ScriptedAgent } from './scripted-agent.js';
import { type Chance, combine, scale, type Vector } from './vectors.js';

export interface Play {
  readonly game: RandomGame;
  readonly agents: readonly ScriptedAgent[];
  readonly algorithm: AlgorithmOptions;
  readonly critics?: readonly Critic[];
}

/** Responses by number: those of a turn side by side, by agent and then by sample. */
export type Script = readonly number[];

export interface Outcome {
  readonly episode: Episode;
  /** Position of its script. */
  readonly script: number;
  readonly units: readonly Unit[];
  /** What the learner ascends, per agent a weighted mean over samples, times `turns`. */
  readonly gradient: Vector;
  /** What the mean divides by: the weight of all samples, in samples of the first turn. Turns, as branches share a weight. */
  readonly turns: number;
  /** Joint samples that were scored for it, those of greedy baselines included. */
  readonly envSteps: number;
}

/** Plays every script with every item and lets the algorithm learn of all of them as one step. */
export async function playScripts(play: Play, scripts: readonly Script[]): Promise<Outcome[]> {
  const { game, agents, critics = [] } = play;
  const algorithm = createAlgorithm(play.algorithm);
  const offsets = turnOffsets(play);
  for (const agent of agents) {
    agent.script = (key) => {
      const script = scripts[key.episode % scripts.length] as Script;
      return script[positionOf(play, offsets, key)] as number;
    };
  }
  const run = lessonRun({ environment: game, agents, critics, seed: 1, maxNewTokens: 2 }, () =>
    game.trainItems.flatMap((item, index) =>
      scripts.map((_, script) => ({ item, episode: index * scripts.length + script })),
    ),
  );
  const { episodes, units, extraEnvSteps } = await algorithm.lesson(run);
  const unitsOf = new Map<Episode, Unit[]>(episodes.map((episode) => [episode, []]));
  for (const unit of units) unitsOf.get(unit.episode)?.push(unit);
  return episodes.map((episode, index) => {
    const own = unitsOf.get(episode) as Unit[];
    const envSteps = episode.transitions.length + extraEnvSteps / episodes.length;
    return {
      episode,
      script: index % scripts.length,
      units: own,
      envSteps,
      ...ascent(algorithm, agents, own),
    };
  });
}

/** Minus the gradient of the policy loss, per turn instead of per sample. */
function ascent(
  algorithm: Algorithm,
  agents: readonly ScriptedAgent[],
  units: readonly Unit[],
): Pick<Outcome, 'gradient' | 'turns'> {
  const settings = policyUpdate(algorithm, { temperature: 1 }, 1);
  const weight = (samples: readonly PolicySample[]) => samples.reduce((sum, one) => sum + one.weight, 0);
  const perAgent = agents.map((agent, i) => {
    const samples = units.flatMap(({ policy }) => policy[i] as readonly PolicySample[]);
    const turns = weight(samples) / weight(units[0]?.policy[i] as readonly PolicySample[]);
    return { turns, gradient: scale(-turns, vectorOf(agent.gradientOf(samples, settings).gradient)) };
  });
  return {
    gradient: combine(perAgent.map(({ gradient }) => [1, gradient])),
    turns: perAgent[0]?.turns as number,
  };
}

/** Everything that can happen, with its probability. */
export async function everyOutcome(play: Play): Promise<Chance<Outcome>[]> {
  const length = turnOffsets(play).at(-1) as number;
  const choices = play.agents[0]?.responses.length as number;
  const outcomes = await playScripts(play, allScripts(length, choices));
  return outcomes.map((outcome) => {
    const { nodes } = outcome.episode;
    const used = nodes.reduce((sum, { responses }) => sum + responses.flat().length, 0);
    // Scripts that differ only in what an episode that ended early did not come to are one outcome.
    const probability = likelihood(play, nodes) / play.game.trainItems.length / choices ** (length - used);
    return { probability, value: outcome };
  });
}

/**
 * In a tree of two turns the subtrees are independent of each other given the root. What is a sum over them, f = Σ_k f_k,
 * needs only one at a time to vary while the others stand still,
 *
 *     E[f | root] = Σ_k E[f | root, others fixed] - (b - 1) f(all fixed)
 *
 * so weights here may be negative. A full tree of all tuples would have 2^20 outcomes.
 */
export async function everySubtree(play: Play): Promise<Chance<Outcome>[]> {
  const [, start, end] = turnOffsets(play) as [number, number, number];
  const width = samplesAt(play, 1);
  const choices = play.agents[0]?.responses.length as number;
  const members = samplesAt(play, 0);
  const branches = width / members;
  const scripts: { script: Script; subtree: number | null }[] = [];
  for (const root of allScripts(start, choices)) {
    const still = [...root, ...new Array<number>(end - start).fill(0)];
    scripts.push({ script: still, subtree: null });
    for (let subtree = 0; subtree < branches; subtree++) {
      for (const own of allScripts(play.agents.length * members, choices)) {
        const script = [...still];
        own.forEach((choice, position) => {
          const agent = Math.floor(position / members);
          script[start + agent * width + subtree * members + (position % members)] = choice;
        });
        scripts.push({ script, subtree });
      }
    }
  }
  const outcomes = await playScripts(
    play,
    scripts.map(({ script }) => script),
  );
  return outcomes.map((outcome) => {
    const { subtree } = scripts[outcome.script] as (typeof scripts)[number];
    const varied = outcome.episode.nodes.filter(({ turn, path }) => turn === 0 || path === subtree);
    const share = subtree === null ? 1 - branches : 1;
    return {
      probability: (share * likelihood(play, varied)) / play.game.trainItems.length,
      value: outcome,
    };
  });
}

/** The gradient, and how likely it is. */
export const gradients = (outcomes: readonly Chance<Outcome>[]): Chance<Vector>[] =>
  outcomes.map(({ probability, value }) => ({ probability, value: value.gradient }));

/** Probability of all responses at these nodes. */
export function likelihood({ agents }: Play, nodes: readonly RolloutNode[]): number {
  let product = 1;
  for (const { responses, history } of nodes) {
    agents.forEach((agent, i) => {
      const prompt = history.agents[i]?.observation.messages[0]?.content as string;
      for (const { tokens } of responses[i] as RolloutNode['responses'][number])
        product *= agent.probability(prompt, tokens);
    });
  }
  return product;
}

/** All lists of so many numbers below `choices`. */
export const allScripts = (length: number, choices: number): Script[] =>
  Array.from({ length: choices ** length }, (_, number) =>
    Array.from({ length }, (_, position) => Math.floor(number / choices ** position) % choices),
  );

/** Where each turn begins in a script; the last entry is its length. */
export function turnOffsets(play: Play): number[] {
  const offsets = [0];
  for (let turn = 0; turn < play.game.numTurns; turn++)
    offsets.push((offsets[turn] as number) + play.agents.length * samplesAt(play, turn));
  return offsets;
}

/** Branches that are not played on have no place in a script. */
function positionOf(play: Play, offsets: readonly number[], { turn, agent, sample }: SampleKey): number {
  const width = samplesAt(play, turn);
  return (offsets[turn] as number) + agent * width + (sample % width);
}

/** Responses of one agent at one turn, over all branches. */
function samplesAt({ agents, algorithm }: Play, turn: number): number {
  if ('gaeLambda' in algorithm)
    return algorithm.criticType === 'q' && algorithm.qBaseline !== 'v' ? algorithm.baselineSamples : 1;
  const { numGenerations, jointMode, branchesPerNode } = algorithm;
  const joint = jointMode === 'aligned' ? numGenerations : numGenerations ** agents.length;
  return numGenerations * (branchesPerNode ?? joint) ** turn;
}
