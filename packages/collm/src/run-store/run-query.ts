/** What can be asked about the runs of a folder. */

/** `killed`: its process ended without saying so. `unknown`: it has left no trace of how it ended. */
export const runStates = ['running', 'paused', 'finished', 'stopped', 'failed', 'killed', 'unknown'] as const;

export type RunState = (typeof runStates)[number];

/** By times and figures from the highest, by texts from A, then by name; runs without it come last. */
export const runOrders = [
  'created',
  'updated',
  'name',
  'state',
  'algorithm',
  'environment',
  'step',
  'last',
  'best',
  'duration',
] as const;

export type RunOrder = (typeof runOrders)[number];

export const ascending: readonly RunOrder[] = ['name', 'state', 'algorithm', 'environment'];

/** Which runs, and in which order; null is any, and all. */
export interface RunQuery {
  readonly states: readonly RunState[] | null;
  readonly algorithm: string | null;
  readonly environment: string | null;
  readonly sort: RunOrder;
  readonly limit: number | null;
}
