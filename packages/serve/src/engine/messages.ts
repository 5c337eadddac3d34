/**
 * What the HTTP thread and an engine's thread say to each other. Plain data: token ids and numbers, no text, since
 * all text is made and read on the HTTP thread, where it does not hold up decoding.
 */
import type { SamplingParameters, StreamKey } from '@collm/lm';
import type { Device, DType } from '@collm/torch';

/** A model as its engine opens it. */
export interface EngineModel {
  readonly model: string;
  readonly adapter: string | null;
  readonly device: Device;
  readonly dtype: DType | null;
}

/** What an engine's thread starts with. */
export interface EngineStart {
  readonly models: readonly EngineModel[];
  /** Rows decoded side by side, per model. */
  readonly maxBatch: number;
  /** Bytes of keys and values, per model, that requests leave to those that continue them; 0: none. */
  readonly prefixBytes: number;
  /** Threads inside an operation; null: as libtorch chooses. */
  readonly threads: number | null;
  /** One number, the steps that have begun: both sides read it. */
  readonly steps: Int32Array<SharedArrayBuffer>;
}

/** A row to be generated. */
export interface RowSpec {
  readonly prompt: readonly number[];
  readonly key: StreamKey;
  readonly maxNewTokens: number;
  readonly sampling: SamplingParameters;
  readonly stopTokens: readonly number[];
  /** 0 to 20. */
  readonly topLogProbs: number;
}

export type ToEngine =
  | { readonly type: 'add'; readonly model: number; readonly rows: readonly (RowSpec & { id: number })[] }
  /** `steps`: those that had begun when it was asked. */
  | { readonly type: 'cancel'; readonly ids: readonly number[]; readonly steps: number }
  | { readonly type: 'measure' }
  | { readonly type: 'close' };

/** What is known of a model once it is open. */
export interface OpenedModel {
  /** Longest prompt with its response, in tokens. */
  readonly context: number;
  readonly vocabSize: number;
  readonly dtype: DType;
}

/** A token and its log-prob, log p_T over the full vocabulary. */
export interface Candidate {
  readonly token: number;
  readonly logProb: number;
}

/** Everything that one step made, in one message: `ids`, `tokens` and `logProbs` go together by their place. */
export interface StepMessage {
  readonly type: 'step';
  readonly model: number;
  readonly ids: number[];
  readonly tokens: number[];
  readonly logProbs: number[];
  /** By place, where they were asked for. */
  readonly tops: (Candidate[] | undefined)[] | null;
  /** Rows whose first token is among these, with the milliseconds that they waited. */
  readonly started: { readonly id: number; readonly queuedMs: number }[];
  readonly ended: { readonly id: number; readonly finish: 'stop' | 'length' }[];
  /** Rows that could not go on. */
  readonly failed: RowFailure[];
  /** Rows of the model after the step. */
  readonly rows: RowCounts;
}

export interface RowCounts {
  readonly running: number;
  readonly waiting: number;
}

export interface RowFailure {
  readonly id: number;
  readonly message: string;
  /** True: the request cannot be met. False: something broke. */
  readonly refused: boolean;
}

/** What is alive on an engine's thread. */
export interface EngineMeasure {
  readonly tensors: number;
  readonly bytes: number;
}

export type FromEngine =
  | { readonly type: 'ready'; readonly models: readonly OpenedModel[] }
  | { readonly type: 'unusable'; readonly message: string }
  | StepMessage
  /** `steps`: those that began between the asking and the freeing. */
  | { readonly type: 'cancelled'; readonly steps: number; readonly rows: readonly RowCounts[] }
  | ({ readonly type: 'measure' } & EngineMeasure)
  | ({ readonly type: 'closed' } & EngineMeasure);
