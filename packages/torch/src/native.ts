/** Loads the addon and binds the operator table. The only file that knows where the addon lies. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { makeError, TorchError } from './errors.js';
import { operatorTable } from './ops.js';

type Handle = number;
type TypedArray = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;
/** What an operator call accepts: numbers, handles, lists of them, text; undefined is the schema's default. */
type Argument = number | boolean | string | null | undefined | readonly (number | null)[];

export interface Native {
  setErrorFactory(
    factory: (code: string, message: string, op: string, given: readonly unknown[]) => Error,
  ): void;
  bindOperators(names: readonly string[]): (string | null)[];
  // biome-ignore lint/suspicious/noExplicitAny: the result's type follows from the operator's schema
  call(operator: number, ...args: Argument[]): any;
  create(data: TypedArray, shape: readonly number[], dtype: number): Handle;
  read(tensor: Handle): ArrayBuffer;
  mapTensors(
    path: string,
    offsets: readonly number[],
    shapes: readonly (readonly number[])[],
    dtypes: readonly number[],
  ): Handle[];
  shape(tensor: Handle): number[];
  dtype(tensor: Handle): number;
  device(tensor: Handle): string;
  item(tensor: Handle): number;
  describe(tensor: unknown): string | undefined;
  free(tensor: Handle): boolean;
  freeMany(handles: Float64Array, count: number): void;
  memory(): [tensors: number, bytes: number];
  limitTensorBytes(bytes: number): void;
  backward(root: Handle, seed?: Handle, keepGraph?: boolean): void;
  backwardAsync(root: Handle, seed?: Handle, keepGraph?: boolean): Promise<void>;
  grad(tensor: Handle): Handle | null;
  setGrad(tensor: Handle, gradient: Handle | null): void;
  requiresGrad(tensor: Handle): boolean;
  setRequiresGrad(tensor: Handle, on: boolean): void;
  setGradEnabled(on: boolean): boolean;
  createGenerator(device: string, seed: number): number;
  freeGenerator(generator: number): void;
  generatorState(generator: number): Handle;
  setGeneratorState(generator: number, state: Handle): void;
  setNumThreads(count: number): void;
  numThreads(): number;
  version(): string;
  buildConfig(): string;
  parallelInfo(): string;
  cudaDevices(): number;
  cudaInfo(
    index: number,
  ): [name: string, total: number, allocated: number, reserved: number, peak: number] | null;
  synchronize(): void;
  beginGraph(device: string): number;
  endGraph(graph: number): void;
  replayGraph(graph: number): void;
  freeGraph(graph: number): void;
  add_Tensor(a: Handle, b: Handle, alpha: number): Handle;
  mul_Tensor(a: Handle, b: Handle): Handle;
  mm(a: Handle, b: Handle): Handle;
  linear(input: Handle, weight: Handle, bias?: Handle): Handle;
  silu(a: Handle): Handle;
  transpose_int(a: Handle, dim0: number, dim1: number): Handle;
  narrow(a: Handle, dim: number, start: number, length: number): Handle;
  linearBlocks(x: Handle, weight: Handle, rows: number): Handle;
}

/** Path of the compiled addon; `COLLM_ADDON` overrides it (another libtorch, another place). */
export const addonPath =
  process.env.COLLM_ADDON ?? fileURLToPath(new URL('../build/collm_torch.node', import.meta.url));

function load(): Native {
  // Idle OpenMP threads must not spin while other processes want the core: GNU OpenMP reads this when
  // libtorch is loaded, so it is set here, before. A short spin keeps small parallel loops cheap
  // (`npm run bench -- --only shared` under other values of GOMP_SPINCOUNT compares them).
  if (process.env.OMP_WAIT_POLICY === undefined) process.env.GOMP_SPINCOUNT ??= '1000';
  if (!existsSync(addonPath)) {
    throw new TorchError('addon', `The native addon is not at ${addonPath}. Build it with "npm run setup".`);
  }
  try {
    return createRequire(import.meta.url)(addonPath) as Native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TorchError(
      'addon',
      `The native addon does not load: ${reason}. Build it again with "npm run setup".`,
      '',
      '',
      { cause },
    );
  }
}

export const native: Native = load();
native.setErrorFactory((code, message, op, given) => makeError(code, message, op, shapesOf(given)));

/** Dtypes and shapes of the tensors among an operator's arguments. Must not throw: it works on an error. */
function shapesOf(given: readonly unknown[]): string {
  try {
    const values = given.flatMap((value) => (Array.isArray(value) ? value.slice(0, 8) : [value]));
    return values.flatMap((value) => native.describe(value) ?? []).join(', ');
  } catch {
    return ''; // a getter of the caller threw
  }
}

// libtorch counts physical cores, and takes a small virtual machine's two processors for one core.
const processors = availableParallelism();
if (isMainThread && process.env.OMP_NUM_THREADS === undefined && processors <= 4)
  native.setNumThreads(processors);
else native.numThreads(); // settled here, before another thread sets a number of its own

/** Names without the `aten::` prefix's arguments, in the order of the table: their index is the operator's id. */
export const operatorNames = operatorTable.map((entry) => entry.schema.slice(0, entry.schema.indexOf('(')));

/** The schema registered in the linked libtorch for each line of the table; null where it has none. */
export const registeredSchemas: readonly (string | null)[] = native.bindOperators(operatorNames);

/** True when the linked libtorch has the operator, e.g. `aten::scaled_dot_product_attention`. */
export function hasOperator(name: string): boolean {
  const index = operatorNames.indexOf(name);
  return index >= 0 && registeredSchemas[index] != null;
}
