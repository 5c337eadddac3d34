/** The options of `collm runs …` and `collm samples`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';

/** Adds `collm runs …` and `collm samples`; `done` takes the exit code. */
export function registerRunsCommands(_program: Command, _io: Io, _done: (code: number) => void): void {}
