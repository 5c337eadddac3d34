import type { Device } from './dtype.js';
import { native } from './native.js';
import { wrap } from './wrap.js';

// Generators that were never disposed: freed when collected.
const forgotten = new FinalizationRegistry<number>((handle) => native.freeGenerator(handle));

/** A seeded random generator of one device: pass it to `randn`, `normal_`, `randperm`, … */
export class Generator {
  /** @internal */
  handle: number;

  /** @param seed a safe integer; equal seeds give equal draws on the same device and libtorch. */
  constructor(
    seed: number,
    readonly device: Device = 'cpu',
  ) {
    this.handle = native.createGenerator(device, seed);
    forgotten.register(this, this.handle, this);
  }

  /** The state as bytes, to continue the sequence later. */
  state(): Uint8Array {
    const state = wrap(native.generatorState(this.handle));
    try {
      return state.toBytes();
    } finally {
      state.dispose();
    }
  }

  /** @throws TorchError when the bytes are no state of this kind of generator. */
  restore(state: Uint8Array): void {
    const bytes = wrap(native.create(state, [state.length], 0));
    try {
      native.setGeneratorState(this.handle, bytes.handle);
    } finally {
      bytes.dispose();
    }
  }

  dispose(): void {
    if (this.handle === 0) return;
    forgotten.unregister(this);
    native.freeGenerator(this.handle);
    this.handle = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
