/** What trackers have in common: optional outputs of a training that must never stop it. */
import type { TrainerEvent } from '@collm/marl';
import { withoutPaths } from '../config/named-paths.js';
import type { Config } from '../config/schema.js';
import { messageOf } from '../errors.js';

/** How an attempt at a run has ended; `stopped` leaves steps undone. */
export type Outcome = 'finished' | 'stopped' | 'failed';

/** A sink of trainer events with an end. */
export interface Tracker {
  onEvent(event: TrainerEvent): void;
  /** Writes or sends what is left, within a time of its own. */
  close(outcome: Outcome): Promise<void> | void;
}

/**
 * The same tracker, which at its first error tells of it in a line and from then on does nothing.
 *
 * @param open makes it
 */
export function guarded(name: string, tell: (line: string) => void, open: () => Tracker): Tracker {
  let tracker: Tracker | null = null;
  const give = (error: unknown) => {
    tracker = null;
    tell(`${name} is off from here on, the run goes on: ${messageOf(error)}`);
  };
  const attempt = (work: () => void) => {
    try {
      work();
    } catch (error) {
      give(error);
    }
  };
  attempt(() => {
    tracker = open();
  });
  return {
    onEvent: (event) => attempt(() => tracker?.onEvent(event)),
    close: async (outcome) => {
      try {
        await tracker?.close(outcome);
      } catch (error) {
        give(error);
      }
      tracker = null;
    },
  };
}

/** The settings of a run by dotted key, as trackers show them: lists as JSON, names for paths, without those that are null. */
export function flatSettings(config: Config): Record<string, string | number | boolean> {
  const flat: Record<string, string | number | boolean> = {};
  const add = (prefix: string, value: unknown) => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) flat[prefix] = JSON.stringify(value);
    else if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) add(prefix === '' ? key : `${prefix}.${key}`, inner);
    } else flat[prefix] = value as string | number | boolean;
  };
  const { tracking: _, ...settings } = withoutPaths(config);
  add('', settings);
  return flat;
}
