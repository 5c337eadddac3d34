/** The part of WebAssembly's JavaScript interface that a worker uses; TypeScript has it only among browser types. */
declare namespace WebAssembly {
  type ImportValue = ((...args: never[]) => unknown) | Global;

  class Module {
    constructor(bytes: Uint8Array);
    static imports(module: Module): { module: string; name: string; kind: 'function' | 'global' }[];
  }

  class Instance {
    readonly exports: Record<string, unknown>;
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
  }

  class Memory {
    readonly buffer: ArrayBuffer;
    constructor(size: { initial: number });
    /** Adds pages of 64 KiB; views of the old buffer are dead afterwards. */
    grow(pages: number): number;
  }

  class Table {
    constructor(size: { element: 'anyfunc'; initial: number });
    get(index: number): ((...args: unknown[]) => unknown) | null;
  }

  class Global {
    constructor(type: { value: 'i32'; mutable: boolean }, value: number);
    value: number;
  }
}
