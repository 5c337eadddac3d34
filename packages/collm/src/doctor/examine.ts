/** Looks at the machine and the installation. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { messageOf } from '../errors.js';
import { versions } from '../versions.js';
import { type Blas, detectBlas } from './blas.js';

export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly problem: string;
  readonly cure: string;
}

export interface Examination {
  readonly versions: Readonly<Record<string, string>>;
  readonly system: {
    readonly platform: string;
    readonly cpu: string;
    readonly cpus: number;
    readonly memoryGiB: number;
  };
  /** null when the native addon does not load. */
  readonly engine: Engine | null;
  readonly findings: readonly Finding[];
}

export interface Engine {
  readonly libtorch: string;
  readonly path: string;
  /** How that libtorch was found. */
  readonly how: string;
  readonly blas: Blas;
  readonly threads: number;
  readonly devices: readonly string[];
  /** Measured: square f32 matrix product, n = 1024, best of 5. */
  readonly matmulGflops: number;
}

/** Loads and measures the engine; tests bring their own. */
export type EngineProbe = () => Promise<Engine>;

const OPENBLAS = 'Install a fast one: apt-get install libopenblas0-openmp';
/** A core of any machine of the last ten years reaches more with a tuned library. */
const SLOW_GFLOPS_PER_THREAD = 6;

export async function examine(probe: EngineProbe = probeEngine): Promise<Examination> {
  const findings: Finding[] = [];
  let engine: Engine | null = null;
  try {
    engine = await probe();
    findings.push(...speedFindings(engine));
  } catch (error) {
    findings.push({
      severity: 'error',
      problem: `libtorch cannot be used: ${messageOf(error)}`,
      cure: 'Run "npm run setup", which finds or installs libtorch and builds the binding. COLLM_LIBTORCH=<torch folder> chooses another libtorch.',
    });
  }
  return {
    versions: versions(),
    system: {
      platform: `${process.platform}-${process.arch}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cpus: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    engine,
    findings,
  };
}

function speedFindings({ blas, threads, matmulGflops }: Engine): Finding[] {
  const rate = `${matmulGflops.toFixed(0)} GFLOP/s`;
  if (blas.reference) {
    const problem = `libtorch uses the slow reference BLAS (${blas.path}), ${rate}; training takes 30 to 60 times as long.`;
    return [{ severity: 'warning', problem, cure: OPENBLAS }];
  }
  if (matmulGflops / threads < SLOW_GFLOPS_PER_THREAD) {
    const problem = `The matrix product reaches only ${rate} with ${threads} thread(s).`;
    const cure = `If the machine is idle otherwise, the BLAS (${blas.name}) is not a fast one. ${OPENBLAS}`;
    return [{ severity: 'warning', problem, cure }];
  }
  return [];
}

async function probeEngine(): Promise<Engine> {
  const { numThreads, torchInfo } = await import('@collm/torch');
  const matmulGflops = await measureMatmul();
  // Asked after the measurement: some libraries are loaded with the first product.
  const { version, build, libraries, cudaDevices } = torchInfo();
  const path = libraries.find((library) => /libtorch_cpu/.test(library)) ?? 'unknown';
  return {
    libtorch: version,
    path,
    how: howFound(path, process.env.COLLM_LIBTORCH),
    blas: detectBlas(libraries, build),
    threads: numThreads(),
    devices: ['cpu', ...cudaDevices.map((name, index) => `cuda:${index} (${name})`)],
    matmulGflops,
  };
}

/** Where a libtorch comes from, by its path. */
export function howFound(path: string, asked: string | undefined): string {
  if (asked !== undefined && asked !== 'system' && path.startsWith(asked)) return 'COLLM_LIBTORCH';
  if (/(site|dist)-packages/.test(path)) return 'installed Python torch';
  return /^\/usr\/lib/.test(path) ? 'system package' : 'as built into the binding';
}

async function measureMatmul(): Promise<number> {
  const { ones, tidy } = await import('@collm/torch');
  const n = 1024;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 6; round++) {
    tidy(() => {
      const a = ones([n, n], { dtype: 'f32' });
      const b = ones([n, n], { dtype: 'f32' });
      const start = performance.now();
      a.matmul(b);
      // The first round starts threads and is no measurement.
      if (round > 0) best = Math.min(best, (performance.now() - start) / 1000);
    });
  }
  return (2 * n ** 3) / best / 1e9;
}
