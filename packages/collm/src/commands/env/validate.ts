/** `collm env validate`: checks an environment of the user's own, or a data file for a task. */
import { resolve } from 'node:path';
import { checkEnvironment, type EnvironmentCheck, type Finding } from '@collm/envs';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { rangeText } from './list.js';
import { isModule, openNamed } from './open.js';
import { validateData } from './validate-data.js';

export interface ValidateArguments {
  /** A file with code, or a data file or folder. */
  readonly file: string;
  /** The task that data are for. */
  readonly env: string | null;
  readonly set: readonly string[];
}

/** Prints what was checked; the exit code says whether all is well. */
export async function validate({ file, env, set }: ValidateArguments, io: Io): Promise<number> {
  if (!isModule(file)) {
    if (env !== null) return validateData({ location: resolve(io.cwd, file), name: file, env, set }, io);
    throw new UsageError(`\`${file}\` is data: say for which task, such as \`--env tldr\`.`);
  }
  if (env !== null) throw new UsageError(`\`--env\` is for data, but \`${file}\` is an environment itself.`);
  const { environment } = await openNamed(file, set, io);
  try {
    const { name, numAgents, numTurns, rewardRange, trainItems, evalItems } = environment;
    io.stdout.write(
      `${name}: ${numAgents} agents, ${numTurns} turns, reward ${rangeText(rewardRange)}, ` +
        `${trainItems.length} items to train on, ${evalItems.length} to evaluate on\n`,
    );
    const check = await checkEnvironment(environment);
    io.stdout.write(`${checkLines(check).join('\n')}\n`);
    return check.passed ? exitCodes.ok : exitCodes.error;
  } finally {
    await environment.dispose?.();
  }
}

function checkLines({ findings, notes, turns, turnTime, passed }: EnvironmentCheck): string[] {
  const failed = findings.filter(({ failures }) => failures > 0).length;
  return [
    ...findings.flatMap(findingLines),
    ...notes.map((note) => `  note  ${note}`),
    `${turns} turns scored, ${turnTime.toFixed(2)} ms each.`,
    passed ? 'All checks passed.' : `${failed} of ${findings.length} checks failed.`,
  ];
}

function findingLines({ title, failures, examples }: Finding): string[] {
  if (failures === 0) return [`  ok    ${title}`];
  const times = failures === 1 ? '' : ` (${failures} times)`;
  return [`  FAIL  ${title}${times}`, ...examples.map((example) => `          ${example}`)];
}
