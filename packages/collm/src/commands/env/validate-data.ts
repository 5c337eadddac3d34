/** Checks a data file or folder for a task: what is in it, what would be left out, and what is wrong. */
import { type DataSource, EnvError, readDataSource, type Task, taskNamed, tasks } from '@collm/envs';
import { splitReportLines } from '../../data-report.js';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { taskOptions } from './open.js';

/** Wrong records that are shown of a split; every one costs another reading of the rest. */
const maxShown = 20;

/** Prints the outcome; the exit code says whether all is well. */
export async function validateData(
  given: { location: string; name: string; env: string; set: readonly string[] },
  io: Io,
): Promise<number> {
  const task = taskNamed(given.env);
  if (task === undefined) {
    throw new UsageError(
      `\`--env ${given.env}\` is no task. There are ${tasks.map(({ name }) => name).join(', ')}.`,
    );
  }
  const problems: string[] = [];
  const onBadRecord = (error: EnvError) => problems.push(error.message);
  const lines: string[] = [];
  try {
    const source = await readDataSource(given.location, 'all', { name: given.name, onBadRecord });
    for (const split of source.splits.keys())
      lines.push(...(await splitLines(task, source, split, given, io, problems)));
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    problems.push(error.message);
  }
  io.stdout.write([`${given.name} for ${task.name}`, ...lines.map((line) => `  ${line}`), ''].join('\n'));
  if (problems.length === 0) {
    io.stdout.write('No record is wrong.\n');
    return exitCodes.ok;
  }
  io.stdout.write(
    `Wrong, ${problems.length}:\n${problems
      .slice(0, maxShown)
      .map((text) => `  ${text}\n`)
      .join('')}`,
  );
  if (problems.length > maxShown) io.stdout.write(`  and ${problems.length - maxShown} more\n`);
  return exitCodes.error;
}

/** The report on one split; what makes the task refuse it is taken out of it, and into `problems`. */
async function splitLines(
  task: Task,
  source: DataSource,
  split: string,
  { env, set }: { env: string; set: readonly string[] },
  { cwd }: Io,
  problems: string[],
): Promise<string[]> {
  const options = { ...taskOptions(env, set, cwd), trainSplit: '[:]', evalSplit: null };
  let records = source.splits.get(split) ?? [];
  for (let wrong = 0; ; wrong++) {
    try {
      const environment = task.open(options, { name: source.name, splits: new Map([['', records]]) });
      const { dataReport, trainItems } = environment;
      await environment.dispose?.();
      const name = split === '' ? 'all' : split;
      return dataReport === undefined
        ? [`${name}: ${trainItems.length} items`]
        : splitReportLines(name, source.name, dataReport.train);
    } catch (error) {
      if (!(error instanceof EnvError) || error.code !== 'bad_dataset') throw error;
      problems.push(error.message);
      const { message } = error;
      const left = records.filter(({ where }) => !message.startsWith(`${where}:`));
      if (left.length === records.length || left.length === 0 || wrong >= maxShown) return [];
      records = left;
    }
  }
}
