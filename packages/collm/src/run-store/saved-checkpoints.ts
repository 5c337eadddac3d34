/** What lies in the checkpoints folder of a run, for people: checkpoints, and what was set aside. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bestStep } from './checkpoints.js';
import { bytesUnder } from './disk-usage.js';
import { runPaths } from './paths.js';

export interface SavedCheckpoint {
  /** Of its folder under `checkpoints/`. */
  readonly name: string;
  /** Finished steps. */
  readonly step: number;
  readonly bytes: number;
  /** ISO 8601, UTC. */
  readonly saved: string;
  /**
   * `best` and `last` are what such options of commands mean; `failed` holds an update that was not finite; `discarded` was
   * set aside when the run went on from an earlier one.
   */
  readonly marks: readonly ('best' | 'last' | 'failed' | 'discarded')[];
}

/** All of them, by step. @param scores returns of evaluations by step */
export function savedCheckpoints(runDir: string, scores: ReadonlyMap<number, number>): SavedCheckpoint[] {
  const { checkpoints } = runPaths(runDir);
  const found = namesIn(checkpoints).flatMap((name) => {
    const parts = /^(failed-)?step-(\d+)(\.discarded-\d+)?$/.exec(name);
    if (parts === null) return [];
    const aside = parts[1] ? (['failed'] as const) : parts[3] ? (['discarded'] as const) : [];
    return { name, step: Number(parts[2]), aside };
  });
  const steps = found.flatMap(({ step, aside }) => (aside.length === 0 ? step : [])).sort((a, b) => a - b);
  const last = steps.at(-1);
  const best = bestStep(steps, scores) ?? last;
  return found
    .map(({ name, step, aside }): SavedCheckpoint => {
      const path = join(checkpoints, name);
      const good =
        aside.length > 0
          ? []
          : [...(step === best ? ['best' as const] : []), ...(step === last ? ['last' as const] : [])];
      return {
        name,
        step,
        bytes: bytesUnder(path),
        saved: statSync(path).mtime.toISOString(),
        marks: [...aside, ...good],
      };
    })
    .sort((a, b) => a.step - b.step || a.name.localeCompare(b.name));
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
