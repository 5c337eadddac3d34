/**
 * The checkpoints of a run: `checkpoints/step-NNNNNN/` with `agent-0/`, .., `critic/` or `critic-0/`, .., and `state.json`. A
 * folder under its final name is complete: it is written under a name with a dot in front, made durable, and
 * renamed.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint, CheckpointStore, TrainerState } from '@collm/marl';
import { RunError } from '../errors.js';
import { filesUnder, hashFile, syncPath, syncTree } from './durable.js';

const STATE = 'state.json';
const FOLDER = /^step-(\d{6,})$/;

interface StateFile {
  readonly trainer: TrainerState;
  /** Every other file of the checkpoint with its size and SHA-256, to notice damage. */
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

export interface RetentionOptions {
  /** Newest checkpoints to keep, >= 1. */
  readonly keepLast: number;
  /** Evaluation return by step; the checkpoint with the highest one is kept too. */
  readonly scores: ReadonlyMap<number, number>;
  /** Called before a checkpoint becomes visible, to make durable what belongs to it. */
  readonly beforeCommit?: () => void;
}

/** Writes the checkpoints of a run and removes old ones. */
export class RunCheckpoints implements CheckpointStore {
  constructor(
    private readonly dir: string,
    private readonly retention: RetentionOptions,
  ) {
    mkdirSync(dir, { recursive: true });
  }

  async save(state: TrainerState, write: (dir: string) => Promise<void>): Promise<string> {
    const place = await this.#keep(folderName(state.step), state, write);
    this.#prune();
    return place;
  }

  /** Keeps what a step failed at as `failed-step-NNNNNN`, which is never taken for a checkpoint. */
  saveFailure(state: TrainerState, write: (dir: string) => Promise<void>): Promise<string> {
    return this.#keep(`failed-${folderName(state.step)}`, state, write);
  }

  async #keep(name: string, state: TrainerState, write: (dir: string) => Promise<void>): Promise<string> {
    const temporary = join(this.dir, `.new-${name}`);
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary);
    try {
      await write(temporary);
      const content: StateFile = { trainer: state, files: await describeFiles(temporary) };
      writeFileSync(join(temporary, STATE), `${JSON.stringify(content, null, 2)}\n`);
      syncTree(temporary);
      this.retention.beforeCommit?.();
    } catch (error) {
      // The disk may be full.
      rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
    const place = join(this.dir, name);
    const old = join(this.dir, `.old-${name}`);
    if (existsSync(place)) renameSync(place, old);
    renameSync(temporary, place);
    syncPath(this.dir);
    rmSync(old, { recursive: true, force: true });
    return place;
  }

  #prune(): void {
    const steps = checkpointSteps(this.dir);
    const keep = new Set(steps.slice(-this.retention.keepLast));
    const best = bestStep(steps, this.retention.scores);
    if (best !== undefined) keep.add(best);
    for (const step of steps.filter((one) => !keep.has(one))) {
      // Renamed first: a kill while removing must not leave half a checkpoint under a good name.
      const doomed = join(this.dir, `.bin-${folderName(step)}`);
      renameSync(join(this.dir, folderName(step)), doomed);
      rmSync(doomed, { recursive: true, force: true });
    }
  }
}

/**
 * Puts checkpoints of later steps out of the way when a run goes on from an earlier one. They stay in the
 * folder as `step-NNNNNN.discarded-<attempt>`.
 */
export function setAsideAfter(dir: string, step: number, attempt: number): void {
  for (const later of checkpointSteps(dir).filter((one) => one > step)) {
    renameSync(join(dir, folderName(later)), join(dir, `${folderName(later)}.discarded-${attempt}`));
  }
}

/** Steps that have a complete checkpoint, ascending. */
export function checkpointSteps(dir: string): number[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .flatMap((name) => FOLDER.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** The step with the highest score among those that have one; the latest of equals. */
export function bestStep(steps: readonly number[], scores: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const step of steps) {
    const score = scores.get(step);
    if (score === undefined) continue;
    if (best === undefined || score >= (scores.get(best) as number)) best = step;
  }
  return best;
}

/**
 * Opens a checkpoint and checks that every file is as it was written.
 *
 * @param others steps of checkpoints to go on from instead
 * @throws RunError naming the damage and the checkpoint to go on from instead
 */
export async function openCheckpoint(
  dir: string,
  step: number,
  runDir: string,
  others: readonly number[] = checkpointSteps(dir).filter((one) => one !== step),
): Promise<Checkpoint> {
  const folder = join(dir, folderName(step));
  if (!existsSync(folder)) {
    const known = others.length === 0 ? 'It has none yet.' : `It has steps ${others.join(', ')}.`;
    throw new RunError(`The run ${runDir} has no checkpoint of step ${step}. ${known}`);
  }
  const damage = (what: string, cause?: unknown) => {
    const before = others.filter((one) => one <= step).at(-1);
    const cure =
      before === undefined
        ? 'There is no earlier one: start the run again from its config.yaml.'
        : `Go on from the one before with \`collm train --resume ${runDir} --from ${before}\`.`;
    return new RunError(`The checkpoint ${folder} is damaged: ${what}. ${cure}`, { cause });
  };
  const content = readState(join(folder, STATE), damage);
  for (const [name, { bytes, sha256 }] of Object.entries(content.files)) {
    const path = join(folder, name);
    if (!existsSync(path)) throw damage(`${name} is missing`);
    const size = statSync(path).size;
    if (size !== bytes) throw damage(`${name} has ${size} bytes instead of ${bytes}`);
    if ((await hashFile(path)) !== sha256) throw damage(`${name} does not have the content that was written`);
  }
  return { dir: folder, state: content.trainer };
}

function readState(path: string, damage: (what: string, cause?: unknown) => RunError): StateFile {
  try {
    const content = JSON.parse(readFileSync(path, 'utf8')) as StateFile;
    if (!Number.isInteger(content.trainer.step) || typeof content.files !== 'object') {
      throw new TypeError('fields are missing');
    }
    return content;
  } catch (cause) {
    throw damage(`${STATE} cannot be read`, cause);
  }
}

async function describeFiles(dir: string): Promise<StateFile['files']> {
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of filesUnder(dir)) {
    const path = join(dir, name);
    files[name] = { bytes: statSync(path).size, sha256: await hashFile(path) };
  }
  return files;
}

/** Finishes or undoes what a kill interrupted. For whoever holds the lock of the run. */
export function recoverCheckpoints(dir: string): void {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    if (!/^\.(new|old|bin)-(failed-)?step-/.test(name)) continue;
    const replaced = join(dir, name.replace('.old-', ''));
    if (name.startsWith('.old-') && !existsSync(replaced)) renameSync(join(dir, name), replaced);
    else rmSync(join(dir, name), { recursive: true, force: true });
  }
}

function folderName(step: number): string {
  return `step-${String(step).padStart(6, '0')}`;
}
