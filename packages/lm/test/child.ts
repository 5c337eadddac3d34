import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('./children/', import.meta.url));

/** Starts a file of test/children, from source, as a process of its own, which may crash or be killed without harm. */
export function startChild(name: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', `${folder}${name}`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TSX_TSCONFIG_PATH: `${folder}tsconfig.json` },
  });
}

/** Runs a child to its end. */
export async function runChild(
  name: string,
  ...args: readonly string[]
): Promise<{ code: number | null; signal: NodeJS.Signals | null; out: string }> {
  const child = startChild(name, ...args);
  let out = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, out }));
  });
}
