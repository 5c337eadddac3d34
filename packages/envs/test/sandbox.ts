/** One sandbox for the tests of a file. */
import { PythonSandbox } from '@collm/sandbox';
import { afterAll } from 'vitest';

export function sharedSandbox(): PythonSandbox {
  const sandbox = new PythonSandbox();
  afterAll(() => sandbox.dispose());
  return sandbox;
}
