import { describe, expect, it } from 'vitest';
import { doctor } from '../commands/doctor.js';
import { processIo } from '../io.js';
import { detectBlas } from './blas.js';
import { type Engine, examine, howFound } from './examine.js';

const engine: Engine = {
  libtorch: '2.0.0',
  path: '/usr/lib/x86_64-linux-gnu/libtorch_cpu.so.2',
  how: 'system package',
  blas: { name: 'OpenBLAS', path: '/usr/lib/libopenblas.so.0', reference: false },
  threads: 2,
  devices: ['cpu'],
  matmulGflops: 300,
};

async function output(json: boolean, probe: () => Promise<Engine>) {
  let out = '';
  const io = { ...processIo, stdout: { write: (text: string) => (out += text) } };
  const code = await doctor({ json }, io, probe);
  return { code, out };
}

describe('doctor', () => {
  it('prints what a bug report needs', async () => {
    const { code, out } = await output(false, async () => engine);
    expect(code).toBe(0);
    for (const text of [
      'collm',
      'node',
      'libtorch  2.0.0, system package: /usr/lib',
      'BLAS      OpenBLAS',
      '300 GFLOP/s',
    ]) {
      expect(out).toContain(text);
    }
    expect(out).toContain('Everything is fine.');
  });

  it('warns of the reference BLAS with the cure', async () => {
    const blas = {
      name: 'reference BLAS',
      path: '/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0',
      reference: true,
    };
    const { code, out } = await output(false, async () => ({ ...engine, blas, matmulGflops: 7 }));
    expect(code).toBe(0);
    expect(out).toMatch(/warning: libtorch uses the slow reference BLAS .* 7 GFLOP\/s/);
    expect(out).toContain('apt-get install libopenblas0-openmp');
    expect(out).not.toContain('Everything is fine');
  });

  it('warns of a slow product whatever the library says', async () => {
    const { findings } = await examine(async () => ({ ...engine, matmulGflops: 11 }));
    expect(findings).toMatchObject(
      [{ severity: 'warning', problem: /only 11 GFLOP\/s with 2 thread/ }].map((finding) => ({
        ...finding,
        problem: expect.stringMatching(finding.problem),
      })),
    );
    expect((await examine(async () => ({ ...engine, matmulGflops: 13 }))).findings).toEqual([]);
  });

  it('works without the addon, and fails with the cure', async () => {
    const { code, out } = await output(false, async () => {
      throw new Error('The native addon is not at /x. Build it with "npm run setup".');
    });
    expect(code).toBe(1);
    expect(out).toMatch(/error: libtorch cannot be used: The native addon is not at \/x/);
    expect(out).toMatch(/npm run setup/);
    expect(out).toMatch(/^collm /);
  });

  it('prints JSON', async () => {
    const { out } = await output(true, async () => engine);
    expect(JSON.parse(out)).toMatchObject({ engine: { matmulGflops: 300 }, findings: [] });
  });

  it('measures the real engine', async () => {
    const { engine: measured, findings } = await examine();
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(measured?.matmulGflops).toBeGreaterThan(1);
    expect(measured?.libtorch).toMatch(/^\d+\.\d+/);
  });
});

describe('the BLAS', () => {
  const same = (path: string) => path;
  const link = (path: string) =>
    path === '/lib/libblas.so.3' ? '/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0' : path;

  it.each([
    [
      ['/usr/lib/openblas-openmp/libblas.so.3', '/usr/lib/libopenblasp-r0.3.21.so'],
      '',
      same,
      'OpenBLAS',
      false,
    ],
    [['/opt/libmkl_core.so.2'], '', same, 'MKL', false],
    [['/lib/libblas.so.3', '/lib/liblapack.so.3'], 'BLAS_INFO=generic', link, 'reference BLAS', true],
    [['/venv/torch/lib/libtorch_cpu.so'], 'x, BLAS_INFO=mkl, y', same, 'mkl (inside libtorch)', false],
    [[], '', same, 'unknown', false],
  ] as const)('is read from %j', (libraries, build, resolve, name, reference) => {
    expect(detectBlas(libraries, build, resolve)).toMatchObject({ name, reference });
  });
});

describe('how libtorch was found', () => {
  it.each([
    ['/usr/lib/x86_64-linux-gnu/libtorch_cpu.so', undefined, 'system package'],
    [
      '/home/u/venv/lib/python3.11/site-packages/torch/lib/libtorch_cpu.so',
      undefined,
      'installed Python torch',
    ],
    ['/opt/torch/lib/libtorch_cpu.so', '/opt/torch', 'COLLM_LIBTORCH'],
    ['/opt/torch/lib/libtorch_cpu.so', undefined, 'as built into the binding'],
  ])('%s', (path, asked, how) => {
    expect(howFound(path, asked)).toBe(how);
  });
});
