/** `collm eval --protocols …`: compares the fixed protocols and trained teams on the same items. */
import { isAbsolute } from 'node:path';
import { exitCodes, UsageError } from '../errors.js';
import { type Io, shownPath } from '../io.js';
import { comparisonJson, comparisonText, type Shown } from '../protocols/comparison-table.js';
import { openPlan, type PlanArguments } from '../protocols/plan.js';
import { compare, playRows } from '../protocols/play-rows.js';
import { Progress } from '../sinks/progress.js';
import { stopOnInterrupt } from './interrupt.js';

export interface CompareArguments extends PlanArguments {
  /** Per item; null as the configuration evaluates. */
  readonly episodes: number | null;
  readonly batchSize: number;
  readonly markdown: boolean;
  readonly json: boolean;
}

/** Plays all protocols and prints the table; returns the exit code. */
export async function compareProtocols(given: CompareArguments, io: Io): Promise<number> {
  if (given.json && given.markdown) {
    throw new UsageError('`--json` and `--markdown` are two formats. Choose one.');
  }
  const plan = await openPlan(given, io);
  const progress = new Progress(io.stderr);
  const stop = stopOnInterrupt(() =>
    progress.line('Stopping after this turn. Press Ctrl+C again to exit without a table.'),
  );
  try {
    const { batchSize } = given;
    const options = { episodes: given.episodes ?? plan.episodes, batchSize, signal: stop.signal };
    const results = await playRows(plan, options, io);
    const typed = (path: string) => (isAbsolute(path) ? shownPath(path, io) : path);
    const all: Shown = { plan, options, results, comparison: await compare(results), shownPath: typed };
    const json = () => `${JSON.stringify(comparisonJson(all), null, 2)}\n`;
    io.stdout.write(given.json ? json() : comparisonText(all, given.markdown ? 'markdown' : 'terminal'));
    if (stop.signal.aborted) return exitCodes.interrupted;
    return results.some(({ error }) => error !== undefined) ? exitCodes.error : exitCodes.ok;
  } finally {
    stop.release();
    await plan.dispose();
  }
}
