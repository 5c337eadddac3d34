/** Which linear algebra library a process has loaded, read from the paths of its shared libraries. */
import { realpathSync } from 'node:fs';

export interface Blas {
  /** e.g. `OpenBLAS`, `MKL`, `reference BLAS`. */
  readonly name: string;
  /** Path of the library, or null when it is built into libtorch. */
  readonly path: string | null;
  /** True for the plain reference implementation, which is 30 to 60 times slower. */
  readonly reference: boolean;
}

const fast: readonly (readonly [RegExp, string])[] = [
  [/openblas/, 'OpenBLAS'],
  [/libmkl/, 'MKL'],
  [/blis/, 'BLIS'],
  [/atlas/, 'ATLAS'],
];

/**
 * @param libraries paths of loaded shared libraries
 * @param build libtorch's description of its build, for libraries that are part of it
 * @param resolve follows symbolic links
 */
export function detectBlas(
  libraries: readonly string[],
  build: string,
  resolve: (path: string) => string = realpath,
): Blas {
  const resolved = libraries.map(resolve);
  for (const [pattern, name] of fast) {
    const path = resolved.find((library) => pattern.test(library));
    if (path !== undefined) return { name, path, reference: false };
  }
  const plain = resolved.find((library) => /\/libblas\.so/.test(library));
  if (plain !== undefined) return { name: 'reference BLAS', path: plain, reference: true };
  const builtIn = /BLAS_INFO=(\w+)/.exec(build)?.[1];
  return {
    name: builtIn === undefined ? 'unknown' : `${builtIn} (inside libtorch)`,
    path: null,
    reference: false,
  };
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // deleted since it was loaded
  }
}
