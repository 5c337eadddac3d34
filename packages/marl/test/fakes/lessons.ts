/** One lesson of an algorithm, without a trainer around it. */
import type { Environment } from '@collm/envs';
import type { Lesson, LessonRun, RolloutShape } from '../../src/algorithms/algorithm.js';
import { createAlgorithm } from '../../src/algorithms/create-algorithm.js';
import { meanAdvantage } from '../../src/credit/normalisation.js';
import type { AlgorithmOptions, Critic, JointHistory, PolicySample, ValueQuery } from '../../src/index.js';
import { type EpisodeSpec, rollout, rolloutFrom } from '../../src/rollout/rollout.js';
import { seededHash } from '../../src/seeded.js';
import { randomGame } from './random-game.js';
import { ScriptedAgent } from './scripted-agent.js';
import type { SoftmaxAgent } from './softmax-agent.js';
import { TableCritic } from './table-critic.js';

export interface LessonParts {
  readonly algorithm: AlgorithmOptions;
  readonly environment: Environment;
  readonly agents: readonly SoftmaxAgent[];
  readonly critics?: readonly Critic[];
  readonly seed?: number;
}

/** What a trainer lends, with one round of the given episodes. */
export function lessonRun(
  team: Pick<LessonRun, 'agents' | 'critics'> & {
    environment: Environment;
    seed: number;
    maxNewTokens?: number;
  },
  specsOf: (shape: RolloutShape) => readonly EpisodeSpec[],
): LessonRun {
  const { environment, agents, critics, seed, maxNewTokens = 1 } = team;
  const sampling = { temperature: 1, topK: null, topP: 1, maxNewTokens, greedy: false };
  const common = { seed, earlyTerminationThreshold: environment.earlyTerminationThreshold };
  return {
    agents,
    critics,
    sampling,
    rollout: (shape) =>
      rollout(environment, agents, specsOf(shape), { ...shape, ...common, phase: 'train', sampling }),
    roundsLeft: () => false,
    greedyFrom: (nodes) =>
      rolloutFrom(environment, agents, nodes, {
        ...common,
        phase: 'baseline',
        sampling: { ...sampling, greedy: true },
        numGenerations: 1,
        jointMode: 'aligned',
      }),
    phase: (_, work) => work(() => undefined),
  };
}

/** Plays every item of the environment once, or as often as the algorithm wants. */
export function lessonOf(parts: LessonParts): Promise<Lesson> {
  const { algorithm, environment, agents, seed = 1 } = parts;
  const made = createAlgorithm(algorithm);
  const critics =
    parts.critics ?? Array.from({ length: made.critics(agents.length) }, () => new OpinionatedCritic());
  const run = lessonRun({ environment, agents, critics, seed }, ({ episodesPerItem }) =>
    environment.trainItems.flatMap((item, index) =>
      Array.from({ length: episodesPerItem }, (_, k) => ({ item, episode: index * episodesPerItem + k })),
    ),
  );
  return made.lesson(run);
}

/** Softmax agents with random logits, so that they differ from their reference, which is uniform. */
export function differentTeam(n: number, maxTokens = 1): ScriptedAgent[] {
  return Array.from({ length: n }, () => {
    const agent = new ScriptedAgent(maxTokens);
    agent.script = ({ episode, turn, agent: role, sample }) =>
      seededHash(1, 'items', episode, turn, role, sample) % agent.responses.length;
    return agent;
  });
}

/** A lesson of such a team. */
export const play = (algorithm: AlgorithmOptions, environment: Environment = randomGame()): Promise<Lesson> =>
  lessonOf({ algorithm, environment, agents: differentTeam(environment.numAgents) });

/** All samples of one agent, in the order of the units. */
export const samplesOf = ({ units }: Lesson, agent: number): PolicySample[] =>
  units.flatMap(({ policy }) => policy[agent] as readonly PolicySample[]);

/** Their advantages. */
export const advantagesOf = (lesson: Lesson, agent: number): number[] =>
  samplesOf(lesson, agent).map(({ advantage }) => meanAdvantage(advantage));

/**
 * Has a fixed opinion of everything, and the same of a team in whatever order it stands: a sum over its agents of
 * random numbers in [-1, 1) for what each of them sees and says.
 */
export class OpinionatedCritic extends TableCritic {
  override async values(queries: readonly ValueQuery[]): Promise<number[][]> {
    return queries.map(opinionsOf);
  }
}

function opinionsOf(query: ValueQuery): number[] {
  const { agents } = query.history;
  const team = sumOf(agents.map((history) => opinion(seenIn(history))));
  if (query.read === 'state') return [team];
  if (query.read === 'action')
    return [sumOf(agents.map((history, i) => opinion(`${seenIn(history)}: ${query.responses[i]?.text}`)))];
  const own = seenIn(agents[query.agent] as JointHistory['agents'][number]);
  const { tokens } = query.response;
  return tokens.map((_, k) => (k === 0 ? team : team + opinion(`${own}: ${tokens.slice(0, k)}`)));
}

const seenIn = ({ observation }: JointHistory['agents'][number]): string =>
  observation.messages.map(({ content }) => content).join('\n');

const opinion = (text: string): number =>
  seededHash(1, 'items', ...[...text].map((letter) => letter.charCodeAt(0))) / 2 ** 31 - 1;

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
