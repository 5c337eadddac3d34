// `npm test [-- vitest arguments]`: the set-up, the lint, the tests. With arguments only the tests they name.
import { join } from 'node:path';
import { setup } from './setup.mjs';
import { capture, root, run, SetupError, show, step } from './steps.mjs';

const tool = (/** @type {string} */ path) => join(root, 'node_modules', path);

/** @param {string} title @param {string} cure @param {string[]} args */
async function check(title, cure, args) {
  await step(title, async () => {
    const { code, output } = await capture(process.execPath, args);
    if (code !== 0) throw new SetupError(`Failed: ${title}; the findings are above.`, cure, output);
  });
}

await run(async () => {
  const args = process.argv.slice(2);
  await setup();
  if (args.length === 0) {
    await check('format and lint', '"npm run format" mends what can be mended by itself.', [
      tool('@biomejs/biome/bin/biome'),
      'check',
      '.',
    ]);
    await check('types of the tests and scripts', 'Fix the types.', [
      tool('typescript/bin/tsc'),
      '-p',
      'tsconfig.tests.json',
    ]);
  }
  return show(process.execPath, [tool('vitest/vitest.mjs'), 'run', ...args]);
});
