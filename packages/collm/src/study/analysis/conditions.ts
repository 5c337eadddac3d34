/** Conditions as results name them: which are equal, and how they are told apart. */
import { type Cell, cellsOf, completeConditions, excluded, seedsOf } from '../grid.js';
import type { CellName, Conditions, Study, TrialRecord } from '../types.js';

type Axes = Pick<Study, 'axes'>;

/** Equal texts for equal conditions. */
export function conditionsKey({ axes }: Axes, conditions: Conditions): string {
  const complete = completeConditions({ axes }, conditions);
  return JSON.stringify(axes.map(({ name }) => complete[name] ?? null));
}

/** Whether a trial is of a cell of the study as it is now: its file may have changed since. */
export function belongs(study: Study, { task, method, conditions, seed }: TrialRecord): boolean {
  const complete = completeConditions(study, conditions);
  return (
    study.tasks.some((own) => own.name === task && seedsOf(study, own).includes(seed)) &&
    study.methods.some(({ name }) => name === method) &&
    study.axes.every(({ name, levels }) => levels.some((level) => level.name === complete[name])) &&
    Object.keys(conditions).every((axis) => study.axes.some(({ name }) => name === axis)) &&
    !excluded(study, task, method, complete)
  );
}

/** Cells of one task that may be compared: their conditions are equal. */
export interface CellBlock {
  readonly task: Cell['task'];
  readonly conditions: Conditions;
  /** In the order of the study's methods. */
  readonly cells: readonly Cell[];
}

/** By task, then conditions, both in the order of the study. */
export function blocksOf(study: Study): CellBlock[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cellsOf(study)) {
    const key = JSON.stringify([cell.task.name, conditionsKey(study, cell.conditions)]);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  const blocks = [...groups.values()].map((cells) => {
    const { task, conditions } = cells[0] as Cell;
    return { task, conditions, cells };
  });
  const places = ({ task, conditions }: CellBlock) => [
    study.tasks.findIndex(({ name }) => name === task.name),
    ...study.axes.map(({ name, levels }) => levels.findIndex((level) => level.name === conditions[name])),
  ];
  return blocks.sort((a, b) => {
    const [x, y] = [places(a), places(b)];
    const at = x.findIndex((place, index) => place !== y[index]);
    return at < 0 ? 0 : (x[at] as number) - (y[at] as number);
  });
}

/** What differs in these axes alone, in groups of one task; all in the order given. */
export function groupedOverAxes<Item extends { readonly task: string; readonly conditions: Conditions }>(
  { axes }: Axes,
  over: readonly string[],
  items: readonly Item[],
): Item[][] {
  const others = { axes: axes.filter(({ name }) => !over.includes(name)) };
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = JSON.stringify([item.task, conditionsKey(others, item.conditions)]);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()];
}

/** The axes that tell conditions apart. */
export function tellingAxes({ axes }: Axes): Study['axes'] {
  return axes.filter(({ levels }) => levels.length > 1);
}

/** `4 turns, reward at the end`; empty where no axis tells conditions apart. */
export function conditionsLabel(
  study: Axes,
  conditions: Conditions,
  without: readonly string[] = [],
): string {
  return tellingAxes(study)
    .filter(({ name }) => !without.includes(name))
    .map(({ name, levels }) => {
      const level = conditions[name] ?? '';
      return levels.find((one) => one.name === level)?.label ?? level;
    })
    .join(', ');
}

export function methodLabel({ methods }: Pick<Study, 'methods'>, name: string): string {
  return methods.find((method) => method.name === name)?.label ?? name;
}

export function taskLabel({ tasks }: Pick<Study, 'tasks'>, name: string): string {
  return tasks.find((task) => task.name === name)?.label ?? name;
}

/** `CoLLM-CC (4 turns)`. */
export function cellLabel(study: Study, { method, conditions }: CellName): string {
  const label = conditionsLabel(study, completeConditions(study, conditions));
  return label === '' ? methodLabel(study, method) : `${methodLabel(study, method)} (${label})`;
}

/** `Writing, 4 turns`. */
export function blockLabel(
  study: Study,
  { task, conditions }: { task: string; conditions: Conditions },
): string {
  return [taskLabel(study, task), conditionsLabel(study, conditions)]
    .filter((part) => part !== '')
    .join(', ');
}
