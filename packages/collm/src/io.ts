import { relative } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ProgressStream } from './sinks/progress.js';
import type { TeamFactory } from './team.js';

/** What a command works with: tests bring their own. */
export interface Io {
  /** Results. */
  readonly stdout: ProgressStream;
  /** Progress and errors. */
  readonly stderr: ProgressStream;
  /** All of what is piped in. */
  readonly readInput: () => Promise<string>;
  /** The same, piece by piece. */
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly openTeam: TeamFactory;
  readonly cwd: string;
}

/** The process's own streams and language models. */
export const processIo: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  readInput: () => text(process.stdin),
  input: () => process.stdin,
  // Loaded when a team is opened, so that `--help` needs little.
  openTeam: async (...given) => (await import('./team.js')).openTeam(...given),
  cwd: process.cwd(),
};

/** A path as the user would type it. */
export function shownPath(path: string, { cwd }: Pick<Io, 'cwd'>): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') ? path : short;
}
