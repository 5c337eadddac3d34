import { cat, noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import type { DecodingState } from '../model/decoding-state.js';
import { Admission, type PrefillPiece } from './admission.js';
import { checkCount } from './check.js';
import type { Newcomer } from './lane.js';
import { Lanes } from './lanes.js';
import type { PrefillGroup } from './prefill-group.js';
import type { PrefixCache } from './prefix-cache.js';
import { sampleRows } from './sampling-groups.js';
import { type StreamRequest, StreamRow } from './stream-row.js';

export interface ContinuousBatchOptions {
  /** Most rows at once, >= 1; further ones wait. */
  maxRows: number;
  /**
   * Most prompt tokens that one step computes, >= 1. Bounds how long running rows wait for prompts, and the
   * memory of activations. By default 512 to 2048 on a processor, the more the smaller the model; 4096 elsewhere.
   */
  prefillTokens?: number;
  /** Keeps keys and values for prompts that continue earlier ones: conversations. The caller's. */
  prefixes?: PrefixCache;
}

/** Products with fewer rows would cost clearly more per token, and more would take a second and longer. */
function defaultPrefillTokens({ device, numParameters }: Decoder): number {
  return device === 'cpu' ? Math.min(2048, Math.max(512, Math.round(6e10 / numParameters))) : 4096;
}

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
  /** Made by the first step. */
  private state: DecodingState | undefined;
  private stepping = false;
  private disposed = false;
  /** What the first `onError` of this step threw. */
  private thrown: { error: unknown } | undefined;

  /** @throws ModelError for options outside their ranges. */
  constructor(
    private readonly decoder: Decoder,
    { maxRows, prefillTokens = defaultPrefillTokens(decoder), prefixes }: ContinuousBatchOptions,
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
    using _scope = new TensorScope();
    noGrad(() => this.letGo());
    this.admission.sweep();
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
    const pieces = this.admission.next(this.maxRows - this.running, (rows, error) => this.fail(rows, error));
    const decoding = this.lanes.rows;
    const hidden = this.compute(decoding, pieces);
    if (hidden !== undefined) this.sample(decoding, pieces, hidden);
    this.letGo();
    this.takeIn(pieces.map(({ group }) => group).filter(({ complete }) => complete));
    this.admission.sweep();
  }

  /**
   * Feeds the newest tokens of the rows that decode, and pieces of prompts. Products with weights are made for all
   * of them together: they take little longer than for one kind alone.
   *
   * @returns hidden states [tokens, C] of both, in this order; undefined when there is nothing, or it failed
   */
  private compute(decoding: readonly StreamRow[], pieces: readonly PrefillPiece[]): Tensor | undefined {
    const { decoder, lanes } = this;
    if (decoding.length + pieces.length === 0) return undefined;
    try {
      lanes.prepare();
      const parts = pieces.map(({ group, budget }) => ({ group, ...group.begin(budget) }));
      const ids = [...decoding.map(({ newest }) => newest), ...parts.flatMap((part) => part.ids)];
      const positions = [...decoding.map(({ fed }) => fed), ...parts.flatMap((part) => part.positions)];
      const tables = decoder.tablesOf({ capacity: Math.max(...positions) + 1 });
      this.state ??= decoder.decodingState();
      const { state } = this;
      const hidden = decoder.stepWith(
        this.ints(ids),
        this.ints(positions),
        state,
        tables,
        (layer, q, k, v) => {
          let at = decoding.length;
          const found = at === 0 ? [] : lanes.attend(layer, q, k, v, state);
          for (const { group, ids: own } of parts) {
            const part = (all: Tensor) => all.narrow(0, at, own.length);
            found.push(group.attend(layer, part(q), part(k), part(v)));
            at += own.length;
          }
          return found.length === 1 ? (found[0] as Tensor) : cat(found);
        },
      );
      lanes.stepped();
      for (const { group } of pieces) group.end();
      return hidden;
    } catch (error) {
      // The prompts may have been too much; without them the rows that decode have another chance.
      if (pieces.length > 0)
        this.fail(
          pieces.flatMap(({ group }) => group.rows),
          error,
        );
      else this.failAll(error);
      return undefined;
    }
  }

  /** Samples the next token of every row that decodes, and the first one of those whose prompts are complete. */
  private sample(decoding: readonly StreamRow[], pieces: readonly PrefillPiece[], hidden: Tensor): void {
    const rows = [...decoding];
    const places = [...decoding.keys()];
    let at = decoding.length;
    for (const { group } of pieces) {
      if (group.complete)
        for (const [prompt, members] of group.prompts.entries()) {
          rows.push(...members);
          places.push(...members.map(() => at + group.lastOf(prompt)));
        }
      at += group.size;
    }
    if (rows.length === 0) return;
    try {
      const all = places.length === at && places.every((place, i) => place === i);
      const last = all ? hidden : hidden.indexSelect(0, this.ints(places));
      for (const [i, sampled] of sampleRows(this.decoder.nextLogits(last), rows).entries()) {
        const row = rows[i] as StreamRow;
        if (!row.ended && !this.disposed) this.tell(() => row.append(sampled));
      }
    } catch (error) {
      this.fail(rows, error);
    }
  }

  /** Frees what rows hold that have ended. */
  private letGo(): void {
    const { rows } = this.lanes;
    if (rows.every(({ ended }) => !ended)) return;
    try {
      for (const row of rows) {
        if (row.finish === undefined) continue;
        const tokens = [...row.request.prompt, ...row.tokens.slice(0, -1)];
        this.remember(tokens, (from, count) => this.lanes.read(row, from, count));
      }
      this.lanes.leave(({ ended }) => !ended);
    } catch (error) {
      this.failAll(error);
    }
  }

  /** Moves the rows that have got their first tokens, and have not ended by it, to those that decode. */
  private takeIn(groups: readonly PrefillGroup[]): void {
    const newcomers: Newcomer<StreamRow>[] = [];
    for (const group of groups) {
      for (const [prompt, members] of group.prompts.entries()) {
        // A prompt whose logits are not finite has given no token.
        if (members.some(({ tokens }) => tokens.length > 0))
          this.remember((members[0] as StreamRow).request.prompt, (from, count) =>
            group.read(prompt, from, count),
          );
        for (const row of members) if (!row.ended) newcomers.push({ row, kept: group.read(prompt) });
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

  private failAll(error: unknown): void {
    this.fail(this.lanes.rows, error);
    this.lanes.dispose();
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
    this.state?.dispose();
    this.state = undefined;
  }

  private ints(values: readonly number[]): Tensor {
    return tensor(Int32Array.from(values), [values.length], { device: this.decoder.device });
  }
}
