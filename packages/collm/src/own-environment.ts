/** Environments of users: a file that exports one. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { EnvError, type Environment, environmentProblems } from '@collm/envs';

/**
 * Opens the environment that a file exports by default: the environment itself, a class of it, or a function that makes
 * it, which may be asynchronous. Class and function are given the options. The file's code is run.
 *
 * @param path absolute; .mjs, .js, or .ts where this Node reads that
 * @param options of the user's own making
 * @throws {EnvError} `bad_option` saying why there is no environment
 */
export async function openOwnEnvironment(path: string, options: object): Promise<Environment> {
  if (!existsSync(path)) throw problem(`there is no file \`${path}\`. Check the path.`);
  const exported = await importDefault(path);
  const environment = await make(path, exported, options);
  const problems = environmentProblems(environment);
  if (problems.length > 0) {
    throw problem(
      `\`${path}\` exports no environment: ${problems.slice(0, 5).join(' ')} See docs/environments.md.`,
    );
  }
  return environment as Environment;
}

async function importDefault(path: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(path).href);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw problem(
        `this Node (${process.version}) does not read \`${path}\`. Write it as .mjs, take Node 22.18 or newer, or start with \`npx tsx\`.`,
        cause,
      );
    }
    // An import does not tell the line of a mistake in the grammar.
    const cure = cause instanceof SyntaxError ? `. \`node --check ${path}\` shows where` : '';
    throw problem(`\`${path}\` cannot be loaded: ${message.replace(/\.$/, '')}${cure}.`, cause);
  }
  if (module.default !== undefined) return module.default;
  const names = Object.keys(module).join(', ') || 'nothing';
  throw problem(`\`${path}\` has no default export; it exports ${names}. Write \`export default …\`.`);
}

async function make(path: string, exported: unknown, options: object): Promise<unknown> {
  if (typeof exported !== 'function') {
    const given = Object.keys(options);
    if (given.length === 0) return exported;
    throw problem(
      `\`options\` has ${given.join(', ')}, but \`${path}\` exports an environment and no function that could take them.`,
    );
  }
  try {
    const isClass = /^class\b/.test(Function.prototype.toString.call(exported));
    return isClass
      ? new (exported as new (options: object) => unknown)(options)
      : await (exported as (options: object) => unknown)(options);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw problem(`\`${path}\` threw while it made its environment: ${message}`, cause);
  }
}

function problem(message: string, cause?: unknown): EnvError {
  return new EnvError('bad_option', message, cause === undefined ? undefined : { cause });
}
