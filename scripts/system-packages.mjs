// What the system must have before CoLLM can be built, and how Debian and Ubuntu get it.
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { debianLibDir } from './find-libtorch.mjs';
import { capture, SetupError, step } from './steps.mjs';

/** @typedef {import('./find-libtorch.mjs').Libtorch} Libtorch */

/**
 * Debian's names of the packages that are missing.
 * @param {Libtorch | null} torch
 */
export function missingPackages(torch) {
  const missing = [];
  if (!torch) missing.push('libtorch-dev');
  // pip's libtorch has its own BLAS; Debian's uses the system's, and the reference one is 30 to 60 times slower.
  if (isDebian() && torch?.how !== 'COLLM_LIBTORCH' && torch?.how !== 'python' && !fastBlas()) {
    missing.push('libopenblas0-openmp');
  }
  if (!process.env.CXX && !has('c++') && !has('g++')) missing.push('g++');
  if (!has('cmake')) missing.push('cmake');
  if (!has('make') && !has('ninja')) missing.push('make');
  return missing;
}

/** The command that installs the packages. @param {readonly string[]} packages @param {string} [sudo] */
export function installCommand(packages, sudo = process.getuid?.() === 0 ? '' : 'sudo ') {
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Installs the packages through apt where that is possible without asking; else throws what the user is to do.
 * @param {readonly string[]} packages
 */
export async function installPackages(packages) {
  const names = packages.join(', ');
  if (process.platform !== 'linux') {
    throw new SetupError(
      `CoLLM runs on Linux; ${process.platform === 'darwin' ? 'macOS' : process.platform} is not supported yet.`,
      'Use a Linux machine, a Linux container or, on Windows, WSL 2 with Debian or Ubuntu.',
    );
  }
  if (!isDebian()) {
    throw new SetupError(
      `Missing on this system: ${names} (Debian's names).`,
      'Install a C++ compiler, cmake and make with your package manager. For libtorch, install Python\'s torch ("pip ' +
        'install torch") or unpack a libtorch, and set COLLM_LIBTORCH to its torch folder.',
    );
  }
  const prefix = process.env.COLLM_NO_APT ? null : await aptPrefix();
  if (!prefix) {
    const why = process.env.COLLM_NO_APT ? 'COLLM_NO_APT is set' : 'installing them needs root';
    throw new SetupError(
      `Missing: ${names}; ${why}.`,
      `Run this, then the same command again:\n\n  ${installCommand(packages)}`,
    );
  }
  await step(`installing ${names} (apt)`, () => aptInstall(prefix, packages));
}

/** @param {readonly string[]} prefix @param {readonly string[]} packages */
async function aptInstall(prefix, packages) {
  const apt = (/** @type {string[]} */ ...args) => {
    const words = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return capture(/** @type {string} */ (words[0]), words.slice(1));
  };
  // A failed update is no reason to stop: one broken third-party source fails it, and the lists may be good enough.
  const update = await apt('update');
  const install = await apt('install', '-y', '--no-install-recommends', ...packages);
  if (install.code === 0) return;
  if (
    packages.includes('libtorch-dev') &&
    /libtorch-dev/.test(install.output) &&
    /Unable to locate|no installation candidate/.test(install.output)
  ) {
    throw new SetupError(
      'This release of the distribution has no libtorch-dev.',
      "Install Python's torch in a virtual environment, and point COLLM_LIBTORCH at it:\n\n" +
        '  python3 -m venv ~/collm-torch && ~/collm-torch/bin/pip install torch\n' +
        '  export COLLM_LIBTORCH=$(echo ~/collm-torch/lib/python3*/site-packages/torch)',
      install.output,
    );
  }
  throw new SetupError(
    'apt-get could not install the packages; its last words are above.',
    `Try it by hand:\n\n  ${installCommand(packages)}`,
    update.output + install.output,
  );
}

/** What goes before apt-get: nothing for root, sudo where it asks for no password, null where neither works. */
async function aptPrefix() {
  if (process.getuid?.() === 0) return [];
  return (await capture('sudo', ['-n', 'true'])).code === 0 ? ['sudo', '-n'] : null;
}

function isDebian() {
  return existsSync('/etc/debian_version') && has('apt-get');
}

/** Whether the fast BLAS is installed, or another one that was chosen on purpose (MKL, BLIS). */
function fastBlas() {
  if (existsSync(join(debianLibDir, 'openblas-openmp'))) return true;
  const chosen = join(debianLibDir, 'libblas.so.3');
  return existsSync(chosen) && /mkl|blis/.test(realpathSync(chosen));
}

/** Whether the command is on the PATH. @param {string} command */
function has(command) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
