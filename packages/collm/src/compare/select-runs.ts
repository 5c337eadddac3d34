/** The runs that somebody means by names, folders, folders of runs, and patterns of either. */
import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { RunError } from '../errors.js';
import { resolveRun } from '../run-store/resolve-run.js';
import { isRunFolder } from '../run-store/run-facts.js';

/**
 * Absolute run folders, each once, in the order given; those of a folder or a pattern by name.
 *
 * @param given a run folder, the name of a run under `runsDir`, a folder that holds runs, or any of these with `*` and `?`
 * @throws RunError when one of them names no run
 */
export function selectRuns(given: readonly string[], runsDir: string, cwd: string): string[] {
  const found = given.flatMap((text) => {
    if (/[*?]/.test(text)) return matching(text, cwd);
    const path = resolve(cwd, text);
    const within = isRunFolder(path) ? [] : runsIn(path);
    return within.length > 0 ? within : [resolveRun({ run: text, runsDir }, cwd)];
  });
  return [...new Map(found.map((dir) => [realpathSync(dir), dir])).values()];
}

function matching(pattern: string, cwd: string): string[] {
  const paths = expand(resolve(cwd, pattern));
  const runs = paths.flatMap((path) => (isRunFolder(path) ? [path] : runsIn(path)));
  if (runs.length > 0) return runs;
  throw new RunError(
    `\`${pattern}\` matches no run folder. Give the folders that \`collm train\` printed, or the folder that holds them.`,
  );
}

/** Existing paths that a pattern stands for; `*` and `?` do not cross folders. */
function expand(pattern: string): string[] {
  const [root = '', ...parts] = pattern.split(sep);
  let paths = [`${root}${sep}`];
  for (const part of parts) {
    const matches = matcher(part);
    paths = paths.flatMap((path) =>
      matches === null
        ? [join(path, part)]
        : names(path)
            .filter((name) => matches.test(name))
            .map((name) => join(path, name)),
    );
  }
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory());
}

/** null where a part of a path is meant as it stands. */
function matcher(part: string): RegExp | null {
  if (!/[*?]/.test(part)) return null;
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  // As in shells, hidden names have to be asked for.
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`);
}

function runsIn(dir: string): string[] {
  return names(dir)
    .map((name) => join(dir, name))
    .filter(isRunFolder);
}

/** Sorted, numbers within names by their size; none where there is no such folder. */
function names(dir: string): string[] {
  try {
    return readdirSync(dir).sort(new Intl.Collator('en', { numeric: true }).compare);
  } catch {
    return [];
  }
}
