// `npm start [-- command …]`: the set-up, then the command line, by default its quick start.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setup } from './setup.mjs';
import { root, run, SetupError } from './steps.mjs';

await run(async () => {
  await setup();
  const cli = join(root, 'packages/collm/dist/cli.js');
  if (!existsSync(cli)) {
    throw new SetupError(
      `There is no command line at ${cli}.`,
      'This checkout is incomplete: packages/collm/src/cli.ts is missing.',
    );
  }
  // In this process rather than a second one: Ctrl+C, the exit code and the terminal are then the command's own.
  const args = process.argv.slice(2);
  process.argv = [process.execPath, cli, ...(args.length > 0 ? args : ['quickstart'])];
  await import(pathToFileURL(cli).href);
  return undefined;
});
