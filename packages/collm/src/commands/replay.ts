/** `collm replay`: makes an update again that stopped a run because it was not finite. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileProblems } from '../config/files.js';
import { fetchFromHub } from '../config/from-hub.js';
import { openEnvironment } from '../config/to-options.js';
import { ConfigError, exitCodes, RunError } from '../errors.js';
import type { Io } from '../io.js';
import { openNamedRun, type RunName } from '../run-store/resolve-run.js';

interface ReplayArguments extends RunName {
  /** Finished steps at the failure; null is the newest. */
  readonly step: number | null;
}

const failed = /^failed-step-(\d{6,})$/;

/** Nothing of the run changes; returns the exit code, which tells whether the figures are finite now. */
export async function replayRun(given: ReplayArguments, io: Io): Promise<number> {
  const run = openNamedRun(given, io.cwd);
  const dir = failureFolder(run.paths.checkpoints, given);
  const { local: config } = await fetchFromHub(run.config, io);
  const problems = fileProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  const environment = await openEnvironment(config, io);
  const { replayUpdate } = await import('@collm/marl');
  const team = await io.openTeam(config, environment, 'training');
  try {
    const { loss, gradNorm, metrics } = await replayUpdate(dir, team);
    const figures = { loss, grad_norm: gradNorm, ...metrics };
    for (const [name, value] of Object.entries(figures)) io.stdout.write(`${name} ${value}\n`);
    const broken = Object.keys(figures).filter((name) => !Number.isFinite(Object(figures)[name]));
    io.stderr.write(
      broken.length === 0
        ? 'All figures are finite now: what caused the failure is gone. Go on with `collm train --resume`.\n'
        : `Not finite again: ${broken.join(', ')}.\n`,
    );
    return broken.length === 0 ? exitCodes.ok : exitCodes.error;
  } finally {
    await team.dispose();
    await environment.dispose?.();
  }
}

/** @throws RunError when there is no such failure, naming those that there are */
function failureFolder(checkpoints: string, { run, step }: ReplayArguments): string {
  const names = existsSync(checkpoints) ? readdirSync(checkpoints).filter((name) => failed.test(name)) : [];
  const steps = names.map((name) => Number(failed.exec(name)?.[1])).sort((a, b) => a - b);
  const chosen = step ?? steps.at(-1);
  if (chosen !== undefined && steps.includes(chosen))
    return join(checkpoints, names.find((name) => Number(failed.exec(name)?.[1]) === chosen) as string);
  const known = steps.length === 0 ? 'It has none.' : `It has steps ${steps.join(', ')}.`;
  throw new RunError(
    `The run ${run} has kept no failed update${step === null ? '' : ` of step ${step}`}. ${known}`,
  );
}
