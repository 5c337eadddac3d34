// `npm run setup:minecraft`: the Minecraft server and its bots, some 500 MB, into packages/minecraft/server. That folder
// has a package.json and a lock file of its own, so that the workspace's node_modules neither has nor loses them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture, root, run, SetupError, step } from './steps.mjs';

const folder = join(root, 'packages/minecraft/server');

/** Installs what the lock file says, unless it is there; throws a SetupError where npm cannot. */
async function setupMinecraft() {
  if (isInstalled()) return;
  await step('installing the Minecraft server and its bots', async () => {
    // Without a network npm would try for more than a minute.
    const retries = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];
    const args = ['ci', '--no-fund', '--no-audit', '--loglevel=error', ...retries];
    const { code, output } = await capture('npm', args, { cwd: folder });
    if (code === 0) return;
    const cure =
      'Check that this machine reaches its npm registry ("npm ping") and has 1 GB of disk space left.';
    throw new SetupError('npm could not install the packages; its words are above.', cure, output);
  });
}

/** Whether what npm wrote about the installed packages has every version of the lock file. */
function isInstalled() {
  const path = join(folder, 'node_modules/.package-lock.json');
  if (!existsSync(path)) return false;
  /** @type {Record<string, { version?: string }>} */
  const installed = JSON.parse(readFileSync(path, 'utf8')).packages;
  /** @type {Record<string, { version?: string, optional?: boolean }>} */
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([place, entry]) => place === '' || entry.optional || installed[place]?.version === entry.version,
  );
}

await run(async () => {
  await setupMinecraft();
  process.stderr.write('✓ `collm minecraft` is ready\n');
  return 0;
});
