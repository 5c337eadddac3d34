import { cat, noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import { Admission, type FilledPrompts } from './admission.js';
import { checkCount } from './check.js';
import type { Newcomer } from './lane.js';
import { Lanes } from './lanes.js';
import type { PrefixCache } from './prefix-cache.js';
import { sampleRows } from './sampling-groups.js';
import { type StreamRequest, StreamRow } from './stream-row.js';

export interface ContinuousBatchOptions {
  /** Most rows at once, >= 1; further ones wait. */
  maxRows: number;
  /**
   * Most prompt tokens that one step computes, >= 1; default 512. Bounds how long running rows wait for
   * prompts, and the memory of activations.
   */
  prefillTokens?: number;
  /** Keeps keys and values for prompts that continue earlier ones: conversations. The caller's. */
  prefixes?: PrefixCache;
}

const defaultPrefillTokens = 512;

/**
 * A batch that rows join and leave at every step. A row's tokens are those that `generate` samples for its
 * prompt, key and parameters, up to rounding. The decoder's weights, an adapter's included, must stay as they
 * are. Owns its memory, which follows what runs.
 *
 * @example
 * using batch = new ContinuousBatch(decoder, { maxRows: 32 });
 * const row = batch.add({ prompt, key, maxNewTokens: 100, sampling, stopTokens, onToken, onEnd, onError });
 * while (batch.running + batch.waiting > 0) batch.step();
 */
export class ContinuousBatch {
  private readonly maxRows: number;
  private readonly prefixes: PrefixCache | undefined;
  private readonly admission: Admission;
  private readonly lanes: Lanes<StreamRow>;
  private stepping = false;
  private disposed = false;
  /** What the first `onError` of this step threw. */
  private thrown: { error: unknown } | undefined;

  /** @throws ModelError for options outside their ranges. */
  constructor(
    private readonly decoder: Decoder,
    { maxRows, prefillTokens = defaultPrefillTokens, prefixes }: ContinuousBatchOptions,
  ) {
    checkCount('maxRows', maxRows);
    checkCount('prefillTokens', prefillTokens);
    this.maxRows = maxRows;
    this.prefixes = prefixes;
    this.admission = new Admission(decoder, prefillTokens, prefixes);
    this.lanes = new Lanes(decoder, maxRows);
  }

  /** Rows whose prompts are computed or in the making. */
  get running(): number {
    return this.lanes.rows.length + this.admission.filling;
  }

  /** Rows that nothing has been computed of. */
  get waiting(): number {
    return this.admission.waiting;
  }

  /** How many lanes of similar length the rows lie in, and for how many tokens these have memory. */
  get layout(): { lanes: number; tokens: number } {
    return this.lanes.layout;
  }

  /**
   * The row waits until a step has room for it. May be called from a row's callbacks.
   *
   * @throws ModelError for a request that cannot be met.
   */
  add(request: StreamRequest): StreamRow {
    if (this.disposed) throw new ModelError('this batch has been disposed of and takes no more rows.');
    const row = new StreamRow(request, this.decoder);
    this.admission.add(row);
    return row;
  }

  /** Ends a row silently: nothing more is computed for it, and it is told nothing more. May be called from callbacks. */
  cancel(row: StreamRow): void {
    if (row.ended) return;
    row.cancel();
    this.admission.remove(row);
    if (this.stepping) return;
    this.letGo();
    this.rethrow();
  }

  /**
   * One step: computes prompts of waiting rows, as far as there is room and within the budget, and feeds all
   * running rows their newest tokens. Each of them, and each row whose prompt is complete, gets one token.
   *
   * What goes wrong ends the rows that it concerns, through their `onError`.
   *
   * @throws only what an `onError` throws, after all rows have been served
   */
  step(): void {
    if (this.disposed) throw new ModelError('this batch has been disposed of and makes no more steps.');
    if (this.stepping)
      throw new ModelError('a step was asked for from within a step; wait until it is over.');
    this.stepping = true;
    try {
      using _scope = new TensorScope();
      noGrad(() => this.advance());
    } finally {
      this.stepping = false;
      if (this.disposed) this.free();
    }
    this.rethrow();
  }

  /** Frees everything. Rows that have not ended are told nothing. */
  dispose(): void {
    this.disposed = true;
    if (!this.stepping) this.free();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private advance(): void {
    this.prefixes?.startCall();
    const filled = this.admission.fill(this.maxRows - this.running, (rows, error) => this.fail(rows, error));
    try {
      const rows: StreamRow[] = [];
      const hidden: Tensor[] = [];
      for (const { prompts, hidden: ofPrompts } of filled) {
        const sources = prompts.flatMap((members, prompt) => members.map(() => prompt));
        rows.push(...prompts.flat());
        hidden.push(
          sources.length === prompts.length ? ofPrompts : ofPrompts.indexSelect(0, this.ints(sources)),
        );
      }
      const decoding = this.lanes.rows;
      this.attempt(decoding, () => {
        if (decoding.length === 0) return;
        hidden.push(this.lanes.step());
        rows.push(...decoding);
      });
      this.sample(rows, hidden);
      this.letGo();
      this.takeIn(filled);
    } finally {
      for (const one of filled) one.dispose();
    }
  }

  private sample(rows: readonly StreamRow[], hidden: readonly Tensor[]): void {
    if (rows.length === 0) return;
    this.attempt(rows, () => {
      const logits = this.decoder.nextLogits(hidden.length === 1 ? (hidden[0] as Tensor) : cat(hidden));
      for (const [i, sampled] of sampleRows(logits, rows).entries()) {
        const row = rows[i] as StreamRow;
        if (!row.ended && !this.disposed) this.tell(() => row.append(sampled));
      }
    });
  }

  /** Frees what rows hold that have ended. */
  private letGo(): void {
    const { rows } = this.lanes;
    if (rows.every(({ ended }) => !ended)) return;
    this.attempt(rows, () => {
      for (const row of rows) {
        if (row.finish === undefined) continue;
        const tokens = [...row.request.prompt, ...row.tokens.slice(0, -1)];
        this.remember(tokens, (from, count) => this.lanes.read(row, from, count));
      }
      this.lanes.leave(({ ended }) => !ended);
    });
  }

  /** Moves the rows that have got their first tokens, and have not ended by it, to those that decode. */
  private takeIn(filled: readonly FilledPrompts[]): void {
    const newcomers: Newcomer<StreamRow>[] = [];
    for (const one of filled) {
      for (const [prompt, members] of one.prompts.entries()) {
        const { request } = members[0] as StreamRow;
        // A prompt whose logits are not finite has given no token.
        if (members.some(({ tokens }) => tokens.length > 0))
          this.remember(request.prompt, (from, count) => one.read(prompt, from, count));
        for (const row of members) if (!row.ended) newcomers.push({ row, kept: one.read(prompt) });
      }
    }
    if (newcomers.length === 0) return;
    try {
      this.lanes.join(newcomers);
    } catch (error) {
      const inside = new Set(this.lanes.rows);
      this.fail(
        newcomers.map(({ row }) => row).filter((row) => !inside.has(row)),
        error,
      );
    }
  }

  private remember(tokens: readonly number[], piece: (from: number, count: number) => Tensor): void {
    try {
      this.prefixes?.put(tokens, piece);
    } catch {
      this.prefixes?.clear(); // for want of memory: rows need it more
    }
  }

  /** Does work for all rows that decode, and perhaps more: if it fails, they end. */
  private attempt(rows: readonly StreamRow[], work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(rows, error);
      this.lanes.dispose();
    }
  }

  private fail(rows: readonly StreamRow[], error: unknown): void {
    for (const row of rows) this.tell(() => row.fail(error));
  }

  private tell(row: () => void): void {
    try {
      row();
    } catch (error) {
      this.thrown ??= { error };
    }
  }

  private rethrow(): void {
    const { thrown } = this;
    this.thrown = undefined;
    if (thrown !== undefined) throw thrown.error;
  }

  private free(): void {
    this.admission.dispose();
    this.lanes.dispose();
  }

  private ints(values: readonly number[]): Tensor {
    return tensor(Int32Array.from(values), [values.length], { device: this.decoder.device });
  }
}
