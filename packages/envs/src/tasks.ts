/** All tasks, in the order of the paper's domains. */

import { z } from 'zod';
import { classEvalTask } from './coding/class-eval/class-eval.js';
import { codingTasks } from './coding/tasks.js';
import type { Environment } from './env.js';
import { bridgeBuildTask } from './minecraft/bridge-build/bridge-build.js';
import { houseBuildTask } from './minecraft/house-build/house-build.js';
import { resourceGatheringTask } from './minecraft/resource-gathering/resource-gathering.js';
import { strBuildTask } from './minecraft/str-build/str-build.js';
import { rewardScheduleShape, withRewardSchedule } from './reward-schedule.js';
import { parseSettings } from './settings.js';
import type { Task } from './task.js';
import { arxivTask, tldrTask } from './writing/writing.js';

/** The tasks, with the settings that are no affair of the single ones. */
export const tasks: readonly Task[] = [
  tldrTask,
  arxivTask,
  ...codingTasks,
  classEvalTask,
  strBuildTask,
  houseBuildTask,
  bridgeBuildTask,
  resourceGatheringTask,
].map(withSchedule);

/** The task of a name, or undefined. */
export function taskNamed(name: string): Task | undefined {
  return tasks.find((task) => task.name === name);
}

/** The task with `rewardSchedule`, which wraps what it opens. */
function withSchedule(task: Task): Task {
  return {
    ...task,
    settings: task.settings.extend(rewardScheduleShape),
    open(options, data): Environment {
      const { rewardSchedule, ...own } = options as { rewardSchedule?: unknown };
      const schedule = parseSettings(scheduleSettings, { rewardSchedule }).rewardSchedule;
      return withRewardSchedule(task.open(own, data), schedule);
    },
  };
}

const scheduleSettings = z.strictObject(rewardScheduleShape);
