/** From the records of a study to its results: cells, pairs of methods, claims. */
import { commonGrid } from '../../statistics/learning-curve.js';
import {
  type BandPoint,
  differenceOverSeeds,
  meanCurve,
  overSeeds,
  type PairDifference,
} from '../../statistics/over-seeds.js';
import { improvementOverTasks } from '../../statistics/probability-of-improvement.js';
import { type Cell, seedsOf } from '../grid.js';
import type { Measure, Study, StudyRecords } from '../types.js';
import { judge } from './claims.js';
import { belongs, blocksOf, type CellBlock, conditionsKey } from './conditions.js';
import { diagnosticsOf } from './diagnostics.js';
import { notesOf } from './notes.js';
import type {
  Block,
  CellResult,
  StudyResults,
  TaskImprovement,
  TrialFigures,
  UnusedTrial,
} from './results.js';
import { trialFigures } from './trial-figures.js';

type RecordedTrial = StudyRecords['trials'][number];

/** Points of a mean curve at most. */
const MOST_POINTS = 120;
const CONFIDENCE = 0.95;

/**
 * Computes everything that a study reports. Pure: the same study and records give the same results, whatever the order
 * in which the trials ended.
 */
export function analyse(study: Study, records: StudyRecords): StudyResults {
  const own = records.trials.filter((trial) => belongs(study, trial));
  const trials = new Map(own.map((trial) => [trialKey(study, trial), trial]));
  const blocks = blocksOf(study).map((block) => resultsOf(study, block, trials));
  const unused = blocks.flatMap(({ cells }) => cells.flatMap((cell) => cell.unused));
  return {
    study,
    confidence: CONFIDENCE,
    blocks,
    acrossTasks: acrossTasks(study, blocks),
    claims: study.claims.map((claim) => judge(claim, study, blocks)),
    unused,
    notes: notesOf(study, records, blocks),
  };
}

type CellOfSeed = Pick<RecordedTrial, 'task' | 'method' | 'conditions' | 'seed'>;

function trialKey(study: Study, { task, method, conditions, seed }: CellOfSeed): string {
  return JSON.stringify([task, method, conditionsKey(study, conditions), seed]);
}

function resultsOf(
  study: Study,
  { task, conditions, cells }: CellBlock,
  trials: ReadonlyMap<string, RecordedTrial>,
): Block {
  const results = cells.map((cell) => cellOf(study, cell, trials));
  return { task: task.name, conditions, threshold: task.threshold, cells: results, pairs: pairsOf(results) };
}

function cellOf(study: Study, cell: Cell, trials: ReadonlyMap<string, RecordedTrial>): CellResult {
  const { task, method, conditions } = cell;
  const isProtocol = method.protocol !== null;
  const [runs, unused, counted]: [TrialFigures[], UnusedTrial[], RecordedTrial[]] = [[], [], []];
  for (const seed of seedsOf(study, task)) {
    const names = { task: task.name, method: method.name, conditions, seed };
    const trial = trials.get(trialKey(study, names));
    const leaveOut = (kind: UnusedTrial['kind'], reason: string) =>
      unused.push({ trial: `${cell.id}-s${seed}`, ...names, kind, reason });
    if (trial === undefined) leaveOut('missing', 'it has not ended');
    else if (trial.failure !== null) leaveOut('failed', trial.failure);
    else {
      const figures = trialFigures(task, trial, isProtocol);
      if (figures === null) leaveOut('empty', `it has no value of ${task.metric}`);
      else {
        runs.push(figures);
        counted.push(trial);
      }
    }
  }
  const measured = (measure: Measure) => {
    const values = runs.flatMap((run) => run.values[measure] ?? []);
    return values.length === 0 ? null : overSeeds(values);
  };
  return {
    ...{ method: method.name, protocol: isProtocol, runs, unused },
    measures: { final: measured('final'), area: measured('area'), samples: measured('samples') },
    reached: isProtocol || task.threshold === null ? null : runs.filter(({ reached }) => reached).length,
    curve: isProtocol ? [] : curveOf(runs, task.envSteps),
    diagnostics: diagnosticsOf(counted),
  };
}

/** The mean curve from the start to the budget, or as far as all runs have values. */
function curveOf(runs: readonly TrialFigures[], budget: number): BandPoint[] {
  const curves = runs.map(({ curve }) => curve);
  const places = commonGrid(curves, MOST_POINTS);
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  const within = places.filter((envSteps) => envSteps <= budget);
  const coversBudget = first <= budget && last > budget && !within.includes(budget);
  return meanCurve(curves, coversBudget ? [...within, budget] : within);
}

function pairsOf(cells: readonly CellResult[]): PairDifference[] {
  const played = cells.filter(({ runs }) => runs.length > 0);
  return played.flatMap((first, index) =>
    played.slice(index + 1).map((second) => ({
      ...{ first: first.method, second: second.method },
      ...differenceOverSeeds(finals(first), finals(second)),
    })),
  );
}

/** Of every pair of methods, over the tasks that both have runs in under equal conditions. */
function acrossTasks(study: Study, blocks: readonly Block[]): TaskImprovement[] {
  if (study.tasks.length < 2) return [];
  const names = study.methods.map(({ name }) => name);
  const pairs = names.flatMap((first, index) => names.slice(index + 1).map((second) => ({ first, second })));
  const byConditions = new Map<string, Block[]>();
  for (const block of blocks) {
    const key = conditionsKey(study, block.conditions);
    byConditions.set(key, [...(byConditions.get(key) ?? []), block]);
  }
  return [...byConditions.values()].flatMap((alike) => {
    const { conditions } = alike[0] as Block;
    return pairs.flatMap(({ first, second }) => {
      const both = alike.flatMap(({ task, cells }) => {
        const [x, y] = [first, second].map((name) => cells.find(({ method }) => method === name));
        if (x === undefined || y === undefined || x.runs.length === 0 || y.runs.length === 0) return [];
        return { task, x: finals(x), y: finals(y) };
      });
      if (both.length < 2) return [];
      const { probability, interval } = improvementOverTasks(
        both.map(({ x }) => x),
        both.map(({ y }) => y),
      );
      const improvement = { mean: probability, interval };
      return { conditions, first, second, tasks: both.map(({ task }) => task), improvement };
    });
  });
}

function finals({ runs }: CellResult): number[] {
  return runs.flatMap(({ values }) => values.final ?? []);
}
