/** Figures of one trial from its points. */
import {
  areaUnderCurve,
  type LearningCurve,
  learningCurve,
  thresholdCrossing,
  valueAt,
} from '../../statistics/learning-curve.js';
import type { PointRecord, StudyRecords, StudyTask } from '../types.js';
import type { TrialFigures } from './results.js';

type RecordedTrial = StudyRecords['trials'][number];

/**
 * The metric of the task at its budget. Steps are not divisible, so that a trial may end a little before or after the
 * budget: curves are straight between evaluations, and count up to the budget or their end, whichever comes first. So do
 * they on the way to the threshold: methods whose steps are of other sizes are evaluated at other places, and at those
 * alone one would be late whatever it learns.
 *
 * @returns null where no point has the metric
 */
export function trialFigures(
  task: StudyTask,
  trial: RecordedTrial,
  isProtocol: boolean,
): TrialFigures | null {
  const curve = curveOf(trial.points, task.metric);
  const [first, last] = [curve[0], curve.at(-1)];
  if (first === undefined || last === undefined) return null;
  const facts = {
    ...{ trial: trial.trial, seed: trial.seed, wallSeconds: trial.wallSeconds },
    ...{ curve, envSteps: last.envSteps },
  };
  if (isProtocol) return { ...facts, values: { final: last.value }, reached: false };
  const end = Math.max(first.envSteps, Math.min(task.envSteps, last.envSteps));
  const final = valueAt(curve, end) as number;
  const area = areaUnderCurve(curve, first.envSteps, end);
  const height = area === null ? final : area / (end - first.envSteps);
  if (task.threshold === null) return { ...facts, values: { final, area: height }, reached: false };
  const steps = thresholdCrossing(curve, task.threshold);
  const reached = steps !== null && steps <= task.envSteps;
  const samples = reached ? steps : task.envSteps;
  return { ...facts, values: { final, area: height, samples }, reached };
}

/** The metric over environment steps. */
function curveOf(points: readonly PointRecord[], metric: string): LearningCurve {
  return learningCurve(
    points.flatMap(({ envSteps, metrics }) => {
      const value = metrics[metric];
      return value === undefined ? [] : { envSteps, value };
    }),
  );
}
