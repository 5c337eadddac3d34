import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { GridProgress } from '../src/study/grid-progress.js';
import { LiveTable, tableLines } from '../src/study/live-table.js';
import { ModelProgress } from '../src/study/model-progress.js';
import { parseStudy } from '../src/study/study-file.js';
import { studyPaths, type TrialState } from '../src/study/study-folder.js';
import { type PlannedTrial, trialsOf } from '../src/study/trials.js';
import { Workspace } from './workspace.js';

const space = new Workspace();
afterAll(() => space[Symbol.dispose]());

const study = parseStudy(
  `
tasks: { a: { env_steps: 100 } }
methods: { cc: {}, raw: { protocol: raw } }
axes: { pay: { levels: { now: {}, late: {} } } }
seeds: [1, 2]
`,
  'a.yaml',
  'a',
);
const paths = studyPaths(space.path('out'));
const trials = trialsOf(study);
const trial = (id: string) => trials.find((one) => one.id === id) as PlannedTrial;

/** A trained trial's metrics up to some environment steps, ending with an evaluation. */
function train(id: string, envSteps: number, value: number): PlannedTrial {
  mkdirSync(paths.run(id), { recursive: true });
  const stamp = { attempt: 1, time: new Date(0).toISOString() };
  const records = [
    { kind: 'attempt', step: 0, ...stamp },
    { kind: 'train', step: 1, env_steps: envSteps, metrics: {}, ...stamp },
    { kind: 'eval', step: 1, env_steps: envSteps, metrics: { 'eval/return': value }, ...stamp },
  ];
  writeFileSync(`${paths.run(id)}/metrics.jsonl`, records.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return trial(id);
}

const finished = (wallSeconds: number): TrialState => ({
  ...{ fingerprint: '', state: 'finished', wallSeconds, failure: null },
});
const failed: TrialState = { ...finished(1), state: 'failed', failure: 'first line\nlast line' };

/** A study in the middle: of `cc` one trial is finished, one is half way; of `raw` one has failed, one plays. */
function middle(): GridProgress {
  const progress = new GridProgress(trials, paths);
  progress.ended(train('a-cc-now-s1', 100, 0.5), finished(10));
  progress.started(train('a-cc-now-s2', 50, 0));
  progress.ended(trial('a-raw-late-s1'), failed);
  progress.started(trial('a-raw-late-s2'));
  return progress;
}

describe('the table of a study that runs', () => {
  it('has a row per cell: trials, environment steps of those that run, the mean of the metric', () => {
    expect(tableLines(study, middle().cells(), 10)).toEqual([
      'task  method  pay   trials          running  metric',
      'a     cc      now   1/2             50/100   eval/return 0.500',
      'a     cc      late  0/2',
      'a     raw     now   0/2',
      'a     raw     late  1/2 (1 failed)  playing',
    ]);
  });

  it('shows what runs first where there is too little room', () => {
    expect(tableLines(study, middle().cells(), 2)).toEqual([
      expect.stringContaining('task'),
      expect.stringMatching(/cc +now/),
      expect.stringMatching(/raw +late/),
      '… and 2 cells more',
    ]);
  });

  it('reckons what is left by the trials of the cell, else by all, less what has been played', () => {
    expect(new GridProgress(trials, paths).secondsLeft(2)).toBeNull();
    // Half a trial of cc, and five more, of 10 s each, two at a time; the one that failed is over.
    expect(middle().secondsLeft(2)).toBeCloseTo((0.5 * 10 + 5 * 10) / 2);
  });

  const written = (isTTY: boolean) => {
    let text = '';
    const stream = { isTTY, columns: 60, rows: 20, write: (part: string) => (text += part) };
    return { stream, text: () => text };
  };

  it('is a line per ended trial where it cannot be redrawn', () => {
    const { stream, text } = written(false);
    const table = new LiveTable(stream, study, middle(), 2);
    table.ended(trial('a-cc-now-s1'), finished(10));
    table.ended(trial('a-raw-late-s1'), failed);
    table.ended(trial('a-cc-now-s2'), { ...finished(1), state: 'begun' });
    table.close();
    expect(text()).toBe(
      '[2/8] a-cc-now-s1  eval/return 0.500  10 s, 28 s left\n[2/8] a-raw-late-s1 failed: last line\n',
    );
  });

  it('is redrawn in place on a terminal, under lines that stay', () => {
    const { stream, text } = written(true);
    const table = new LiveTable(stream, study, middle(), 2);
    table.line('hello');
    table.ended(trial('a-raw-late-s1'), failed);
    table.close();
    const erase = '\u001b[6A\r\u001b[J';
    const [first = '', second = '', rest] = text().split(erase);
    expect(first).toMatch(/^hello\ntask [\s\S]*\n2 of 8 trials, 1 failed, 2 at a time, 0 s, 28 s left\n$/);
    expect(second).toMatch(/^\[2\/8\] a-raw-late-s1 failed: last line\ntask /);
    expect(rest).toBe('');
    for (const line of first.split('\n')) expect(line.length).toBeLessThan(60);
  });
});

describe('models that are being made', () => {
  const shown = (isTTY: boolean) => {
    let text = '';
    const progress = new ModelProgress({ isTTY, columns: 60, write: (part: string) => (text += part) });
    progress.begun('small');
    progress.begun('large');
    progress.said('small', 'step 50 of 700   loss 1.234   20 s left');
    progress.said('large', 'step 50 of 9000   loss 2.345   120 s left');
    progress.ended('small', 3);
    progress.said('small', 'too late');
    progress.ended('large', null);
    return text;
  };

  it('are a line each where nothing can be redrawn', () => {
    expect(shown(false)).toBe(
      'Making the model small\nMaking the model large\nMade the model small in 3 s\n',
    );
  });

  it('are one line with what each has said last on a terminal', () => {
    expect(shown(true).split('\r\u001b[2K')).toEqual([
      '',
      'Making the model small',
      'Making the models small, large',
      'Making the models small (step 50 of 700, loss 1.234, 20 s l',
      'Making the models small (step 50 of 700, loss 1.234, 20 s l',
      'Made the model small in 3 s\n',
      'Making the model large (step 50 of 9000, loss 2.345, 120 s ',
      '',
    ]);
  });
});
