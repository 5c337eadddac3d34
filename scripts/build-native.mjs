// Builds the libtorch binding (packages/torch/build/collm_torch.node) and, with --bench, the bare C++ program that
// `npm run bench` compares with (bench/native/build/collm-bench). Does nothing when what it built is up to date.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findLibtorch, libtorchKey } from './find-libtorch.mjs';
import { capture, root, run, SetupError, step } from './steps.mjs';

/** @typedef {import('./find-libtorch.mjs').Libtorch} Libtorch */
/**
 * @typedef {object} Target
 * @property {string} title
 * @property {string} source
 * @property {string} product where the built file is put
 * @property {(torch: Libtorch) => Record<string, string | number>} flags
 */

/** @type {Target} */
const addon = {
  title: 'native binding',
  source: 'packages/torch/native',
  product: 'packages/torch/build/collm_torch.node',
  flags: (torch) => ({
    COLLM_TORCH_INCLUDES: torch.includeDirs.join(';'),
    COLLM_TORCH_LIBDIR: torch.libDir,
    COLLM_NODE_INCLUDE: join(root, 'node_modules/node-api-headers/include'),
    COLLM_CXX11_ABI: torch.cxx11Abi,
    COLLM_CXX_STANDARD: torch.cxxStandard,
    COLLM_CUDA: torch.cuda ? 'ON' : 'OFF',
    COLLM_CUDA_INCLUDE: torch.cuda?.includeDirs.join(';') ?? '',
  }),
};

/** @type {Target} */
const bench = {
  title: 'bare C++ benchmark',
  source: 'bench/native',
  product: 'bench/native/build/collm-bench',
  flags: (torch) => ({
    TORCH_INCLUDE_DIRS: torch.includeDirs.join(';'),
    TORCH_LIB_DIR: torch.libDir,
    TORCH_LIBS: ['torch', 'torch_cpu', 'c10', ...(torch.cuda ? ['torch_cuda', 'c10_cuda'] : [])].join(';'),
    TORCH_CXX11_ABI: torch.cxx11Abi,
    TORCH_CXX_STANDARD: torch.cxxStandard,
  }),
};

/**
 * Builds what is out of date; returns whether anything was built.
 * @param {Libtorch} torch
 * @param {{ withBench?: boolean }} [options]
 */
export async function buildNative(torch, options = {}) {
  let built = false;
  for (const target of options.withBench ? [addon, bench] : [addon]) {
    if (isBuilt(target, torch)) continue;
    if (torch.note) process.stderr.write(`! ${torch.note}\n`);
    const device = torch.cuda ? 'CUDA' : 'CPU';
    await step(`building the ${target.title} with libtorch ${torch.version} (${torch.how}, ${device})`, () =>
      build(target, torch),
    );
    built = true;
  }
  return built;
}

/** Whether the addon is there and up to date. @param {Libtorch} torch */
export function isNativeBuilt(torch) {
  return isBuilt(addon, torch);
}

/** @param {Target} target @param {Libtorch} torch */
function isBuilt(target, torch) {
  const stamp = `${join(root, target.product)}.stamp`;
  return (
    existsSync(join(root, target.product)) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === key(target, torch)
  );
}

/** Everything the result depends on. @param {Target} target @param {Libtorch} torch */
function key(target, torch) {
  const hash = createHash('sha256')
    .update(libtorchKey(torch))
    .update(JSON.stringify(target.flags(torch)));
  hash.update(JSON.stringify(compilerSettings()));
  const folder = join(root, target.source);
  for (const file of readdirSync(folder).sort()) {
    if (/\.(cc|h|txt)$/.test(file)) hash.update(file).update(readFileSync(join(folder, file)));
  }
  return hash.digest('hex');
}

/** What CMake takes from the environment. */
function compilerSettings() {
  return ['CXX', 'CXXFLAGS', 'LDFLAGS'].map((name) => process.env[name] ?? '');
}

/** @param {Target} target @param {Libtorch} torch */
async function build(target, torch) {
  const wanted = key(target, torch);
  const product = join(root, target.product);
  const folder = join(dirname(product), 'cmake');
  const generator = (await capture('ninja', ['--version'])).code === 0 ? 'Ninja' : 'Unix Makefiles';
  // CMake keeps the compiler, the generator and the folders of its first run: when one changes it must start afresh.
  const configuration = JSON.stringify([generator, root, ...compilerSettings()]);
  const configured = join(folder, 'configuration.json');
  if (!existsSync(configured) || readFileSync(configured, 'utf8') !== configuration) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(configured, configuration);
  }
  const flags = Object.entries(target.flags(torch)).map(([name, value]) => `-D${name}=${value}`);
  const jobs = String(availableParallelism());
  await cmake(target, ['-S', join(root, target.source), '-B', folder, '-G', generator, ...flags]);
  await cmake(target, ['--build', folder, '-j', jobs]);
  // Renamed into place: a program that has the old file loaded keeps it, and nobody sees half a file.
  const name = target.product.slice(target.product.lastIndexOf('/') + 1);
  copyFileSync(join(folder, name), `${product}.new`);
  renameSync(`${product}.new`, product);
  writeFileSync(`${product}.stamp`, wanted);
}

/** @param {Target} target @param {string[]} args */
async function cmake(target, args) {
  const { code, output } = await capture('cmake', args);
  if (code === 0) return;
  const problem =
    code === 127
      ? `The ${target.title} cannot be built: cmake is not installed.`
      : /Killed|out of memory|cannot allocate memory/i.test(output)
        ? `The ${target.title} was not built: the compiler ran out of memory.`
        : `The ${target.title} does not compile; the compiler's last words are above.`;
  throw new SetupError(
    problem,
    'See docs/troubleshooting.md, "The binding does not build". The usual causes are an old compiler (g++ 12 is known ' +
      'to work) and a libtorch whose headers and libraries do not belong together.',
    code === 127 ? '' : output,
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await run(async () => {
    const torch = findLibtorch();
    if (!torch)
      throw new SetupError('No libtorch was found.', 'Run "npm run setup", which says how to get it.');
    const built = await buildNative(torch, { withBench: process.argv.includes('--bench') });
    if (!built) process.stderr.write('✓ native code is up to date\n');
    return 0;
  });
}
