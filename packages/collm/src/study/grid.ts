/** The cells of a study: task x method x conditions. */
import type { CellPattern, Conditions, Study, StudyMethod, StudyTask } from './types.js';

/** Trials of a cell differ in nothing but their seeds. */
export interface Cell {
  /** Unique, without the seed: `writing-collm_cc-h4-final`. */
  readonly id: string;
  readonly task: StudyTask;
  readonly method: StudyMethod;
  /** A level of every axis, in the order of the axes. */
  readonly conditions: Conditions;
}

/** All cells that are not excluded: tasks outermost, then methods, then axes, in the order of the file. */
export function cellsOf(study: Study): Cell[] {
  const combinations = study.axes.reduce<Conditions[]>(
    (all, { name, levels }) =>
      all.flatMap((before) => levels.map((level) => ({ ...before, [name]: level.name }))),
    [{}],
  );
  return study.tasks.flatMap((task) =>
    study.methods.flatMap((method) =>
      combinations
        .filter((conditions) => !excluded(study, task.name, method.name, conditions))
        .map((conditions) => ({
          id: [task.name, method.name, ...study.axes.map(({ name }) => conditions[name])].join('-'),
          ...{ task: taskUnder(study, task, conditions), method, conditions },
        })),
    ),
  );
}

/** A task with the threshold that it has under some conditions; it is the same for all methods. */
export function taskUnder(study: Study, task: StudyTask, conditions: Conditions): StudyTask {
  const threshold = study.overrides
    .filter(({ where }) => matches(where, task.name, '', conditions))
    .reduce((before, override) => override.threshold ?? before, task.threshold);
  return { ...task, threshold };
}

/** Conditions with the levels that need not be named, as their axes have no other. */
export function completeConditions({ axes }: Pick<Study, 'axes'>, conditions: Conditions): Conditions {
  return Object.fromEntries(
    axes.flatMap(({ name, levels }) => {
      const level = conditions[name] ?? (levels.length === 1 ? levels[0]?.name : undefined);
      return level === undefined ? [] : [[name, level]];
    }),
  );
}

/** Seeds of a task's trials. */
export function seedsOf(study: Study, task: StudyTask): readonly number[] {
  return task.seeds ?? study.seeds;
}

/** Seeds of the whole grid, each once: the study's first. */
export function allSeeds(study: Study): number[] {
  return [...new Set([...study.seeds, ...study.tasks.flatMap(({ seeds }) => seeds ?? [])])];
}

/** Whether an entry of `exclude` leaves a cell out. */
export function excluded(study: Study, task: string, method: string, conditions: Conditions): boolean {
  return study.exclude.some((entry) => matches(entry, task, method, conditions));
}

/** Whether all that a pattern names is what a cell has. */
export function matches(pattern: CellPattern, task: string, method: string, conditions: Conditions): boolean {
  const own: Readonly<Record<string, string>> = { ...conditions, task, method };
  return Object.entries(pattern).every(([key, values]) => values.includes(own[key] as string));
}
