/** How much a server takes on: every client can only ask for so much of it. */
export interface Limits {
  /** Rows that are decoded side by side, per model. A request has `n` rows per prompt. */
  readonly maxBatch: number;
  /** Rows that may wait for a place, per model; more are refused with 429. */
  readonly maxQueue: number;
  /** Most rows of one request. */
  readonly maxChoices: number;
  /** Most new tokens of a row; null: what the model's context leaves. */
  readonly maxTokens: number | null;
  /** Largest request body in bytes. */
  readonly maxBodyBytes: number;
  /** Open connections; more are closed at once. */
  readonly maxConnections: number;
  /** Bytes that are kept for a client that does not read; beyond, its connection is ended. */
  readonly maxUnreadBytes: number;
  /** Seconds in which a request's headers have to arrive. */
  readonly headersSeconds: number;
  /** Seconds in which a whole request has to arrive. */
  readonly requestSeconds: number;
  /** Seconds that an idle connection is kept. */
  readonly keepAliveSeconds: number;
  /** Seconds that a finished answer may stay unread. */
  readonly unreadSeconds: number;
}

export const defaultLimits: Limits = {
  maxBatch: 64,
  maxQueue: 256,
  maxChoices: 16,
  maxTokens: null,
  maxBodyBytes: 2 * 2 ** 20,
  maxConnections: 1024,
  maxUnreadBytes: 2 ** 20,
  headersSeconds: 10,
  requestSeconds: 30,
  keepAliveSeconds: 20,
  unreadSeconds: 30,
};
