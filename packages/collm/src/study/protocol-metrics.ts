/** What `collm eval --protocols … --json` prints, as metrics by the names that training's evaluations have. */
import { RunError } from '../errors.js';
import type { PointRecord } from './types.js';

interface Printed {
  readonly protocols?: readonly {
    readonly episodes?: number;
    readonly failed?: number;
    readonly summary?: Readonly<Record<string, { readonly mean?: number }>>;
  }[];
}

/** The metrics of the one protocol that was played. @throws RunError when it is something else */
export function protocolMetrics(printed: string): PointRecord['metrics'] {
  let result: Printed;
  try {
    result = JSON.parse(printed) as Printed;
  } catch (cause) {
    throw new RunError('`collm eval --protocols` printed no JSON. Run the study again.', { cause });
  }
  const [row] = result.protocols ?? [];
  const { episodes = 0, failed = 0, summary } = row ?? {};
  if (summary === undefined) {
    throw new RunError('`collm eval --protocols` printed no summary of the protocol. Run the study again.');
  }
  // Seconds are of the machine: records of equal trials are equal.
  const means = Object.entries(summary).flatMap(([name, { mean }]) =>
    typeof mean === 'number' && name !== 'seconds' ? [[`eval/${name}`, mean] as const] : [],
  );
  return {
    'eval/episodes': episodes,
    'eval/failed_episodes': episodes + failed === 0 ? 0 : failed / (episodes + failed),
    ...Object.fromEntries(means),
  };
}
