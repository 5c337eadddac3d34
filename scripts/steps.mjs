// How the set-up talks: one line per step with its seconds, a command's output only when it fails.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Says what is wrong and what to do. Printed without a stack: it is for the user, not about the code. */
export class SetupError extends Error {
  /**
   * @param {string} problem
   * @param {string} cure
   * @param {string} [details] a command's output
   */
  constructor(problem, cure, details = '') {
    super(`${problem}\n${cure}`);
    this.name = 'SetupError';
    this.problem = problem;
    this.cure = cure;
    this.details = details;
  }
}

/**
 * Runs one step of the set-up and prints its line.
 * @template T
 * @param {string} title
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(title, work) {
  const start = performance.now();
  const live = process.stderr.isTTY;
  if (live) process.stderr.write(`… ${title}`);
  const end = (/** @type {string} */ mark) => {
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stderr.write(`${live ? '\r\x1b[K' : ''}${mark} ${title} (${seconds} s)\n`);
  };
  try {
    const result = await work();
    end('✓');
    return result;
  } catch (error) {
    end('✗');
    throw error;
  }
}

/**
 * Runs a command quietly; resolves with its exit code and everything it printed. Code 127: the command is not there.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function capture(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd: root, ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.on('error', (error) => done({ code: 127, output: error.message }));
    child.on('close', (code, signal) =>
      done({ code: code ?? 1, output: signal ? `${output}\n${signal}` : output }),
    );
  });
}

/**
 * Runs a command with this terminal; resolves with its exit code. Ctrl+C reaches it from the terminal itself, so it
 * is not passed on; SIGTERM, which goes to one process only, is.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
export function show(command, args) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
    const ignore = () => {};
    const forward = () => child.kill('SIGTERM');
    process.on('SIGINT', ignore).on('SIGTERM', forward);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward);
      done(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** The end of a long output: compilers and installers say what went wrong last. @param {string} output */
export function tail(output, lines = 60) {
  const all = output.trimEnd().split('\n');
  return all.length <= lines ? all.join('\n') : `[…]\n${all.slice(-lines).join('\n')}`;
}

/**
 * Runs a script's main function; a SetupError becomes a message and exit code 1.
 * @param {() => Promise<number | undefined>} main
 */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? process.exitCode;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    if (error.details) process.stderr.write(`\n${tail(error.details)}\n`);
    process.stderr.write(`\nError: ${error.message}\n`);
    process.exitCode = 1;
  }
}
