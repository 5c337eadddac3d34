import { describe, expect, it } from 'vitest';
import {
  recordsOf,
  rising,
  syntheticStudy,
  syntheticTask,
  trained,
  trialOf,
  untrained,
} from '../../../test/synthetic-study.js';
import { fingerprintOf, trialsOf } from '../trials.js';
import type { Study, Trial } from '../types.js';
import { analyse } from './analyse.js';
import type { CellResult, StudyResults } from './results.js';

const study = syntheticStudy({ methods: [trained('a'), trained('b')] });

function cellOf({ blocks }: StudyResults, method: string, block = 0): CellResult {
  return blocks[block]?.cells.find((cell) => cell.method === method) as CellResult;
}

describe('cells', () => {
  it('have the mean over seeds, the interval of few values being within them', () => {
    const { measures, runs } = cellOf(analyse(study, recordsOf(rising({}, [1, 2, 3, 6]))), 'a');
    expect(runs.map(({ seed }) => seed)).toEqual([1, 2, 3, 4]);
    expect(measures.final?.mean).toBe(3);
    // Straight lines from 0: the mean height is half of the end.
    expect(measures.area?.mean).toBe(1.5);
    expect(measures.samples).toBeNull();
    const { low, high } = measures.final?.interval ?? { low: 0, high: 0 };
    expect(low).toBeGreaterThanOrEqual(1);
    expect(low).toBeLessThan(3);
    expect(high).toBeGreaterThan(3);
    expect(high).toBeLessThanOrEqual(6);
  });

  it('are taken at the budget, between evaluations where it lies there, and at the end where that comes first', () => {
    const trials = [
      // Half way from 4 to 8: 6. Area: 50 · 2 + 50 · (4 + 6) / 2 = 350
      trialOf({
        curve: [
          [0, 0],
          [50, 4],
          [150, 8],
        ],
      }),
      trialOf({
        seed: 2,
        curve: [
          [0, 0],
          [96, 3],
        ],
      }),
      trialOf({
        seed: 3,
        curve: [
          [0, 2],
          [40, 2],
        ],
      }),
    ];
    const results = analyse(study, recordsOf(trials));
    expect(cellOf(results, 'a').runs.map(({ values }) => values)).toEqual([
      { final: 6, area: 3.5 },
      { final: 3, area: 1.5 },
      { final: 2, area: 2 },
    ]);
    const short = results.notes.filter((note) => note.includes('more than 5 %'));
    expect(short).toEqual([
      '1 trial ended more than 5 % before the budget, and counts with its last value: writing-a-s3.',
    ]);
  });

  it('have samples to a threshold, the budget where it is not reached in time', () => {
    const timed = { ...study, tasks: [syntheticTask('writing', 5)] };
    const trials = [
      trialOf({
        curve: [
          [0, 0],
          [20, 4],
          [60, 5],
          [100, 1],
        ],
      }),
      trialOf({
        seed: 2,
        curve: [
          [0, 0],
          [100, 4.9],
        ],
      }),
      // Reached, but after the budget: half way from 90 to 120.
      trialOf({
        seed: 3,
        curve: [
          [0, 0],
          [90, 1],
          [120, 9],
        ],
      }),
    ];
    const { runs, measures, reached } = cellOf(analyse(timed, recordsOf(trials)), 'a');
    expect(runs.map(({ values }) => values.samples)).toEqual([60, 100, 100]);
    expect(reached).toBe(1);
    expect(measures.samples?.mean).toBeCloseTo(260 / 3, 12);
    expect(analyse(timed, recordsOf(trials)).notes.join('\n')).toMatch(
      /^2 of 3 runs did not reach the threshold, and count with the whole budget/m,
    );
  });

  it('of protocols have a final value alone', () => {
    const withRaw = { ...study, methods: [untrained('raw')], tasks: [syntheticTask('writing', 1)] };
    const trials = [1, 3].map((value, index) =>
      trialOf({ method: 'raw', seed: index + 1, curve: [[0, value]] }),
    );
    const cell = cellOf(analyse(withRaw, recordsOf(trials)), 'raw');
    expect(cell.measures.final?.mean).toBe(2);
    expect(cell).toMatchObject({ measures: { area: null, samples: null }, reached: null, curve: [] });
  });

  it('leave out trials that failed, did not end or have no values, and name them', () => {
    const results = analyse(
      study,
      recordsOf([
        trialOf({
          curve: [
            [0, 1],
            [100, 1],
          ],
        }),
        trialOf({ seed: 2, failure: 'out of memory' }),
        trialOf({ seed: 3, curve: [] }),
        trialOf({ method: 'gone' }),
        trialOf({ conditions: { turns: 'h9' }, seed: 4 }),
      ]),
    );
    expect(cellOf(results, 'a').runs).toHaveLength(1);
    expect(results.unused.filter(({ method }) => method === 'a')).toMatchObject([
      { trial: 'writing-a-s2', kind: 'failed', reason: 'out of memory' },
      { trial: 'writing-a-s3', kind: 'empty' },
      { trial: 'writing-a-s4', kind: 'missing' },
    ]);
    expect(results.notes.join('\n')).toContain('writing-a-s2');
    expect(results.notes.join('\n')).toContain(
      '2 trials are of no cell of this study and are left out: writing-gone-s1, writing-a-h9-s4.',
    );
    expect(cellOf(results, 'b')).toMatchObject({ runs: [], measures: { final: null }, curve: [] });
  });

  it('do not depend on the order in which trials ended', () => {
    const trials = [...rising({}, [1, 2, 5, 9]), ...rising({ method: 'b' }, [0, 7, 1, 3])];
    expect(analyse(study, recordsOf([...trials].reverse()))).toEqual(analyse(study, recordsOf(trials)));
  });
});

describe('curves of cells', () => {
  it('are means on the places that all runs have, up to the budget', () => {
    const trials = [
      trialOf({
        curve: [
          [0, 0],
          [50, 2],
          [110, 8],
        ],
      }),
      trialOf({
        seed: 2,
        curve: [
          [0, 2],
          [100, 4],
          [120, 4],
        ],
      }),
    ];
    const { curve } = cellOf(analyse(study, recordsOf(trials)), 'a');
    expect(curve.map(({ envSteps, mean }) => [envSteps, mean])).toEqual([
      [0, 1],
      [50, 2.5],
      // (7 + 4) / 2
      [100, 5.5],
    ]);
    expect(curve[0]?.interval).toEqual({ low: 0, high: 2 });
  });
});

describe('diagnostics', () => {
  it('are means over steps and members, and over the last quarter of the steps', () => {
    const steps = Array.from({ length: 8 }, (_, index) => ({
      'agent_1/entropy': index + 1,
      'agent_2/entropy': 3 * (index + 1),
      ...(index < 4 ? { 'critic/value_loss': 5 } : {}),
      'train/env_steps': 10 * index,
    }));
    const trials = [trialOf({ train: steps }), trialOf({ seed: 2, train: [{ 'critic_2/value_loss': 7 }] })];
    const { diagnostics } = cellOf(analyse(study, recordsOf(trials)), 'a');
    expect(Object.keys(diagnostics)).toEqual(['agent/entropy', 'critic/value_loss']);
    // Steps give 2, 4, … 16; the last quarter is 14 and 16.
    expect(diagnostics['agent/entropy']).toMatchObject({
      ...{ whole: { mean: 9, interval: null }, late: { mean: 15 } },
      values: { whole: [9], late: [15] },
    });
    // The first trial has none in its last quarter.
    expect(diagnostics['critic/value_loss']).toMatchObject({
      ...{ whole: { mean: 6 }, values: { whole: [5, 7], late: [7] } },
    });
  });
});

describe('pairs', () => {
  it('differ by their means, and win by pairs of runs', () => {
    const trials = [...rising({}, [3, 5, 6, 10]), ...rising({ method: 'b' }, [1, 2, 3, 4])];
    const [pair] = analyse(study, recordsOf(trials)).blocks[0]?.pairs ?? [];
    expect(pair).toMatchObject({ first: 'a', second: 'b', difference: { mean: 3.5 } });
    // 3 beats two of four and ties with one; the others beat all.
    expect(pair?.improvement.mean).toBe(14.5 / 16);
    expect(pair?.verdict).toBe('higher');
  });

  it('meet under equal conditions only, and over tasks where there are several', () => {
    const axis = {
      ...{ name: 'turns', label: 'turns' },
      levels: ['h2', 'h4'].map((name) => ({ name, label: `${name}!`, config: {} })),
    };
    const wide = {
      ...syntheticStudy({ methods: [trained('a'), trained('b')] }),
      ...{ tasks: [syntheticTask('writing'), syntheticTask('coding')], axes: [axis] },
      exclude: [{ task: ['coding'], turns: ['h4'] }],
    };
    const at = (task: string, turns: string) => [
      ...rising({ task, conditions: { turns } }, [3, 4]),
      ...rising({ task, method: 'b', conditions: { turns } }, task === 'writing' ? [1, 2] : [5, 3.5]),
    ];
    const results = analyse(
      wide,
      recordsOf([...at('writing', 'h2'), ...at('writing', 'h4'), ...at('coding', 'h2')]),
    );
    expect(results.blocks.map(({ task, conditions }) => [task, conditions.turns])).toEqual([
      ['writing', 'h2'],
      ['writing', 'h4'],
      ['coding', 'h2'],
    ]);
    // Writing: all four pairs; coding: 4 over 3.5 alone.
    expect(results.acrossTasks).toMatchObject([
      {
        ...{ first: 'a', second: 'b', conditions: { turns: 'h2' }, tasks: ['writing', 'coding'] },
        improvement: { mean: (1 + 0.25) / 2 },
      },
    ]);
  });
});

describe('records of another configuration', () => {
  it('are named, in whatever else the study file has changed', () => {
    const print = (seed: number, of = study) =>
      fingerprintOf(trialsOf(of).find((trial) => trial.seed === seed) as Trial, of.models);
    const trials = [1, 2].map((seed) => ({ ...trialOf({ seed }), fingerprint: print(seed) }));
    const changed = { ...study, base: { env: { num_turns: 3 } } };
    const notes = (of: Study) =>
      analyse(of, recordsOf([...trials, trialOf({ seed: 3 })]))
        .notes.filter((note) => note.includes('configuration'))
        .join();
    expect(notes(study)).toBe('');
    expect(notes({ ...study, title: 'Another', methods: [trained('a', 'label'), trained('c')] })).toBe('');
    expect(notes(changed)).toBe(
      '2 trials were run with other configurations than the study file has now: writing-a-s1, writing-a-s2.',
    );
  });
});

describe('notes', () => {
  it('name the first of many trials, and say that a single seed has no interval', () => {
    const seeds = Array.from({ length: 12 }, (_, index) => index + 1);
    const { notes } = analyse({ ...study, methods: [trained('a')], seeds }, recordsOf([trialOf({})]));
    expect(notes[0]).toBe(
      '11 trials have not ended: writing-a-s2, writing-a-s3, writing-a-s4, writing-a-s5, writing-a-s6, writing-a-s7, writing-a-s8, writing-a-s9 and 3 more.',
    );
    expect(notes[1]).toMatch(/^A single seed .* has no interval/);
  });
});
