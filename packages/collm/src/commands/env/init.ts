/** `collm init`: an environment of the user's own to start from. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';

/** A whole environment named `my-env`, with a test, a configuration and a README. */
const template = fileURLToPath(new URL('../../../templates/environment', import.meta.url));

/** Writes the files; returns the exit code. */
export function initEnvironment({ name, dir }: { name: string; dir: string }, io: Io): number {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new UsageError(
      `\`${name}\` is no name for an environment: write small letters, digits and hyphens, as in my-env.`,
    );
  }
  const rename = (text: string) =>
    text
      .replaceAll('my-env', name)
      .replaceAll('my_env', name.replaceAll('-', '_'))
      .replaceAll(
        'myEnv',
        name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
      );
  const folder = resolve(io.cwd, dir);
  const files = readdirSync(template).map((file) => [file, rename(file)] as const);
  const known = files.map(([, file]) => file).filter((file) => existsSync(join(folder, file)));
  if (known.length > 0) {
    throw new UsageError(
      `${join(dir, known[0] as string)} is there already. Choose another name, or another \`--dir\`.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  for (const [file, renamed] of files) {
    writeFileSync(join(folder, renamed), rename(readFileSync(join(template, file), 'utf8')));
  }
  io.stdout.write(
    `Wrote ${files.map(([, file]) => join(dir, file)).join(', ')}.\n` +
      `Next:\n  cd ${dir} && node --test\n  npx collm env validate ${name}.mjs\nThe README says how to train on it.\n`,
  );
  return exitCodes.ok;
}
