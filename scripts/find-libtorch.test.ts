import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLibtorch } from './find-libtorch.mjs';

const NEW_ABI = '_ZN3c105ErrorC1ENS_14SourceLocationENSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE';
const OLD_ABI = '_ZN3c105ErrorC1ENS_14SourceLocationESs';
const CUDA_HEADERS = ['cuda.h', 'cuda_runtime_api.h', 'crt/host_defines.h'];
const api = 'include/torch/csrc/api/include';

let site: string;
let torch: string;

function put(path: string, text = '') {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** A folder that looks like pip's torch, with the version's numbers where that version keeps them. */
function putTorch([major, minor, patch]: [number, number, number], symbol = NEW_ABI) {
  const numbers = `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`;
  const moved = minor >= 10;
  put(join(torch, api, 'torch/version.h'), moved ? '#include <torch/headeronly/version.h>\n' : numbers);
  if (moved) put(join(torch, 'include/torch/headeronly/version.h'), numbers);
  put(join(torch, 'lib/libtorch_cpu.so'));
  put(join(torch, 'lib/libc10.so'), `\0\0${symbol}\0other\0`);
}

const find = (env: NodeJS.ProcessEnv = {}) => findLibtorch({ COLLM_LIBTORCH: torch, ...env });

beforeEach(() => {
  site = mkdtempSync(join(tmpdir(), 'collm-libtorch-'));
  torch = join(site, 'torch');
});
afterEach(() => rmSync(site, { recursive: true, force: true }));

describe('the folder that COLLM_LIBTORCH names', () => {
  it('is described with version, folders, ABI and C++ standard', () => {
    putTorch([2, 5, 1], OLD_ABI);
    expect(find()).toEqual({
      how: 'COLLM_LIBTORCH',
      version: '2.5.1',
      includeDirs: [join(torch, 'include'), join(torch, api)],
      libDir: join(torch, 'lib'),
      cxx11Abi: 0,
      cxxStandard: 17,
      cuda: null,
      note: null,
    });
  });

  it('may be of a release that keeps its version elsewhere and wants C++20', () => {
    putTorch([2, 13, 0]);
    expect(find()).toMatchObject({ version: '2.13.0', cxx11Abi: 1, cxxStandard: 20 });
  });

  it('is refused when it is no libtorch, naming what is missing', () => {
    putTorch([2, 5, 1]);
    rmSync(join(torch, 'lib'), { recursive: true });
    expect(() => find()).toThrow(/COLLM_LIBTORCH is .*lib\/libtorch_cpu\.so, lib\/libc10\.so not found/);
  });

  it('is refused when it is too old', () => {
    putTorch([1, 8, 1]);
    expect(() => find()).toThrow(/version 1\.8\.1; CoLLM needs 1\.13/);
  });
});

describe('CUDA', () => {
  beforeEach(() => {
    putTorch([2, 9, 0]);
    put(join(torch, 'lib/libtorch_cuda.so'));
  });

  it('is used with the headers of a toolkit', () => {
    for (const header of CUDA_HEADERS) put(join(site, 'toolkit/include', header));
    expect(find({ CUDA_HOME: join(site, 'toolkit') })?.cuda).toEqual({
      includeDirs: [join(site, 'toolkit/include')],
    });
  });

  it("is used with the headers of pip's packages beside torch", () => {
    for (const header of CUDA_HEADERS) {
      const folder = header.startsWith('crt/') ? 'cuda_nvcc' : 'cuda_runtime';
      put(join(site, 'nvidia', folder, 'include', header));
    }
    const cuda = find({ CUDA_HOME: join(site, 'nowhere') })?.cuda;
    expect(cuda?.includeDirs).toContain(join(site, 'nvidia/cuda_runtime/include'));
  });
});

it('"system" passes over an installed Python torch', () => {
  expect(findLibtorch({ ...process.env, COLLM_LIBTORCH: 'system' })?.how ?? 'system').toBe('system');
});

it('finds a Python torch without importing it', () => {
  putTorch([2, 6, 0]);
  put(join(torch, '__init__.py'), 'raise SystemExit("imported")\n');
  const { COLLM_LIBTORCH: _, ...env } = process.env;
  const found = findLibtorch({ ...env, PYTHONPATH: site });
  // Where there is no Python at all, the system's libtorch is what is left.
  if (found?.how === 'python') expect(found).toMatchObject({ version: '2.6.0', libDir: join(torch, 'lib') });
});
