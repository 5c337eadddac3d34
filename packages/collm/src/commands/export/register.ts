/** The options of `collm export`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';

/** Adds `collm export`; `done` takes the exit code. */
export function registerExportCommand(_program: Command, _io: Io, _done: (code: number) => void): void {}
