/**
 * How an endpoint failed.
 *
 *   connection   it could not be reached, or hung up
 *   timeout      it did not answer in time
 *   overloaded   it said so (429)
 *   server       an error of its own (5xx)
 *   refused      it did not take the request (other 4xx, redirects)
 *   nonsense     it answered with what is no answer
 *   resting      it failed too often and is left alone for a while (CircuitBreaker)
 */
export type EndpointFault =
  | 'connection'
  | 'timeout'
  | 'overloaded'
  | 'server'
  | 'refused'
  | 'nonsense'
  | 'resting';

/** Faults that another attempt may not have. */
const passing: readonly EndpointFault[] = ['connection', 'timeout', 'overloaded', 'server'];

/** A request to an endpoint that has no answer. The message is one line, without the endpoint's address. */
export class EndpointError extends Error {
  readonly code = 'ENDPOINT';
  override readonly name = 'EndpointError';

  constructor(
    readonly fault: EndpointFault,
    message: string,
    /** Seconds that the endpoint asks to wait before the next attempt; null when it does not say. */
    readonly retryAfter: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** Whether it is worth another attempt. */
  get passes(): boolean {
    return passing.includes(this.fault);
  }
}

const SHOWN = 200;

/** Text of an endpoint as part of a message: one line without control characters, cut where it is long. */
export function quoted(text: string): string {
  const line = text
    .slice(0, 4 * SHOWN)
    .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim();
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

/** A value of an endpoint as part of a message. Of lists and objects only the kind: no text can be had of every one. */
export function told(value: unknown): string {
  if (typeof value === 'string') return `"${quoted(value)}"`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
