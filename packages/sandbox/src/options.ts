import { availableParallelism } from 'node:os';

/** Settings of a `PythonSandbox`. */
export interface SandboxOptions {
  /** Submissions that run at once, >= 1. Default: one fewer than the processors, at least 1 and at most 8. */
  readonly workers?: number;
  /** Warm workers that stand by for those that have to be killed, >= 0. Default 1. */
  readonly spares?: number;
  /** Memory that Python may use in MiB, 64 to 2048. Default 256. */
  readonly memoryMiB?: number;
  /** Bytes of printed output that are kept of the program and of each test together, >= 0. Default 65536. */
  readonly outputBytes?: number;
  /**
   * Linux namespaces around each worker: `auto` (default) where this system allows it, `require` fails where it does
   * not, `off` never.
   */
  readonly namespaces?: 'auto' | 'require' | 'off';
}

export type ResolvedOptions = Required<SandboxOptions>;

export function resolveOptions(options: SandboxOptions): ResolvedOptions {
  const namespaces = options.namespaces ?? 'auto';
  if (!['auto', 'require', 'off'].includes(namespaces)) {
    throw new RangeError(`namespaces is ${JSON.stringify(namespaces)}; use auto, require or off.`);
  }
  return {
    workers: integer('workers', options.workers, defaultWorkers(), 1, 256),
    spares: integer('spares', options.spares, 1, 0, 256),
    memoryMiB: integer('memoryMiB', options.memoryMiB, 256, 64, 2048),
    outputBytes: integer('outputBytes', options.outputBytes, 65_536, 0, 16 * 1024 * 1024),
    namespaces,
  };
}

function defaultWorkers(): number {
  return Math.min(8, Math.max(1, availableParallelism() - 1));
}

function integer(
  name: string,
  given: number | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  const value = given ?? fallback;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} is ${value}; it has to be a whole number from ${least} to ${most}.`);
}
