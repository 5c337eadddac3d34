import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricsRecord } from '../run-store/records.js';
import { axisOver, markLabel } from './axis.js';
import { chartSvg } from './chart-svg.js';
import { learningCharts } from './charts.js';
import { colourClass, dashAttribute, markPath } from './curve-style.js';

describe('axes', () => {
  it('have round marks inside of what they hold', () => {
    expect(axisOver([0, 30], 6, { whole: true }).marks).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(axisOver([0, 3], 6, { whole: true }).marks).toEqual([0, 1, 2, 3]);
    expect(axisOver([-0.2, 1.28], 5).marks.map(markLabel)).toEqual([
      ...['-0.2', '0', '0.2', '0.4', '0.6', '0.8', '1', '1.2'],
    ]);
    expect(axisOver([7, 7], 5)).toMatchObject({ low: 3.5, high: 10.5 });
    expect(axisOver([], 5)).toMatchObject({ low: 0, high: 1 });
  });

  it('stay finite and short for any numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const { low, high, marks } = axisOver(values, 5);
        expect(high - low).toBeGreaterThan(0);
        expect(high - low).toBeLessThan(Number.POSITIVE_INFINITY);
        expect(marks.length).toBeLessThan(15);
      }),
    );
  });

  it('say numbers with the digits that they need', () => {
    expect([-0.00005, 0, 0.1 + 0.2, 6.8585, 12_000, 2.5e12].map(markLabel)).toEqual([
      ...['-5.0e-5', '0', '0.3', '6.8585', '12,000', '2.5e+12'],
    ]);
  });
});

describe('curves', () => {
  it('look different, a hundred of them: by line, and by mark', () => {
    const curves = Array.from({ length: 100 }, (_, index) => index);
    const lines = curves.map((index) => `${colourClass(index)} ${dashAttribute(index)}`);
    const marked = curves.map((index) => `${colourClass(index)} ${markPath(index, '0', '0')}`);
    expect(new Set(lines).size).toBe(100);
    expect(new Set(marked).size).toBe(100);
  });
});

describe('charts', () => {
  const record = (kind: 'train' | 'eval', step: number, metrics: Record<string, number>): MetricsRecord => ({
    ...{ kind, step, metrics, env_steps: 10 * step, attempt: 1, time: '' },
  });

  it('have a band where there are standard errors, and a curve for every agent', () => {
    const charts = learningCharts([
      record('eval', 0, { 'eval/return': 1, 'eval/return_se': 0.5 }),
      record('train', 1, { 'agent_10/entropy': 3, 'agent_2/entropy': 2 }),
      record('train', 2, { 'agent_2/entropy': 1 }),
    ]);
    expect(charts.map(({ title }) => title)).toEqual(['Evaluation: return', 'Policy entropy']);
    expect(charts[0]?.curves[0]?.points).toEqual([{ x: 0, y: 1, low: 0.5, high: 1.5 }]);
    expect(charts[1]?.curves).toEqual([
      {
        label: 'agent 2',
        points: [
          { x: 1, y: 2 },
          { x: 2, y: 1 },
        ],
      },
      { label: 'agent 10', points: [{ x: 1, y: 3 }] },
    ]);
  });

  it('draw points where they are, and thin out long runs', () => {
    const svg = chartSvg({
      ...{ title: 'T', note: '', xLabel: 'steps' },
      curves: [
        {
          label: 'a<b',
          points: [
            { x: 0, y: 0, low: -1, high: 1 },
            { x: 10, y: 2, low: 1, high: 3 },
          ],
        },
      ],
    });
    // From the lower left, at a quarter of the height, to the right, at three quarters.
    expect(svg).toContain('class="line c0" d="M58.0 161.5L468.0 60.5"');
    expect(svg).toContain('<title>a&lt;b, 10 steps: 2.000 [1.000, 3.000]</title>');
    const long = Array.from({ length: 5000 }, (_, step) =>
      record('train', step, { 'train/return_mean': step }),
    );
    const [chart] = learningCharts(long);
    expect(chart?.curves[0]?.points).toHaveLength(160);
    expect(chart?.note).toContain('160 of 5000 points are drawn');
  });
});
