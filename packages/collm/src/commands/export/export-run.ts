/** `collm export`: agents of a run as folders that other tools open. */
import { statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checkpoint } from '@collm/marl';
import type { DType } from '@collm/torch';
import { formatName } from '../../dtypes.js';
import { exitCodes, RunError, UsageError } from '../../errors.js';
import { type BaseName, baseName } from '../../export/base-name.js';
import { gatherFacts } from '../../export/card-facts.js';
import { comparisonSentence, modelCard } from '../../export/model-card.js';
import { agentsOf, chooseAgents, type RunAgent } from '../../export/run-agent.js';
import { writeFolder } from '../../export/staging.js';
import { checkTarget, type ExportTarget } from '../../export/target.js';
import { type WrittenModel, writeModel } from '../../export/write-model.js';
import { formatBytes } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { checkpointSteps, openCheckpoint } from '../../run-store/checkpoints.js';
import { filesUnder } from '../../run-store/durable.js';
import { openNamedRun, type RunName } from '../../run-store/resolve-run.js';
import type { OpenedRun } from '../../run-store/run-folder.js';
import { Progress } from '../../sinks/progress.js';
import { chooseStep } from '../eval.js';
import { stopOnInterrupt } from '../interrupt.js';

export interface ExportArguments extends RunName {
  /** A number, `all`, or null for the only agent. */
  readonly agent: string | null;
  readonly to: ExportTarget;
  /** `best`, `last` or a step. */
  readonly checkpoint: string;
  readonly out: string;
  readonly dtype: DType | null;
  readonly baseModel: string | null;
  readonly json: boolean;
}

interface Exported {
  readonly agent: RunAgent;
  readonly dir: string;
  readonly written: WrittenModel;
}

/** Writes the folders and prints what came of the comparison; returns the exit code. */
export async function exportRun(given: ExportArguments, io: Io): Promise<number> {
  const run = openNamedRun(given, io.cwd);
  const checkpoint = await openChosen(run, given, io);
  const agents = chooseAgents(agentsOf(run.config, checkpoint), given.agent, run.config);
  for (const agent of agents) checkTarget(agent, given.to);
  if (given.to === 'peft' && given.dtype !== null) {
    throw new UsageError('`--dtype` does not go with `--to peft`: an adapter is written as it was trained.');
  }
  const base = given.baseModel === null ? null : namedBase(given.baseModel);
  const progress = new Progress(io.stderr);
  const stop = stopOnInterrupt(() => progress.line('\nStopping. Press Ctrl+C again to exit at once.'));
  const watch = { io, status: (text: string) => progress.status(text), signal: stop.signal };
  const exported: Exported[] = [];
  try {
    const facts = await gatherFacts(run, checkpoint, (line) => progress.line(line));
    await writeFolder(resolve(io.cwd, given.out), given.out, async (staging) => {
      for (const agent of agents) {
        const place = given.agent === 'all' ? `agent-${agent.index}` : '';
        const from = base ?? baseName(agent.startedFrom);
        const dir = join(staging, place);
        const written = await writeModel(agent, dir, { to: given.to, dtype: given.dtype, base: from }, watch);
        const card = modelCard({ facts, agent, to: given.to, base: from, written });
        writeFileSync(join(dir, 'README.md'), card);
        exported.push({ agent, dir: join(given.out, place), written });
        if (given.to === 'peft') tellLocalBase(from, progress);
      }
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.line('Stopped; nothing was written.');
    return exitCodes.interrupted;
  } finally {
    stop.release();
  }
  print(exported, given, checkpoint.state.step, io);
  return exitCodes.ok;
}

/** @throws RunError naming other checkpoints to export, where the chosen one is damaged or not there */
async function openChosen(run: OpenedRun, { checkpoint }: ExportArguments, io: Io): Promise<Checkpoint> {
  const step = chooseStep(run, checkpoint);
  try {
    return await openCheckpoint(run.paths.checkpoints, step, shownPath(run.paths.dir, io));
  } catch (cause) {
    const others = checkpointSteps(run.paths.checkpoints).filter((one) => one !== step);
    if (!(cause instanceof RunError) || others.length === 0) throw cause;
    const choices = others.map((one) => `--checkpoint ${one}`).join(', ');
    throw new RunError(`${cause.message} To export another one, add one of ${choices}.`, { cause });
  }
}

/** @throws UsageError when it is no name that the hub could have */
function namedBase(text: string): BaseName {
  const name = baseName(text);
  if (name.onHub) return name;
  throw new UsageError(
    `\`--base-model ${text}\` is no name of the hub. Write it as org/name or org/name@revision.`,
  );
}

function tellLocalBase({ name, onHub }: BaseName, progress: Progress): void {
  if (onHub) return;
  progress.line(
    `The adapter names ${name} as its base model, which other machines do not have. Name one of the hub with \`--base-model org/name\` before you pass it on.`,
  );
}

function print(
  exported: readonly Exported[],
  { to, json, out }: ExportArguments,
  step: number,
  io: Io,
): void {
  if (json) {
    const agents = exported.map(({ agent, dir, written }) => ({
      agent: agent.index,
      dir,
      dtype: formatName(written.dtype),
      logits: written.comparison,
    }));
    io.stdout.write(`${JSON.stringify({ out, to, step, agents }, null, 2)}\n`);
    return;
  }
  for (const { agent, dir, written } of exported) {
    const who = agent.shared ? 'all agents' : `agent-${agent.index}`;
    io.stdout.write(
      `${dir}\n  ${who} at step ${step}, ${to}, ${formatName(written.dtype)}, ${formatBytes(sizeOf(resolve(io.cwd, dir)))}\n` +
        `  ${comparisonSentence(written.comparison, to)}\n`,
    );
  }
}

function sizeOf(dir: string): number {
  return filesUnder(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);
}
