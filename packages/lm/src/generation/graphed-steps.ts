/** Decides when decoding steps are recorded as a CUDA graph, and replays it. */
import { CudaGraph, type Device, own, type Tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { KvCache } from '../model/kv-cache.js';
import { StaticStep } from '../model/static-step.js';
import type { NextStep } from './decoding-batch.js';

/** Records work to be replayed: `CudaGraph`, or in tests a stand-in. */
export interface Recorder {
  /** Records `fn` without running it. */
  capture(fn: () => void, device: Device): { replay(): void; dispose(): void };
}

/** Attention of a graph looks at all places up to the next multiple, so short sequences do not pay for long ones. */
const BUCKET = 256;
/** Steps with the same rows before a recording: while rows leave one after the other, none would be used for long. */
const SETTLED = 4;
/** Fewer steps do not pay for the recording, which takes as long as a few of them. */
const WORTHWHILE = 16;

/** The places that the graph of a step at `place` covers, of `most`. */
export const bucketOf = (place: number, most: number): number =>
  Math.min(most, BUCKET * Math.ceil((place + 1) / BUCKET));

/** After one failure the process records no more. */
let failed = false;

/** What records on a device; undefined where nothing does, or where COLLM_CUDA_GRAPHS is 0. */
export function recorderOf(device: Device): Recorder | undefined {
  return device.startsWith('cuda') && process.env.COLLM_CUDA_GRAPHS !== '0' && !failed
    ? CudaGraph
    : undefined;
}

interface Current {
  step: StaticStep;
  /** Where every replay leaves its logits, [B, V]. */
  logits: Tensor;
  /** Recorded at the second step: the first warms the kernels' libraries up. */
  graph: ReturnType<Recorder['capture']> | undefined;
}

/** The graph of the rows of a batch, one bucket of places at a time. Owns its memory. */
export class GraphedSteps {
  private current: Current | undefined;
  /** Steps since the rows last changed. */
  private unchanged = 0;

  constructor(
    private readonly decoder: Decoder,
    private readonly cache: KvCache,
    private recorder: Recorder | undefined,
  ) {}

  /**
   * Feeds the newest tokens, as `Decoder.step` and `nextLogits` do.
   *
   * @param left steps that may follow at most, this one included
   * @returns logits [B, V], which the next call overwrites; undefined when a plain step is to be made instead
   */
  step(next: NextStep, left: number): Tensor | undefined {
    if (this.recorder === undefined) return undefined;
    this.unchanged++;
    const { cache } = this;
    if (this.current !== undefined && cache.length >= this.current.step.places) this.release();
    if (this.current === undefined) {
      const places = bucketOf(cache.length, cache.places);
      const useful = Math.min(left, places - cache.length);
      return this.unchanged > SETTLED && useful >= WORTHWHILE ? this.warmUp(next, places) : undefined;
    }
    const { step, logits } = this.current;
    step.tokens.copy_(next.tokens);
    this.current.graph ??= this.record(step, logits);
    if (this.current.graph === undefined) {
      this.release();
      return undefined;
    }
    this.current.graph.replay();
    cache.grow(1);
    return logits;
  }

  /** To be called when rows leave or the cache moves: recorded addresses are then void. */
  changed(): void {
    this.unchanged = 0;
    this.release();
  }

  dispose(): void {
    this.release();
  }

  private warmUp(next: NextStep, places: number): Tensor {
    const step = new StaticStep(this.decoder, this.cache, next, places);
    try {
      step.tokens.copy_(next.tokens);
      const logits = own(step.run());
      this.current = { step, logits, graph: undefined };
      this.cache.grow(1);
      return logits;
    } catch (error) {
      step.dispose();
      throw error;
    }
  }

  private record(step: StaticStep, logits: Tensor): Current['graph'] {
    try {
      return this.recorder?.capture(() => {
        logits.copy_(step.run());
      }, this.decoder.device);
    } catch (error) {
      this.recorder = undefined;
      if (!failed)
        process.emitWarning(
          `the decoding step could not be recorded as a CUDA graph (${(error as Error).message}); decoding goes on without one, more slowly. COLLM_CUDA_GRAPHS=0 avoids the attempt.`,
        );
      failed = true;
      return undefined;
    }
  }

  private release(): void {
    const { graph, step, logits } = this.current ?? {};
    this.current = undefined;
    graph?.dispose();
    step?.dispose();
    logits?.dispose();
  }
}
