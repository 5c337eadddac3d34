/** Stops reading a file before its records fill the heap, which would end the process. */
import { getHeapStatistics } from 'node:v8';
import { badData } from './record.js';

/** Bytes of heap that a character of JSON can take at most: `{},` makes an object and a place in a list. */
const heapPerCharacter = 24;
/** The heap is looked at every so many characters. */
const interval = 2 ** 20;
/** What all records together leave of the heap to others. */
const share = 0.8;

export class HeapGuard {
  readonly #name: string;
  #unweighed = 0;

  /** @param name how messages call the file */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * To be called before a text is parsed and kept.
   *
   * @param length in characters or bytes
   * @throws {EnvError} `bad_dataset` when there may be no room for it
   */
  expect(length: number): void {
    this.#unweighed += length;
    if (this.#unweighed < interval) return;
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    if (used_heap_size + this.#unweighed * heapPerCharacter > share * heap_size_limit) {
      const mebibytes = Math.round(heap_size_limit / 2 ** 20);
      throw badData(
        `The data file \`${this.#name}\` does not fit into the memory of ${mebibytes} MiB. Read a part of it, such as \`train[:1000]\`, or set NODE_OPTIONS=--max-old-space-size to more MiB.`,
      );
    }
    this.#unweighed = 0;
  }
}
