/** Checks the configurations of all trials by the rules of `collm train`, before anything starts. */
import { isAbsolute } from 'node:path';
import { checkConfig } from '../config/check.js';
import { fileProblems } from '../config/files.js';
import { absolutePaths } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { evaluates } from '../config/schema-train.js';
import { ConfigError, type Problem } from '../errors.js';
import { nearest } from '../nearest.js';
import { isMade } from './models.js';
import { type OpenedStudy, StudyError } from './study-file.js';
import type { StudyPaths } from './study-folder.js';
import { modelsIn, type PlannedTrial, withModels } from './trials.js';
import type { ModelRecipe, Study } from './types.js';

/** A trial with its configuration as the trainer takes it. */
export interface CheckedTrial extends PlannedTrial {
  /** With every default, absolute paths, and folders in place of the study's models. */
  readonly checked: Config;
}

/**
 * All trials with their checked configurations.
 *
 * @throws StudyError with all problems, each once, naming the cells that have it
 */
export function checkTrials(
  { study, dir }: OpenedStudy,
  trials: readonly PlannedTrial[],
  paths: StudyPaths,
): CheckedTrial[] {
  const found = new Map<string, { problem: Problem; cells: Set<string> }>();
  const note = (trial: PlannedTrial, problem: Problem) => {
    const known = found.get(problem.message) ?? { problem, cells: new Set<string>() };
    found.set(problem.message, { ...known, cells: known.cells.add(trial.cell.id) });
  };
  const checked = trials.flatMap((trial): CheckedTrial[] => {
    const unknown = modelsIn(trial.config).filter((name) => !study.models.has(name));
    for (const name of unknown) note(trial, unknownModel(name, [...study.models.keys()]));
    if (unknown.length > 0) return [];
    try {
      const config = checkConfig(trialConfig(trial, dir, paths));
      for (const problem of unmeasured(trial, config)) note(trial, problem);
      return [{ ...trial, checked: config }];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) note(trial, problem);
      return [];
    }
  });
  for (const trial of checked)
    for (const problem of filesOfTrial(trial, study.models, paths)) note(trial, problem);
  if (found.size > 0) throw new StudyError([...found.values()].map(describe));
  return checked;
}

/**
 * What is wrong with the files that a trial names. Models that are still to be made, and those of the hub, which the trial
 * fetches itself, are not looked at.
 */
export function filesOfTrial(
  { checked, config }: CheckedTrial,
  models: Study['models'],
  paths: StudyPaths,
): Problem[] {
  const { agent_model: agent, critic_model: critic } = checked;
  const missing = modelsIn(config).filter((name) => !isMade(paths, name, models.get(name) as ModelRecipe));
  const toBeMade = new Set(missing.map(paths.model));
  const isThere = (path: string) => isAbsolute(path) && !toBeMade.has(path);
  return fileProblems({
    ...checked,
    agent_model: { ...agent, path: [agent.path].flat().filter(isThere) },
    critic_model: { ...critic, path: [critic.path ?? []].flat().filter(isThere) },
  });
}

/** The configuration of a trial with folders in place of models, and absolute paths. */
function trialConfig(trial: PlannedTrial, dir: string, paths: StudyPaths): Record<string, unknown> {
  return absolutePaths(structuredClone(withModels(trial.config, paths.model)), dir);
}

/** A trial that has no evaluations, although these are compared. */
function unmeasured({ cell, protocol }: PlannedTrial, { train }: Config): Problem[] {
  const { metric } = cell.task;
  const measured = protocol === null ? evaluates(train) : train.eval_num_samples > 0;
  if (measured || !metric.startsWith('eval/')) return [];
  const message = `\`${metric}\` is compared, but nothing is evaluated. Set \`train.eval_num_samples\` to 1 or more, and \`train.eval_env_steps\` to the steps between evaluations.`;
  return [{ path: 'train.eval_num_samples', message }];
}

function unknownModel(name: string, known: readonly string[]): Problem {
  const near = nearest(name, known);
  const cure =
    near === undefined ? `Known are ${known.join(', ') || 'none'}.` : `Did you mean \`model:${near}\`?`;
  return { path: 'models', message: `\`model:${name}\` is used, but \`models\` has no such recipe. ${cure}` };
}

const SHOWN_CELLS = 3;

/** The problem with the cells that have it. */
function describe({ problem, cells }: { problem: Problem; cells: ReadonlySet<string> }): Problem {
  const names = [...cells];
  const more = names.length > SHOWN_CELLS ? ` and ${names.length - SHOWN_CELLS} more` : '';
  return {
    path: problem.path,
    message: `${names.slice(0, SHOWN_CELLS).join(', ')}${more}: ${problem.message}`,
  };
}
