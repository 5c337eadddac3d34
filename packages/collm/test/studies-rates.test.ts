/** The learning rates of the studies are those that the sweep found, by one rule for all methods. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { analyse } from '../src/study/analysis/analyse.js';
import { readRecords } from '../src/study/records.js';
import { readStudy } from '../src/study/study-file.js';
import { trialsOf } from '../src/study/trials.js';

const root = fileURLToPath(new URL('../../../studies', import.meta.url));
const file = (study: string, name: string) => join(root, study, name);
const swept = existsSync(file('sweep', 'records.jsonl.gz'));

/** Whose rate an algorithm takes: those that learn alike share one. */
const likeWhom: Readonly<Record<string, string>> = {
  collm_cc: 'collm_cc',
  ac: 'collm_cc',
  collm_dc: 'collm_dc',
};

interface Algorithm {
  readonly name: string;
  readonly num_generations?: number;
  readonly gae_lambda?: number;
}

/** The sweep's methods that an algorithm is tuned as, best first: single chains are not trees, nor long traces one-step targets. */
function sweptMethods({ name, num_generations, gae_lambda = 0 }: Algorithm): string[] {
  if (name === 'mareinforce' && num_generations === 1) return ['chains'];
  return [...(gae_lambda > 0 ? ['trace'] : []), likeWhom[name] ?? 'magrpo'];
}

/** Endings of the sweep's tasks. */
const paid: Readonly<Record<string, string>> = { every_second_turn: '_second', final: '_final' };

/**
 * The sweep's tasks that a trial is tuned on, best first. Budgets do not count; late payment has been swept by itself, but
 * for trees, which learn the same from it.
 */
function sweptTasks(task: string, env: { reward_schedule?: string }): string[] {
  const swept = task.replace(/_long$/, '');
  return [`${swept}${paid[env.reward_schedule ?? 'every_turn'] ?? ''}`, swept];
}

/** The rate whose learning curve has the greatest mean height, by task and method. */
function bestRates(): Map<string, number> {
  const { study } = readStudy(file('sweep', 'study.yaml'));
  const { blocks } = analyse(study, readRecords(file('sweep', 'records.jsonl.gz')));
  const best = new Map<string, { rate: number; height: number }>();
  for (const { task, conditions, cells } of blocks) {
    const level = study.axes[0]?.levels.find(({ name }) => name === conditions.rate);
    if (level === undefined) continue;
    const { agent_learning_rate: rate } = level.config.train as { agent_learning_rate: number };
    for (const { method, measures } of cells) {
      const height = measures.area?.mean ?? Number.NEGATIVE_INFINITY;
      const key = `${task} ${method}`;
      if (height > (best.get(key)?.height ?? Number.NEGATIVE_INFINITY)) best.set(key, { rate, height });
    }
  }
  return new Map([...best].map(([key, { rate }]) => [key, rate]));
}

describe.skipIf(!swept)('learning rates (skipped while the sweep has no records)', () => {
  const studies = ['quick', 'paper', 'why', 'passes', 'fixes'].filter((name) =>
    existsSync(file(name, 'study.yaml')),
  );

  it.each(studies)('of %s are the best of the sweep', (name) => {
    const best = bestRates();
    const trials = trialsOf(readStudy(file(name, 'study.yaml')).study).filter(
      ({ protocol }) => protocol === null,
    );
    const wrong = trials.flatMap(({ id, task, config }) => {
      const { algorithm, env, train } = config as {
        algorithm: Algorithm;
        env: { reward_schedule?: string };
        train: { agent_learning_rate: number };
      };
      const rate = sweptTasks(task, env)
        .flatMap((tuned) => sweptMethods(algorithm).map((method) => best.get(`${tuned} ${method}`)))
        .find((found) => found !== undefined);
      return train.agent_learning_rate === rate ? [] : [`${id}: ${train.agent_learning_rate}, not ${rate}`];
    });
    expect(trials.length).toBeGreaterThan(0);
    expect(wrong).toEqual([]);
  });
});
