import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Chart } from './charts.js';

interface Axis {
  values?: (plot: unknown, marks: number[]) => string[];
}

interface Plot {
  options: { series: { label: string }[]; bands: { series: number[] }[]; width: number; axes: Axis[] };
  data: (number | null)[][];
}

/** Runs the page's own script on a document that holds only what it touches, with a plotting library that listens. */
function draw(charts: readonly Chart[]): { plots: Plot[]; texts: string[] } {
  const plots: Plot[] = [];
  const texts: string[] = [];
  const element = () => ({
    set textContent(text: string) {
      texts.push(text);
    },
    append: () => {},
    clientWidth: 400,
    className: '',
  });
  const context = createContext({
    document: {
      getElementById: (id: string) =>
        id === 'chart-data' ? { textContent: JSON.stringify(charts) } : element(),
      createElement: element,
      body: {},
    },
    getComputedStyle: () => ({ color: 'black' }),
    addEventListener: () => {},
    uPlot: class {
      constructor(options: Plot['options'], data: Plot['data']) {
        plots.push({ options, data });
      }
    },
  });
  runInContext(readFileSync(new URL('../../assets/report.js', import.meta.url), 'utf8'), context);
  return { plots, texts };
}

describe('the script of a report', () => {
  it('gives every curve its series, and a band where there are errors', () => {
    const { plots, texts } = draw([
      {
        title: 'Evaluation',
        note: 'A note.',
        steps: [0, 5, 10],
        curves: [{ label: 'return', values: [1, null, 3], errors: [0.5, null, 0.25] }],
      },
      {
        title: 'Entropy',
        note: '',
        steps: [1, 2],
        curves: [
          { label: 'agent 1', values: [1, 2] },
          { label: 'agent 2', values: [3, 4] },
        ],
      },
    ]);
    expect(texts).toEqual(['Evaluation', 'A note.', 'Entropy', '']);
    const [evaluation, entropy] = plots as [Plot, Plot];
    expect(evaluation.data).toEqual([
      [0, 5, 10],
      [1, null, 3],
      [1.5, null, 3.25],
      [0.5, null, 2.75],
    ]);
    expect(evaluation.options.series).toHaveLength(4);
    expect(evaluation.options.bands).toMatchObject([{ series: [2, 3] }]);
    expect(entropy.options.series.map(({ label }) => label)).toEqual(['step', 'agent 1', 'agent 2']);
    expect(entropy.options.bands).toHaveLength(0);
    expect(entropy.options.width).toBe(376);
    const [, figures] = entropy.options.axes;
    expect(figures?.values?.(null, [-0.00005, 0, 0.1 + 0.2, 6.8585, 1e6])).toEqual([
      ...['-0.00005', '0', '0.3', '6.8585', '1000000'],
    ]);
  });
});
