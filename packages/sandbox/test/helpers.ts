import { afterAll } from 'vitest';
import type { SandboxOptions, SandboxStep, Submission } from '../src/index.js';
import { PythonSandbox } from '../src/index.js';

/** A sandbox for one test file; it is disposed of at its end. */
export function sandboxForFile(options: SandboxOptions = {}): PythonSandbox {
  const sandbox = new PythonSandbox({ workers: 1, ...options });
  afterAll(() => sandbox.dispose());
  return sandbox;
}

/** A submission with one statement a test, and limits of time that are never reached unless `limits` says so. */
export function submission(
  program: string | null,
  tests: readonly string[] = [],
  limits: Partial<Submission> = {},
): Submission {
  return {
    program,
    tests: tests.map((source) => ({ steps: [exec(source)] })),
    loadTimeoutMs: 20_000,
    testTimeoutMs: 20_000,
    maxTimeouts: 3,
    ...limits,
  };
}

export function exec(source: string): SandboxStep {
  return { mode: 'exec', source };
}

export function evaluate(source: string): SandboxStep {
  return { mode: 'eval', source };
}

/** The error of an outcome as `Type: message`, or its status. */
export function summary(outcome: { status: string; error?: { type: string; message: string } }): string {
  return outcome.error === undefined ? outcome.status : `${outcome.error.type}: ${outcome.error.message}`;
}
