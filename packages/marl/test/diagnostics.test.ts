import { describe, expect, it } from 'vitest';
import type { Metrics, TrainerEvent } from '../src/events.js';
import { ALGORITHMS, CC, fakeRun, MAGRPO, reported } from './fakes/runs.js';

const stepMetrics = (events: readonly TrainerEvent[]): Metrics[] =>
  events.flatMap((event) => (event.type === 'step-finished' ? [event.metrics] : []));

describe('diagnostics', () => {
  it.each(ALGORITHMS.map((algorithm) => [algorithm.name, algorithm] as const))(
    'measure %s in every so-many-th step and change nothing',
    async (_, algorithm) => {
      const options = { diagnostics: { interval: 3, items: 2, rollouts: 3 } };
      const measured = await fakeRun({ algorithm, options });
      const plain = await fakeRun({ algorithm });
      expect(measured.weights).toBe(plain.weights);
      expect(measured.result.state).toEqual(plain.result.state);
      const steps = stepMetrics(measured.events);
      expect(steps.map((metrics) => 'agent_1/gradient_variance' in metrics)).toEqual([
        true,
        false,
        false,
        true,
        false,
        false,
        true,
        false,
      ]);
      const [first] = steps;
      for (const name of ['gradient_variance', 'gradient_mean_norm', 'advantage_variance', 'drift']) {
        expect(first?.[`agent_1/${name}`], name).toBeGreaterThan(0);
      }
      expect(first?.['diagnostics/env_steps']).toBeGreaterThan(0);
      // What else is reported is the same with and without them.
      const own = /gradient_variance|gradient_mean_norm|advantage_variance|drift|diagnostics/;
      const without = JSON.stringify([...reported(measured.events)], (key, value) =>
        own.test(key) ? undefined : value,
      );
      expect(without).toBe(JSON.stringify([...reported(plain.events)]));
    },
  );

  it('the drift of the others is the sum over them', async () => {
    const options = { diagnostics: { interval: 1, items: 1, rollouts: 2 } };
    const [first] = stepMetrics((await fakeRun({ algorithm: CC, options })).events);
    expect(first?.['agent_1/others_drift']).toBeCloseTo(first?.['agent_2/drift'] as number, 12);
    expect(first?.['agent_2/others_drift']).toBeCloseTo(first?.['agent_1/drift'] as number, 12);
  });

  it('a step without learning has no drift', async () => {
    const options = { diagnostics: { interval: 1, items: 1, rollouts: 2 } };
    const [first] = stepMetrics((await fakeRun({ algorithm: MAGRPO, options, learningRate: 0 })).events);
    expect(first?.['agent_1/drift']).toBe(0);
  });
});

describe('samples to reach a target return', () => {
  const targetOf = async (targetReturn: number) =>
    (await fakeRun({ algorithm: CC, options: { targetReturn } })).events.flatMap((event) =>
      event.type === 'evaluation-finished' ? [event.metrics['eval/env_steps_to_target']] : [],
    );

  it('are those of the first evaluation that reaches it, from then on', async () => {
    // Any team reaches 0 before its first step, and none reaches 4.
    expect(await targetOf(0)).toEqual([0, 0, 0, 0]);
    expect(await targetOf(4)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
