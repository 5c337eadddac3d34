export { SandboxError } from './launch.js';
export type { SandboxOptions } from './options.js';
export { PythonSandbox } from './sandbox.js';
export * from './submission.js';
