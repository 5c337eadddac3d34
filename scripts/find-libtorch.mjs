// Finds the libtorch to build and run against. Plain JavaScript without dependencies: it runs before `npm ci`.
//
// Order: COLLM_LIBTORCH (a torch folder, or "system" to pass over an installed Python torch), an installed Python
// torch, the system's libtorch-dev. The first that exists wins; one that exists but cannot be used is an error,
// because silently taking the next would hide what the user asked for.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run, SetupError } from './steps.mjs';

/**
 * @typedef {object} Libtorch
 * @property {'COLLM_LIBTORCH' | 'python' | 'system'} how where it was found
 * @property {string} version
 * @property {string[]} includeDirs
 * @property {string} libDir
 * @property {0 | 1} cxx11Abi
 * @property {17 | 20} cxxStandard
 * @property {{ includeDirs: string[] } | null} cuda null for a CPU build
 * @property {string | null} note what the user should know, e.g. a CUDA build without CUDA's headers
 */

const OLDEST = [1, 13];
/** Of those that ATen's headers for CUDA include, one per package that brings them. */
const CUDA_HEADERS = ['cuda.h', 'cuda_runtime_api.h', 'crt/host_defines.h'];
const API = 'torch/csrc/api/include';

/**
 * The libtorch to use, or null where there is none.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Libtorch | null}
 */
export function findLibtorch(env = process.env) {
  const asked = env.COLLM_LIBTORCH;
  if (asked && asked !== 'system') return fromFolder(resolve(asked), 'COLLM_LIBTORCH', env);
  const python = asked ? '' : pythonTorch(env);
  if (python) return fromFolder(python, 'python', env);
  const libDir = systemLibDir();
  if (libDir && existsSync(`/usr/include/${API}/torch/version.h`)) {
    return describe('system', '/usr/include', libDir, env);
  }
  return null;
}

/**
 * A torch folder: pip's `site-packages/torch` or an unpacked libtorch archive.
 * @param {string} folder
 * @param {'COLLM_LIBTORCH' | 'python'} how
 * @param {NodeJS.ProcessEnv} env
 */
function fromFolder(folder, how, env) {
  const wanted = [`include/${API}/torch/version.h`, 'lib/libtorch_cpu.so', 'lib/libc10.so'];
  const missing = wanted.filter((path) => !existsSync(join(folder, path)));
  if (missing.length > 0) {
    const named = how === 'python' ? "Python's torch is at" : 'COLLM_LIBTORCH is';
    throw new SetupError(
      `${named} ${folder}, which is no libtorch for Linux: ${missing.join(', ')} not found there.`,
      'Point COLLM_LIBTORCH at a torch folder that has include/ and lib/ (the folder "torch" that pip installs, or ' +
        'an unpacked libtorch).',
    );
  }
  return describe(how, join(folder, 'include'), join(folder, 'lib'), env);
}

/**
 * @param {Libtorch['how']} how
 * @param {string} include
 * @param {string} libDir
 * @param {NodeJS.ProcessEnv} env
 * @returns {Libtorch}
 */
function describe(how, include, libDir, env) {
  const [major, minor, patch] = readVersion(include);
  const version = `${major}.${minor}.${patch}`;
  if (compare([major, minor], OLDEST) < 0) {
    throw new SetupError(
      `The libtorch in ${libDir} is version ${version}; CoLLM needs ${OLDEST.join('.')} or newer.`,
      'Install a newer one, for example with "pip install torch" in a virtual environment, and set COLLM_LIBTORCH to ' +
        'its torch folder.',
    );
  }
  const { cuda, note } = findCuda(libDir, env);
  return {
    how,
    version,
    includeDirs: [include, join(include, API)],
    libDir,
    cxx11Abi: readAbi(join(libDir, 'libc10.so')),
    cxxStandard: compare([major, minor], [2, 9]) >= 0 ? 20 : 17,
    cuda,
    note,
  };
}

/** @param {string} include @returns {[number, number, number]} */
function readVersion(include) {
  // Newer releases keep the numbers in torch/headeronly and include them from the old place.
  for (const file of [`${API}/torch/version.h`, 'torch/headeronly/version.h']) {
    const path = join(include, file);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    /** @param {string} part */
    const number = (part) => text.match(new RegExp(`#define TORCH_VERSION_${part} (\\d+)`))?.[1];
    const [major, minor, patch] = [number('MAJOR'), number('MINOR'), number('PATCH')];
    if (major && minor && patch) return [Number(major), Number(minor), Number(patch)];
  }
  throw new SetupError(
    `No version number in ${join(include, API)}/torch/version.h.`,
    'Set COLLM_LIBTORCH to a complete torch folder.',
  );
}

/**
 * Which `std::string` the library was compiled with, read from the name of its error type's constructor: the CMake
 * files that used to tell are gone from newer wheels, the symbol is always there.
 * @param {string} library
 */
function readAbi(library) {
  const constructors = readFileSync(library, 'latin1').match(/_ZN3c105ErrorC[12]E\w+/g) ?? [];
  return constructors.length > 0 && !constructors.some((name) => name.includes('__cxx11')) ? 0 : 1;
}

/** Finds the module's folder without importing it, which takes seconds. @param {NodeJS.ProcessEnv} env */
function pythonTorch(env) {
  const code = [
    'import importlib.util as u',
    "s = u.find_spec('torch')",
    "print(s.submodule_search_locations[0] if s and s.submodule_search_locations else '')",
  ].join('\n');
  // Python looks in the current folder first, where a folder named "torch" need not be the library.
  const found = spawnSync('python3', ['-c', code], { cwd: '/', env, encoding: 'utf8', timeout: 20_000 });
  return found.status === 0 ? found.stdout.trim() : '';
}

/** Debian's folder for libraries of this machine's kind. */
export const debianLibDir = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

function systemLibDir() {
  return [debianLibDir, '/usr/lib64', '/usr/lib'].find((folder) =>
    existsSync(join(folder, 'libtorch_cpu.so')),
  );
}

/**
 * CUDA is used where the libtorch has it and its headers can be found.
 * @param {string} libDir
 * @param {NodeJS.ProcessEnv} env
 * @returns {Pick<Libtorch, 'cuda' | 'note'>}
 */
function findCuda(libDir, env) {
  if (!existsSync(join(libDir, 'libtorch_cuda.so'))) return { cuda: null, note: null };
  const nvidia = resolve(libDir, '../../nvidia');
  const wheels = existsSync(nvidia)
    ? readdirSync(nvidia)
        .map((name) => join(nvidia, name, 'include'))
        .filter((folder) => existsSync(folder))
        .sort()
    : [];
  // A toolkit has all headers in one folder, pip's wheels spread them over one folder per library. The wheels belong
  // to this very torch, so that only what was asked for goes before.
  const asked = [env.CUDA_HOME, env.CUDA_PATH].filter((place) => place !== undefined);
  const toolkit = (/** @type {string} */ place) => [join(place, 'include')];
  for (const includeDirs of [...asked.map(toolkit), wheels, toolkit('/usr/local/cuda')]) {
    const has = (/** @type {string} */ header) =>
      includeDirs.some((folder) => existsSync(join(folder, header)));
    if (CUDA_HEADERS.every(has)) {
      return { cuda: { includeDirs }, note: null };
    }
  }
  return {
    cuda: null,
    note:
      'this libtorch has CUDA, but the headers of the CUDA runtime were not found, so the build is for the CPU only; ' +
      'set CUDA_HOME to a toolkit',
  };
}

/** What identifies a build of the library: replaced in place, it must be linked anew. @param {Libtorch} torch */
export function libtorchKey(torch) {
  const stat = statSync(join(torch.libDir, 'libtorch_cpu.so'));
  return JSON.stringify([torch, stat.size, Math.floor(stat.mtimeMs)]);
}

/** @param {number[]} a @param {number[]} b */
function compare(a, b) {
  return (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    console.log(JSON.stringify(findLibtorch(), null, 2));
    return 0;
  });
}
