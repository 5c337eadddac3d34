import { describe, expect, it } from 'vitest';
import {
  type EvaluationOptions,
  evaluate,
  evaluationItems,
  evaluationMetrics,
  evaluationSampling,
} from '../src/evaluation/evaluate.js';
import { matrixGame } from './fakes/matrix-game.js';
import { TRAINER } from './fakes/runs.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';

const environment = matrixGame(2, 3);
const options: EvaluationOptions = {
  items: environment.evalItems,
  generations: 2,
  seed: 42,
  sampling: evaluationSampling(TRAINER.sampling, 1),
  earlyTerminationThreshold: null,
  discount: 0.5,
};
const team = () => [new SoftmaxAgent(), new SoftmaxAgent()];

/** The game, but each item's processed rewards per generation and turn are given. */
function scripted(rewards: Readonly<Record<string, readonly (readonly [number, number])[]>>) {
  const played = new Map<string, number>();
  type State = { id: string; generation: number; turn: number };
  return {
    ...environment,
    reset: (item: { id: string }): State => {
      const generation = played.get(item.id) ?? 0;
      played.set(item.id, generation + 1);
      return { id: item.id, generation, turn: 0 };
    },
    observe: () => environment.observe({ turn: 0, unlocked: false }),
    step: (state: unknown) => {
      const { id, generation, turn } = state as State;
      const reward = rewards[id]?.[generation]?.[turn] as number;
      return {
        state: { id, generation, turn: turn + 1 },
        reward,
        processedReward: reward,
        components: {},
        metrics: { iou: reward / 10, ...(id === 'game-0' && { bonus: 1 }) },
        terminated: turn === 1,
        info: {},
      };
    },
  };
}

describe('evaluate', () => {
  const game = scripted({
    'game-0': [
      [1, 2],
      [1, 4],
    ],
    'game-1': [
      [0, 6],
      [0, 8],
    ],
    'game-2': [
      [0, 0],
      [0, 1],
    ],
  });

  it('reports returns and the metrics of the last turn, by hand', async () => {
    const { summary, episodes } = await evaluate(game, team(), options);
    // Discount 0.5: returns 2, 3, 3, 4, 0, 0.5; last rewards 2, 4, 6, 8, 0, 1.
    expect(episodes.map(({ figures }) => figures.return)).toEqual([2, 3, 3, 4, 0, 0.5]);
    expect(summary.return?.mean).toBeCloseTo(12.5 / 6, 12);
    expect(summary.reward?.mean).toBeCloseTo(3.5, 12);
    expect(summary.iou?.mean).toBeCloseTo(0.35, 12);
    expect(summary.score?.mean).toBeCloseTo(3.5 / 3, 12);
    expect(summary.turns).toEqual({ mean: 2, standardError: 0, count: 6 });
    // Item means 3, 7, 0.5: sample variance 10.75, standard error sqrt(10.75 / 3).
    expect(summary.reward?.standardError).toBeCloseTo(Math.sqrt(10.75 / 3), 12);
    // A figure that only one item has: over its episodes.
    expect(summary.bonus).toEqual({ mean: 1, standardError: 0, count: 2 });
  });

  it('names metrics eval/name and eval/name_se', async () => {
    const evaluation = await evaluate(environment, team(), options);
    const metrics = evaluationMetrics(evaluation);
    expect(metrics['eval/episodes']).toBe(6);
    expect(metrics['eval/agreement']).toBe(evaluation.summary.agreement?.mean);
    expect(metrics['eval/return_se']).toBe(evaluation.summary.return?.standardError);
  });

  it('stops early as training does', async () => {
    const stopping = { ...options, earlyTerminationThreshold: 0.15 };
    const { episodes } = await evaluate(environment, team(), stopping);
    const turns = episodes.map(({ figures }) => figures.turns);
    expect(turns).toContain(1);
    for (const { record } of episodes) {
      const [first] = record.turns;
      expect(record.turns).toHaveLength((first?.processedReward as number) > 0.15 ? 1 : 2);
    }
  });

  it('plays the same cases for the same seed, and others for another', async () => {
    const many = { ...options, generations: 20 };
    const first = await evaluate(environment, team(), many);
    expect(await evaluate(environment, team(), many)).toEqual(first);
    const responses = ({ episodes }: typeof first) =>
      episodes.map(({ record }) => record.turns.map(({ agents }) => agents.map(({ response }) => response)));
    expect(responses(await evaluate(environment, team(), { ...many, seed: 43 }))).not.toEqual(
      responses(first),
    );
  });

  it('asks for greedy responses at temperature 0 and passes other temperatures on', async () => {
    const agents = team();
    await evaluate(environment, agents, { ...options, sampling: evaluationSampling(TRAINER.sampling, 0) });
    await evaluate(environment, agents, { ...options, sampling: evaluationSampling(TRAINER.sampling, 0.3) });
    const asked = agents[0]?.actCalls.map(({ sampling }) => [sampling.greedy, sampling.temperature]);
    expect(asked).toEqual([
      [true, 1],
      [true, 1],
      [false, 0.3],
      [false, 0.3],
    ]);
  });
});

describe('evaluationItems', () => {
  const large = matrixGame(2, 50);

  it('is a subset that depends on the seed alone', () => {
    const chosen = evaluationItems(large, 5, 42);
    expect(new Set(chosen.map((item) => item.id)).size).toBe(5);
    expect(evaluationItems(large, 5, 42)).toEqual(chosen);
    expect(evaluationItems(large, 5, 43)).not.toEqual(chosen);
    expect(chosen).not.toEqual(large.evalItems.slice(0, 5));
  });

  it('is everything when that is asked for, and nothing for 0', () => {
    expect(evaluationItems(large, 50, 42)).toEqual(large.evalItems);
    expect(evaluationItems(large, 99, 42)).toEqual(large.evalItems);
    expect(evaluationItems(large, 0, 42)).toEqual([]);
  });
});
