/** What to know before reading the figures of a study. */
import { counted } from '../../format.js';
import { enoughSeeds, seedsNeeded } from '../../statistics/over-seeds.js';
import type { Study, StudyRecords } from '../types.js';
import { changedTrials } from './changed-trials.js';
import { belongs } from './conditions.js';
import type { Block } from './results.js';

/** A trial that has less than this share of its budget is named. */
const SHORT = 0.95;
/** Trials that a note names; the report lists all that do not count. */
const MOST_NAMES = 8;

export function notesOf(study: Study, records: StudyRecords, blocks: readonly Block[]): string[] {
  const cells = blocks.flatMap((block) => block.cells.map((cell) => ({ ...cell, task: block.task })));
  const unused = cells.flatMap((cell) => cell.unused);
  const of = (kind: string) => unused.filter((trial) => trial.kind === kind).map(({ trial }) => trial);
  const short = cells.flatMap(({ protocol, runs, task }) => {
    const budget = study.tasks.find(({ name }) => name === task)?.envSteps ?? 0;
    return protocol ? [] : runs.filter(({ envSteps }) => envSteps < SHORT * budget);
  });
  const timed = cells.filter(({ reached }) => reached !== null).flatMap(({ runs }) => runs);
  const late = timed.filter(({ reached }) => !reached).length;
  const strange = records.trials.filter((trial) => !belongs(study, trial)).map(({ trial }) => trial);
  const fewest = Math.min(...cells.map(({ runs }) => runs.length).filter((runs) => runs > 0));
  return [
    ...named(of('failed'), 'failed and counts nowhere', 'failed and count nowhere'),
    ...named(of('missing'), 'has not ended', 'have not ended'),
    ...named(of('empty'), 'has no value of the metric', 'have no value of the metric'),
    ...named(
      short.map(({ trial }) => trial),
      'ended more than 5 % before the budget, and counts with its last value',
      'ended more than 5 % before the budget, and count with their last values',
    ),
    ...(late === 0
      ? []
      : [
          `${late} of ${counted(timed.length, 'run')} did not reach the threshold, and count with the whole budget where environment steps to it are averaged: less than they would have needed.`,
        ]),
    ...named(
      strange,
      'is of no cell of this study and is left out',
      'are of no cell of this study and are left out',
    ),
    ...named(
      changedTrials(study, records),
      'was run with another configuration than the study file has now',
      'were run with other configurations than the study file has now',
    ),
    ...(Number.isFinite(fewest) && fewest < 10
      ? [
          fewest === 1
            ? 'A single seed says nothing of how much seeds differ, so it has no interval.'
            : `Bootstrap intervals of ${counted(fewest, 'seed')} are too narrow: docs/reports.md has how much.`,
        ]
      : []),
    ...(Number.isFinite(fewest) && !enoughSeeds(fewest, fewest)
      ? [
          `A difference between methods takes ${seedsNeeded()} seeds of each before any outcome can show it at 95 %.`,
        ]
      : []),
  ];
}

function named(trials: readonly string[], one: string, several: string): string[] {
  if (trials.length === 0) return [];
  const more = trials.length > MOST_NAMES ? ` and ${trials.length - MOST_NAMES} more` : '';
  const names = `${trials.slice(0, MOST_NAMES).join(', ')}${more}`;
  return [`${counted(trials.length, 'trial')} ${trials.length === 1 ? one : several}: ${names}.`];
}
