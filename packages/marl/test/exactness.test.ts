/**
 * The expected gradient of every Monte Carlo method, as its own lesson gives it on everything that can happen in a small
 * Dec-POMDP, is the gradient of the expected return, worked out by the rules of the game alone. Methods with critics:
 * exactness-critics.test.ts.
 *
 * Agents are tabular softmax policies with random logits, in double precision; the game has random rewards, hidden
 * state and private observations (fakes/random-game.ts). Nothing is sampled: gradients agree to 1e-10 in every
 * component. What the learner ascends is a weighted mean over samples; here it is taken times the number of turns
 * (`Outcome.turns`), a constant as long as no episode ends early.
 */
import { describe, expect, it } from 'vitest';
import type { MonteCarloOptions } from '../src/index.js';
import { expectEqual, expectedGradient, type Setup, setup } from './fakes/exact-setup.js';
import {
  creditedGradient,
  expectedReturn,
  returnsToGo,
  type Trajectory,
  trajectories,
  vectorOf,
} from './fakes/exact-values.js';
import {
  allScripts,
  everyOutcome,
  everySubtree,
  gradients,
  likelihood,
  playScripts,
} from './fakes/outcomes.js';
import { GRPO, MAGRPO, MAREINFORCE, MAREMAX, MARLOO } from './fakes/runs.js';
import { ScriptedAgent } from './fakes/scripted-agent.js';
import { combine, distance, expectation, mean, scale, type Vector } from './fakes/vectors.js';

describe('the enumerated policy gradient', () => {
  it('is the derivative of the enumerated expected return (central differences, 1e-8)', () => {
    const { game, exact } = setup();
    const h = 1e-4;
    for (const [key, derivative] of exact) {
      const [place, token] = key.split(' → ') as [string, string];
      const shifted = (by: number) => {
        const agents = [new ScriptedAgent(), new ScriptedAgent()];
        for (const agent of agents) {
          const logits = [...agent.logits(place)];
          logits[Number(token)] = (logits[Number(token)] as number) + by;
          agent.setLogits(place, logits);
        }
        return expectedReturn(trajectories(game, agents));
      };
      expect((shifted(h) - shifted(-h)) / (2 * h)).toBeCloseTo(derivative, 8);
    }
  });

  it('is of a game with hidden state and private observations', () => {
    const { game } = setup();
    const seen = game.trainItems.map((item) => game.observe(game.reset(item, 0)));
    expect(seen[0]).toEqual(seen[2]);
    expect(seen[0]?.[0]).not.toEqual(seen[1]?.[0]);
    expect(seen[0]?.[1]).toEqual(seen[1]?.[1]);
    const rewards = game.trainItems.map((item) => game.step(game.reset(item, 0), ['a', 'b']).reward);
    expect(new Set(rewards).size).toBe(3);
  });
});

describe('trees of two generations over two turns', () => {
  const made = setup();
  const small = setup({ numItems: 1 });
  const G = 2;
  const methods: readonly (readonly [string, number, MonteCarloOptions])[] = [
    ['MAREINFORCE', 1, MAREINFORCE],
    // The mean contains the return itself.
    ['MAGRPO', (G - 1) / G, MAGRPO],
    ['MARLOO', 1, MARLOO],
    ['MAREMAX against a greedy team', 1, { ...MAREMAX, maxSource: 'greedy' }],
  ];

  it.each(methods)('%s, aligned: %d times the policy gradient', async (_, factor, method) => {
    const outcomes = await everySubtree({ ...made, algorithm: { ...method, numGenerations: G } });
    // Branches share the weight of a chain, so the learner divides by the number of turns.
    for (const { value } of outcomes) expect(value.turns).toBe(2);
    expectEqual(expectation(gradients(outcomes)), scale(factor, made.exact));
  });

  it.each(methods)('%s, cross: %d times the policy gradient', async (_, factor, method) => {
    const algorithm = { ...method, numGenerations: G, jointMode: 'cross' } as const;
    const outcomes = await everySubtree({ ...small, algorithm });
    expectEqual(expectation(gradients(outcomes)), scale(factor, small.exact));
  });

  it('cross, summed over teammates: G^(n-1) times more (P7)', async () => {
    const algorithm = { ...MARLOO, numGenerations: G, jointMode: 'cross', crossReduce: 'sum' } as const;
    const outcomes = await everySubtree({ ...small, algorithm });
    // Of the return that is reduced; what follows is averaged over the children of each joint sample in either case.
    expectEqual(expectation(gradients(outcomes)), scale(G, small.exact));
  });

  it('all 16 · 16 · 16 outcomes say the same as one subtree at a time', async () => {
    const play = { ...small, algorithm: { ...MARLOO, numGenerations: G } };
    const whole = expectation(gradients(await everyOutcome(play)));
    expectEqual(whole, small.exact);
    expectEqual(expectation(gradients(await everySubtree(play))), whole);
  });

  it('nodes of equal weight: a turn counts as often as it has nodes', async () => {
    const algorithm = { ...MARLOO, numGenerations: G, nodeWeighting: 'equal' } as const;
    const outcomes = await everySubtree({ ...made, algorithm });
    for (const { value } of outcomes) expect(value.turns).toBe(1 + G);
    const weighted = creditedGradient(
      made.all,
      made.agents,
      (one, t) => G ** t * (returnsToGo(one, 1)[t] as number),
    );
    expectEqual(expectation(gradients(outcomes)), weighted);
  });

  it('γ < 1: the usual gradient, which leaves out the factor γ^t of turn t', async () => {
    const discount = 0.7;
    const algorithm = { ...MARLOO, numGenerations: G, discount };
    const outcomes = await everySubtree({ ...made, algorithm });
    const usual = creditedGradient(
      made.all,
      made.agents,
      (one, t) => returnsToGo(one, discount)[t] as number,
    );
    const discounted = creditedGradient(
      made.all,
      made.agents,
      (one, t) => discount ** t * (returnsToGo(one, discount)[t] as number),
    );
    const actual = expectation(gradients(outcomes));
    expectEqual(actual, usual);
    expect(distance(actual, discounted)).toBeGreaterThan(1e-3);
  });

  it('one seeded branch a node (D29): MAREINFORCE is still exact', async () => {
    const algorithm = { ...MAREINFORCE, numGenerations: G, branchesPerNode: 1 };
    const play = { ...small, algorithm };
    // Which branch is played on depends on the seed alone: every script is played until both have been.
    const scripts = allScripts(8, 2);
    const copies = 16;
    const outcomes = await playScripts(play, Array.from({ length: copies }, () => scripts).flat());
    const name = ({ script, episode }: (typeof outcomes)[number]) =>
      `${script % scripts.length} ${episode.nodes[1]?.path}`;
    const times = new Map<string, number>();
    for (const outcome of outcomes) times.set(name(outcome), (times.get(name(outcome)) ?? 0) + 1);
    expect(times.size).toBe(scripts.length * G);
    const chances = outcomes.map((outcome) => ({
      probability: likelihood(play, outcome.episode.nodes) / G / (times.get(name(outcome)) as number),
      value: outcome.gradient,
    }));
    expect(mean(chances.map(({ probability }) => ({ probability, value: 1 })))).toBeCloseTo(1, 12);
    expectEqual(expectation(chances), small.exact);
  });
});

describe('MAREMAX against the best of the node', () => {
  const made = setup({ numItems: 1 });

  it('follows its own formula, which is biased', async () => {
    const algorithm = { ...MAREMAX, numGenerations: 2 };
    const actual = await expectedGradient(made, algorithm);
    expectEqual(actual, bestOfTwoGradient(made));
    // Not by a factor either: what remains when the best multiple of the policy gradient is taken off.
    const share = inner(actual, made.exact) / inner(made.exact, made.exact);
    const rest = combine([
      [1, actual],
      [-share, made.exact],
    ]);
    expect(Math.sqrt(inner(rest, rest) / inner(actual, actual))).toBeGreaterThan(0.1);
  });
});

describe('GRPO, one agent', () => {
  const made = setup({ numAgents: 1 });
  it.each([2, 3])('with %i generations: (G-1)/G times the policy gradient', async (G) => {
    const outcomes = await everySubtree({ ...made, algorithm: { ...GRPO, numGenerations: G } });
    expectEqual(expectation(gradients(outcomes)), scale((G - 1) / G, made.exact));
  });
});

describe('chains', () => {
  it('that end early (P3): the sum over the turns that were played is exact', async () => {
    const made = setup({ earlyTerminationThreshold: 0.2 });
    const outcomes = await everyOutcome({ ...made, algorithm: { ...MAREINFORCE, numGenerations: 1 } });
    expect(new Set(outcomes.map(({ value }) => value.turns))).toEqual(new Set([1, 2]));
    expectEqual(expectation(gradients(outcomes)), made.exact);
  });

  it('of responses of one or two tokens: every token shares the return', async () => {
    const made = setup({}, 2);
    const actual = await expectedGradient(made, { ...MAREINFORCE, numGenerations: 1 });
    expectEqual(actual, made.exact);
  });
});

const inner = (a: Vector, b: Vector): number =>
  [...a].reduce((sum, [key, value]) => sum + value * (b.get(key) ?? 0), 0);

/** A joint sample of a node: its return and Σ_i ∇ log π_i. */
interface Member {
  readonly probability: number;
  readonly return: number;
  readonly score: Vector;
}

/** E over two joint samples x, y of a node of Σ ½ (R - max(R_x, R_y)) ∇ log π; both halves are the same. */
function bestOfTwo(members: readonly Member[]): Vector {
  return combine(
    members.flatMap((x) =>
      members.map((y) => {
        const advantage = x.return - Math.max(x.return, y.return);
        return [x.probability * y.probability * advantage, x.score] as const;
      }),
    ),
  );
}

/** The same over the tree of a single item: the return of a root sample averages two samples that follow it. */
function bestOfTwoGradient({ all, agents }: Setup): Vector {
  const member = ({ turns }: Trajectory, t: number, probability: number): Member => {
    const { histories, responses, reward } = turns[t] as Trajectory['turns'][number];
    const scores = agents.map((agent, i) =>
      vectorOf(agent.score(histories[i] as string, responses[i] as number[])),
    );
    return { probability, return: reward, score: combine(scores.map((score) => [1, score])) };
  };
  const rootOf = ({ turns }: Trajectory) => JSON.stringify(turns[0]?.responses);
  const root: Member[] = [];
  const gradients: [number, Vector][] = [];
  for (const response of new Set(all.map(rootOf))) {
    const following = all.filter((one) => rootOf(one) === response);
    const reached = following.reduce((sum, { probability }) => sum + probability, 0);
    const children = following.map((one) => member(one, 1, one.probability / reached));
    gradients.push([reached, bestOfTwo(children)]);
    const first = member(following[0] as Trajectory, 0, reached);
    for (const x of children)
      for (const y of children)
        root.push({
          ...first,
          probability: reached * x.probability * y.probability,
          return: first.return + (x.return + y.return) / 2,
        });
  }
  return combine([[1, bestOfTwo(root)], ...gradients]);
}
