/** The processes of a benchmark. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Limits } from '@collm/serve';

function start(name: string, args: readonly (string | number)[]): ChildProcess {
  const file = fileURLToPath(new URL(name, import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', file, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** What a child prints. */
export async function output(name: string, ...args: readonly (string | number)[]): Promise<string> {
  const child = start(name, args);
  let text = '';
  child.stdout?.on('data', (data) => {
    text += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}.`);
  return text;
}

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Ends it; gives what it printed last. */
  stop(): Promise<string>;
}

export async function startServerProcess(
  model: string,
  threads: number,
  limits: Partial<Limits> = {},
): Promise<ServerProcess> {
  const child = start('server-child.ts', [model, threads, JSON.stringify(limits)]);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const { value: url } = await lines.next();
  return {
    url: url as string,
    pid: child.pid as number,
    stop: async () => {
      child.kill('SIGTERM');
      const { value } = await lines.next();
      await once(child, 'close');
      return value as string;
    },
  };
}
