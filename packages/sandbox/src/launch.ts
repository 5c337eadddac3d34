import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The sandbox cannot work here: something is missing or broken. The message says what to do. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** Files that a worker needs, absolute and without symbolic links. */
export interface SandboxFiles {
  readonly main: string;
  readonly scripts: readonly string[];
  readonly wasmPath: string;
  readonly stdlibPath: string;
}

export function findFiles(): SandboxFiles {
  const folder = realpathSync(fileURLToPath(new URL('../worker/', import.meta.url)));
  const scripts = readdirSync(folder)
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(folder, name));
  try {
    const pyodide = dirname(realpathSync(createRequire(import.meta.url).resolve('pyodide/package.json')));
    return {
      main: join(folder, 'main.mjs'),
      scripts,
      wasmPath: realpathSync(join(pyodide, 'pyodide.asm.wasm')),
      stdlibPath: realpathSync(join(pyodide, 'python_stdlib.zip')),
    };
  } catch (cause) {
    throw new SandboxError(
      'The Python sandbox needs the package pyodide, and it or a file of it is missing. Run npm install in the folder of CoLLM.',
      { cause },
    );
  }
}

/** No network, processes, host name, mounts or shared memory of the host; a killed wrapper takes the worker along. */
const NAMESPACES = ['--user', '--net', '--pid', '--mount', '--ipc', '--uts', '--fork', '--kill-child'];

/** Neither core dumps nor files can be written. */
const LIMITS = 'ulimit -c 0; ulimit -f 0';

let probe: Promise<boolean> | undefined;

/** Whether this system lets an ordinary user make the namespaces; asked once per process. */
export function namespacesWork(): Promise<boolean> {
  probe ??= new Promise((resolve) => {
    if (process.platform !== 'linux') return resolve(false);
    const command = [...NAMESPACES, '--', '/bin/sh', '-c', LIMITS];
    execFile('unshare', command, { timeout: 5000 }, (error) => resolve(error === null));
  });
  return probe;
}

/**
 * Starts a worker process. It may read the files that it consists of and nothing else, and gets no environment.
 *
 * @param namespaces wrap it in Linux namespaces
 */
export function launchWorker(files: SandboxFiles, namespaces: boolean): ChildProcess {
  const permission = process.allowedNodeEnvironmentFlags.has('--permission')
    ? '--permission'
    : '--experimental-permission';
  const readable = [...files.scripts, files.wasmPath, files.stdlibPath];
  const node = [
    process.execPath,
    permission,
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--allow-worker',
    '--disallow-code-generation-from-strings',
    '--max-old-space-size=96',
    '--expose-gc',
    '--no-warnings',
    files.main,
  ];
  const limited =
    process.platform === 'win32' ? node : ['/bin/sh', '-c', `${LIMITS}; exec "$0" "$@"`, ...node];
  const [command = '', ...args] = namespaces ? ['unshare', ...NAMESPACES, '--', ...limited] : limited;
  return spawn(command, args, {
    cwd: dirname(files.main),
    env: environment(namespaces),
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
}

/** Only what starting a process takes: the way to `unshare`, and the one variable that Windows cannot do without. */
function environment(namespaces: boolean): NodeJS.ProcessEnv {
  if (process.platform === 'win32') return { SystemRoot: process.env.SystemRoot };
  return namespaces ? { PATH: process.env.PATH } : {};
}
