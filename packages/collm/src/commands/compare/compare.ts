/** `collm compare`: groups of runs at equal environment steps. */
import { resolve } from 'node:path';
import { compareGroups } from '../../compare/compare-runs.js';
import { comparisonPage } from '../../compare/comparison-page.js';
import { checkFairness } from '../../compare/fairness.js';
import { groupRuns } from '../../compare/group-runs.js';
import { type ComparedRun, loadRun } from '../../compare/load-run.js';
import { selectRuns } from '../../compare/select-runs.js';
import { comparisonJson, comparisonMarkdown, comparisonText } from '../../compare/show-comparison.js';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { writeFileDurably } from '../../run-store/durable.js';

export interface CompareArguments {
  readonly runs: readonly string[];
  /** `algorithm` or a key of the configuration; null groups by all that differs. */
  readonly by: string | null;
  readonly metric: string;
  /** In (0, 1). */
  readonly confidence: number;
  /** null: the runs' own `train.target_return`, if they share one and returns are compared. */
  readonly target: number | null;
  /** Keys that may differ although that makes the comparison unfair. */
  readonly allow: readonly string[];
  readonly runsDir: string;
  readonly json: boolean;
  readonly markdown: boolean;
  /** File to write a page to. */
  readonly out: string | null;
}

const DEFAULT_COLUMNS = 100;

/** Prints the comparison and writes its page; returns the exit code. */
export function compareRuns(given: CompareArguments, io: Io): number {
  if (given.json && given.markdown) throw new UsageError('`--json` and `--markdown` exclude each other.');
  const { metric, confidence } = given;
  const found = selectRuns(given.runs, given.runsDir, io.cwd).map((dir) => loadRun(dir, metric));
  const grouping = groupRuns(found, given.by);
  const runs = grouping.groups.flatMap((group) => group.runs);
  const allowed = given.by === null ? given.allow : [...given.allow, given.by];
  const fairness = checkFairness(runs, metric, allowed);
  const target = given.target ?? targetOf(runs, metric);
  const compared = compareGroups(grouping.groups, { metric, confidence, target });
  const shown = { compared, grouping, warnings: [...grouping.warnings, ...fairness] };
  if (given.json) io.stdout.write(`${JSON.stringify(comparisonJson(shown), null, 2)}\n`);
  else if (given.markdown) io.stdout.write(comparisonMarkdown(shown));
  else io.stdout.write(comparisonText(shown, io.stdout.columns ?? DEFAULT_COLUMNS));
  if (given.out !== null) {
    writeFileDurably(resolve(io.cwd, given.out), comparisonPage(shown));
    io.stderr.write(`Written: ${given.out}\n`);
  }
  return exitCodes.ok;
}

/** The target that the runs were trained with, if it is one for all. */
function targetOf(runs: readonly ComparedRun[], metric: string): number | null {
  const targets = new Set(runs.map(({ config }) => config.get('train.target_return')));
  const [target] = targets;
  return metric === 'eval/return' && targets.size === 1 && typeof target === 'number' ? target : null;
}
