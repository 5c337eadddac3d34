/** Small studies whose figures are known, without any training. */
import type { Claim, PointRecord, Study, StudyRecords } from '../src/study/types.js';

/** A study of methods with nothing in their configurations. */
export function syntheticStudy(parts: Partial<Study> & Pick<Study, 'methods'>): Study {
  return {
    ...{ name: 'small', title: 'A small study', question: 'Which is better?', models: new Map() },
    ...{
      base: { env: { num_turns: 2 } },
      axes: [],
      exclude: [],
      overrides: [],
      seeds: [1, 2, 3, 4],
      claims: [],
      keep: ['*'],
    },
    tasks: [syntheticTask('writing')],
    ...parts,
  };
}

/** A budget of 100 environment steps. */
export function syntheticTask(name: string, threshold: number | null = null): Study['tasks'][number] {
  return { name, label: name, config: {}, envSteps: 100, metric: 'eval/return', threshold, seeds: null };
}

export function trained(name: string, label = name.toUpperCase()): Study['methods'][number] {
  return { name, label, config: { algorithm: { name } }, protocol: null, perTask: {} };
}

export function untrained(name: string): Study['methods'][number] {
  return { name, label: name, config: {}, protocol: 'raw', perTask: {} };
}

export function claimOf(parts: Partial<Claim>): Claim {
  return {
    ...{
      id: 'c1',
      text: 'the first is better',
      task: 'writing',
      measure: 'final',
      expect: 'higher',
      margin: 0,
    },
    first: { method: 'a', conditions: {} },
    second: { method: 'b', conditions: {} },
    ...parts,
  };
}

type RecordedTrial = StudyRecords['trials'][number];

/** What makes a trial another than seed 1 of `a`, whose curve is level at 0. */
export interface TrialParts {
  readonly task?: string;
  readonly method?: string;
  readonly conditions?: Readonly<Record<string, string>>;
  readonly seed?: number;
  readonly failure?: string;
  /** Environment steps and returns. */
  readonly curve?: readonly (readonly [envSteps: number, value: number])[];
  /** Metrics of each training step. */
  readonly train?: readonly PointRecord['metrics'][];
}

export function trialOf({
  task = 'writing',
  method = 'a',
  conditions = {},
  seed = 1,
  failure,
  curve = [
    [0, 0],
    [100, 0],
  ],
  train = [],
}: TrialParts): RecordedTrial {
  const trial = [task, method, ...Object.values(conditions), `s${seed}`].join('-');
  const points: PointRecord[] = [
    ...train.map(
      (metrics, index): PointRecord => ({
        ...{ kind: 'train', trial, step: index + 1, envSteps: 10 * (index + 1), metrics },
      }),
    ),
    ...curve.map(
      ([envSteps, value], index): PointRecord => ({
        ...{ kind: 'eval', trial, step: index, envSteps, metrics: { 'eval/return': value } },
      }),
    ),
  ];
  return {
    ...{ kind: 'trial', trial, task, method, conditions, seed, wallSeconds: 10, failure: failure ?? null },
    points: failure === undefined ? points : [],
  };
}

/** A trial for every value, seeds counting from 1: curves rise from 0 to it in a straight line. */
export function rising(parts: TrialParts, finals: readonly number[]): RecordedTrial[] {
  return finals.map((final, index) =>
    trialOf({
      ...parts,
      seed: index + 1,
      curve: [
        [0, 0],
        [100, final],
      ],
    }),
  );
}

export function recordsOf(trials: readonly RecordedTrial[]): StudyRecords {
  return {
    header: {
      ...{ kind: 'study', version: 1, name: 'small', command: 'collm study small/study.yaml' },
      versions: { collm: '0.1.0' },
      hardware: { cpu: 'A processor', cores: 2, memoryGb: 8 },
      ...{ jobs: 2, wallSeconds: 125 },
    },
    trials,
  };
}
