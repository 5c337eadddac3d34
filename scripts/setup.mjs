// The whole set-up: system packages, npm packages, the native binding, the TypeScript. Every part looks first whether
// it has anything to do, so that a second call costs a fraction of a second. `--dry-run` only says what it would do.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildNative, isNativeBuilt } from './build-native.mjs';
import { findLibtorch } from './find-libtorch.mjs';
import { capture, root, run, SetupError, step } from './steps.mjs';
import { installCommand, installPackages, missingPackages } from './system-packages.mjs';

/** Makes everything ready, or throws a SetupError that says what is wrong and what to do. */
export async function setup() {
  let torch = findLibtorch();
  const missing = missingPackages(torch);
  if (missing.length > 0) {
    await installPackages(missing);
    torch = findLibtorch();
  }
  if (!torch)
    throw new SetupError(
      'libtorch was installed but is not found.',
      'Set COLLM_LIBTORCH to its torch folder.',
    );
  if (!arePackagesInstalled()) await step('installing the npm packages', installNpmPackages);
  await buildNative(torch);
  if (!isTypeScriptBuilt()) await step('compiling the TypeScript', compile);
}

/** What setup would do, one line each. */
function plan() {
  const torch = findLibtorch();
  const missing = missingPackages(torch);
  const lines = [];
  if (missing.length > 0) lines.push(installCommand(missing));
  if (!arePackagesInstalled()) lines.push(['npm', ...npmArguments()].join(' '));
  if (!torch || !isNativeBuilt(torch))
    lines.push(`build the native binding${torch ? ` with libtorch ${torch.version}` : ''}`);
  if (!isTypeScriptBuilt()) lines.push('compile the TypeScript');
  return lines.length > 0 ? lines : ['nothing to do'];
}

/**
 * Whether node_modules holds what package-lock.json asks for: npm writes what it installed to a lock file of its own
 * there. Optional packages are for other platforms.
 */
function arePackagesInstalled() {
  const path = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(path)) return false;
  const installed = JSON.parse(readFileSync(path, 'utf8')).packages;
  /** @type {Record<string, { version?: string, optional?: boolean }>} */
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([place, entry]) =>
      !place.startsWith('node_modules/') || entry.optional || installed[place]?.version === entry.version,
  );
}

/** `npm ci` starts by deleting node_modules, which would break programs that run from it. */
function npmArguments() {
  const command = existsSync(join(root, 'node_modules')) ? 'install' : 'ci';
  return [command, '--no-fund', '--no-audit', '--loglevel=error'];
}

async function installNpmPackages() {
  const { code, output } = await capture('npm', npmArguments());
  if (code === 0) return;
  if (code === 127) {
    const cure = 'Install npm (on Debian and Ubuntu "apt-get install npm") and run the command again.';
    throw new SetupError('npm is not installed.', cure);
  }
  if (output.includes('EUSAGE')) {
    // npm's help text follows the reason; only the reason is of use.
    const reason = output.slice(0, output.indexOf('Usage:')).replace(/^npm error ?/gm, '');
    const cure = 'Run "npm install", and commit the package-lock.json that it writes.';
    throw new SetupError('package-lock.json does not fit the package.json files.', cure, reason);
  }
  const cure = 'Check that this machine reaches its npm registry ("npm ping"), then run the command again.';
  throw new SetupError('npm could not install the packages; its words are above.', cure, output);
}

const compiled = join(root, 'node_modules/.collm-typescript');

function isTypeScriptBuilt() {
  return (
    existsSync(compiled) &&
    readFileSync(compiled, 'utf8') === sourceState() &&
    packageFolders().every((folder) => existsSync(join(folder, 'dist/.tsbuildinfo')))
  );
}

async function compile() {
  const state = sourceState();
  const { code, output } = await capture(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-b',
  ]);
  if (code !== 0) {
    throw new SetupError(
      'The TypeScript does not compile; the errors are above.',
      'Fix them and run it again.',
      output,
    );
  }
  writeFileSync(compiled, state);
}

function packageFolders() {
  /** @type {{ references: { path: string }[] }} */
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  return references.map(({ path }) => join(root, path));
}

/** Name, size and time of every source file: enough to see an edit, and read in milliseconds. */
function sourceState() {
  const files = ['tsconfig.json', 'tsconfig.base.json'].map((name) => join(root, name));
  for (const folder of packageFolders()) {
    files.push(join(folder, 'package.json'), join(folder, 'tsconfig.json'));
    for (const name of readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })) {
      if (/\.(ts|tsx|json)$/.test(name)) files.push(join(folder, 'src', name));
    }
  }
  return files
    .map((file) => {
      const { size, mtimeMs } = statSync(file);
      return `${file.slice(root.length + 1)} ${size} ${mtimeMs}`;
    })
    .sort()
    .join('\n');
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    if (process.argv.includes('--dry-run')) {
      console.log(plan().join('\n'));
      return 0;
    }
    await setup();
    process.stderr.write('✓ CoLLM is ready\n');
    return 0;
  });
}
