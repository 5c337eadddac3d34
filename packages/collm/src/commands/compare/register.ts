/** The options of `collm compare`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';

/** Adds `collm compare`; `done` takes the exit code. */
export function registerCompareCommand(_program: Command, _io: Io, _done: (code: number) => void): void {}
