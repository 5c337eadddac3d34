/** The options of `collm serve`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';

/** Adds `collm serve`; `done` takes the exit code. */
export function registerServeCommand(_program: Command, _io: Io, _done: (code: number) => void): void {}
