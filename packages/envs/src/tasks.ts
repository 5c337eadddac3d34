/** All tasks, in the order of the paper's domains. */
import type { Task } from './task.js';

export const tasks: readonly Task[] = [];

/** The task of a name, or undefined. */
export function taskNamed(name: string): Task | undefined {
  return tasks.find((task) => task.name === name);
}
