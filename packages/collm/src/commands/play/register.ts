/** The options of `collm play` and `collm chat`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';

/** Adds `collm play` and `collm chat`; `done` takes the exit code. */
export function registerPlayCommands(_program: Command, _io: Io, _done: (code: number) => void): void {}
