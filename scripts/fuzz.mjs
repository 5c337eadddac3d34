// `npm run fuzz [-- --times 10 --seed 7 paths]`: the property tests with other cases than those of `npm test`, and more.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { setup } from './setup.mjs';
import { root, run, SetupError, show } from './steps.mjs';

const defaultTimes = 10;
const timeout = 60 * 60_000; // a test has a minute for the cases that `npm test` tries

/** Test files that draw their cases, whose path has one of these in it. @param {readonly string[]} wanted */
function propertyTests(wanted) {
  const folders = readdirSync(join(root, 'packages')).flatMap((name) =>
    ['src', 'test'].map((part) => join('packages', name, part)),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((path) => join(folder, String(path))),
  );
  return files.filter(
    (path) =>
      path.endsWith('.test.ts') &&
      readFileSync(join(root, path), 'utf8').includes("from 'fast-check'") &&
      (wanted.length === 0 || wanted.some((part) => path.includes(part))),
  );
}

/** @param {string} name @param {string} text */
function count(name, text) {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return text;
  throw new SetupError(`--${name} is "${text}".`, 'Give a whole number from 1 to 999999999.');
}

function readArguments() {
  const options = /** @type {const} */ ({ times: { type: 'string' }, seed: { type: 'string' } });
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw new SetupError(/** @type {Error} */ (error).message, 'See `npm run fuzz` in CONTRIBUTING.md.');
  }
}

await run(async () => {
  const { values, positionals } = readArguments();
  const times = count('times', values.times ?? String(defaultTimes));
  const seed = count('seed', values.seed ?? String(1 + (Date.now() % 999_999_999)));
  const files = propertyTests(positionals);
  if (files.length === 0) {
    throw new SetupError(
      `No property test has ${positionals.join(' or ')} in its path.`,
      'Name a part of one.',
    );
  }
  await setup();
  process.stderr.write(
    `Seed ${seed}: \`npm run fuzz -- --seed ${seed} --times ${times}\` tries the same cases.\n`,
  );
  Object.assign(process.env, { FUZZ_SEED: seed, FUZZ_TIMES: times });
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  return show(process.execPath, [vitest, 'run', '--testTimeout', String(timeout), ...files]);
});
