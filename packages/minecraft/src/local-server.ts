/** A Minecraft server of our own: an empty world in a worker thread, in memory, on the loopback interface. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Cell } from '@collm/envs';
import { requireInstalled, serverFolder } from './bot.js';
import { MinecraftError } from './error.js';

/** Minecraft's version where none is asked for: the newest that the installed packages know. */
export const defaultVersion = '1.21.4';

const START_TIMEOUT_MS = 60_000;

export interface LocalServer {
  readonly host: string;
  /** Any that was free. */
  readonly port: number;
  readonly version: string;
  /** Rejects with what the server died of; pending while it runs. */
  readonly died: Promise<never>;
  close(): Promise<void>;
}

export interface LocalServerOptions {
  readonly version?: string;
  /** Where players appear. */
  readonly spawn: Cell;
  /** Most players. */
  readonly players: number;
}

type Report = { readonly port: number } | { readonly unsupported: readonly string[] };

/** @throws {MinecraftError} `not_installed`, `wrong_version`, `timed_out` or `server_failed` */
export async function startLocalServer({
  version = defaultVersion,
  spawn,
  players,
}: LocalServerOptions): Promise<LocalServer> {
  requireInstalled();
  const worker = new Worker(join(serverFolder, 'local-server.mjs'), {
    workerData: { version, spawn: [spawn.x, spawn.y, spawn.z], players },
    // Not ours: it prompts for commands of an operator and logs.
    stdin: true,
    stdout: true,
    stderr: true,
  });
  worker.stdout.resume();
  worker.stderr.pipe(process.stderr);
  const died = new Promise<never>((_, reject) => {
    const fail = (why: string, cause?: unknown) =>
      reject(
        new MinecraftError('server_failed', `The built-in Minecraft server broke down: ${why}`, { cause }),
      );
    worker.once('error', (cause) => fail((cause as Error).message, cause));
    worker.once('exit', () => fail('its thread ended.'));
  });
  died.catch(() => {}); // Whoever waits for it hears of it.
  try {
    const report = await Promise.race([firstReport(worker), died]);
    if ('unsupported' in report) {
      throw new MinecraftError(
        'wrong_version',
        `The built-in server does not know Minecraft ${version}. It knows ${report.unsupported.join(', ')}.`,
      );
    }
    return {
      host: '127.0.0.1',
      port: report.port,
      version,
      died,
      close: async () => {
        await worker.terminate();
      },
    };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function firstReport(worker: Worker): Promise<Report> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new MinecraftError(
          'timed_out',
          `The Minecraft server did not start within ${START_TIMEOUT_MS / 1000} seconds. Try again when the machine is less busy.`,
        ),
      );
    }, START_TIMEOUT_MS).unref();
    worker.once('message', (report: Report) => {
      clearTimeout(timer);
      resolve(report);
    });
  });
}
