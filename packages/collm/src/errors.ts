/** Errors that a user can act on. The command line prints their message without a stack. */

/** Exit codes of the command line. */
export const exitCodes = { ok: 0, error: 1, usage: 2, interrupted: 130 } as const;

export type CollmErrorCode = 'CONFIG' | 'RUN' | 'USAGE' | 'MODEL';

/** What went wrong, why, and what to do about it, in one message. */
export class CollmError extends Error {
  override readonly name: string = 'CollmError';
  constructor(
    readonly code: CollmErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Dotted path of the key, e.g. `train.top_p`; empty for the file as a whole. */
  readonly path: string;
  /** What is there, what is allowed, and what to do: full sentences that name the path. */
  readonly message: string;
}

/** A configuration that cannot be used, with every problem found in it. */
export class ConfigError extends CollmError {
  override readonly name = 'ConfigError';
  constructor(
    readonly problems: readonly Problem[],
    options?: ErrorOptions,
  ) {
    super('CONFIG', describe(problems), options);
  }
}

/** A run folder that is missing, in use, incomplete or damaged. */
export class RunError extends CollmError {
  override readonly name = 'RunError';
  constructor(message: string, options?: ErrorOptions) {
    super('RUN', message, options);
  }
}

/** Options and arguments that do not go together. */
export class UsageError extends CollmError {
  override readonly name = 'UsageError';
  constructor(message: string) {
    super('USAGE', message);
  }
}

/** The message of anything thrown; where it is not one of ours, with its causes on lines of their own. */
export function messageOf(error: unknown): string {
  if (error instanceof CollmError) return error.message;
  const lines: string[] = [];
  for (let cause = error; cause !== undefined && cause !== null; ) {
    const text = cause instanceof Error ? cause.message || cause.name : String(cause);
    if (!lines.some((line) => line.includes(text))) lines.push(text);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return lines.join('\n  because: ');
}

function describe(problems: readonly Problem[]): string {
  if (problems.length === 1) return problems[0]?.message as string;
  return `${problems.length} problems in the configuration:\n${problems.map(({ message }) => `  - ${message}`).join('\n')}`;
}
