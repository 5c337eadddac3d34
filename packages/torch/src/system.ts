import { readFileSync } from 'node:fs';
import { empty } from './generated/ops.js';
import { native } from './native.js';

export interface MemoryInfo {
  /** Live tensors of this thread. */
  tensors: number;
  /** Bytes of their storages, shared ones counted once. */
  bytes: number;
  /** CUDA memory in bytes, absent without CUDA. */
  cuda?: { allocated: number; reserved: number; peak: number };
}

/** Name and memory figures of a CUDA device. libtorch sets its allocator up at a device's first tensor, so one is made. */
function cudaInfo(index: number): ReturnType<typeof native.cudaInfo> {
  empty([1], { device: `cuda:${index}` }).dispose();
  return native.cudaInfo(index);
}

/** What is alive on this thread. */
export function memory(): MemoryInfo {
  const cuda = native.cudaDevices() > 0 ? cudaInfo(0) : null;
  const [tensors, bytes] = native.memory();
  if (cuda === null) return { tensors, bytes };
  return { tensors, bytes, cuda: { allocated: cuda[2], reserved: cuda[3], peak: cuda[4] } };
}

/**
 * Largest tensor on the CPU that may be made from now on, in bytes and process-wide; Infinity lifts the
 * limit. Without one, a tensor that does not fit into the free memory is refused all the same.
 */
export function limitTensorBytes(bytes: number): void {
  native.limitTensorBytes(bytes);
}

/** Threads used inside an operation: by this thread, its background passes, and threads that start later. */
export function setNumThreads(count: number): void {
  native.setNumThreads(count);
}

export function numThreads(): number {
  return native.numThreads();
}

export interface TorchInfo {
  /** Version of the libtorch that the addon was built for. */
  version: string;
  /** libtorch's own description of its build. */
  build: string;
  parallel: string;
  /** Shared libraries that the process has loaded for linear algebra and threads, as paths. */
  libraries: string[];
  cudaDevices: string[];
}

/** Versions and libraries, for `doctor` and bug reports. */
export function torchInfo(): TorchInfo {
  const cudaDevices = Array.from({ length: native.cudaDevices() }, (_, i) => cudaInfo(i)?.[0] ?? 'unknown');
  return {
    version: native.version(),
    build: native.buildConfig(),
    parallel: native.parallelInfo(),
    libraries: loadedLibraries(),
    cudaDevices,
  };
}

function loadedLibraries(): string[] {
  try {
    const maps = readFileSync('/proc/self/maps', 'utf8');
    const paths = maps.match(/\/\S+/g) ?? [];
    return [
      ...new Set(
        paths.filter((path) => /blas|mkl|gomp|omp|dnnl|torch|c10|cublas/.test(path) && path.includes('.so')),
      ),
    ].sort();
  } catch {
    return []; // no /proc: not Linux
  }
}

/** True when a CUDA device can be used. */
export function cudaAvailable(): boolean {
  return native.cudaDevices() > 0;
}

/** Waits until the device has done what was queued; for timing. */
export function synchronize(): void {
  native.synchronize();
}
