/** All tasks, in the order of the paper's domains. */
import { classEvalTask } from './coding/class-eval/class-eval.js';
import { codingTasks } from './coding/tasks.js';
import { bridgeBuildTask } from './minecraft/bridge-build/bridge-build.js';
import { houseBuildTask } from './minecraft/house-build/house-build.js';
import { resourceGatheringTask } from './minecraft/resource-gathering/resource-gathering.js';
import { strBuildTask } from './minecraft/str-build/str-build.js';
import type { Task } from './task.js';
import { arxivTask, tldrTask } from './writing/writing.js';

export const tasks: readonly Task[] = [
  tldrTask,
  arxivTask,
  ...codingTasks,
  classEvalTask,
  strBuildTask,
  houseBuildTask,
  bridgeBuildTask,
  resourceGatheringTask,
];

/** The task of a name, or undefined. */
export function taskNamed(name: string): Task | undefined {
  return tasks.find((task) => task.name === name);
}
