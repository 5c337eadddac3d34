/** One HTTP exchange with an endpoint that is not trusted: bounded in time and size, no redirects. */
import { StopRequested } from '../errors.js';
import { EndpointError, quoted } from './endpoint-error.js';
import { isObject } from './is-object.js';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly apiKey: string | null;
  /** Until the whole answer is there; of a stream, until its next piece, which may go on for an hour. */
  readonly timeoutSeconds: number;
  /** Fires as `StopRequested`. */
  readonly signal?: AbortSignal | undefined;
}

/** Longest answer that is read, unpacked; a response of 100,000 tokens with their ids takes two. */
export const maxAnswerBytes = 16 * 2 ** 20;
const maxErrorBytes = 64 * 2 ** 10;
const longestStreamSeconds = 3600;

/**
 * The JSON that an endpoint answers with.
 *
 * @throws EndpointError for every other answer, and for none
 * @throws StopRequested when the signal fires
 */
export async function exchangeJson(exchange: Exchange): Promise<unknown> {
  using deadline = new Deadline(exchange);
  const response = await open(exchange, deadline, 'application/json');
  const text = new TextDecoder().decode(await readBody(response, maxAnswerBytes, deadline));
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const what = text.trim() === '' ? 'nothing' : `"${quoted(text)}"`;
    throw new EndpointError('nonsense', `it answered with ${what} instead of JSON`);
  }
}

/**
 * The pieces of a stream of server-sent events, as bytes.
 *
 * @throws as `exchangeJson` does
 */
export async function* exchangeStream(exchange: Exchange): AsyncGenerator<Uint8Array> {
  using deadline = new Deadline(exchange);
  const response = await open(exchange, deadline, 'text/event-stream');
  yield* pieces(response, maxAnswerBytes, deadline);
}

async function open(exchange: Exchange, deadline: Deadline, accepted: string): Promise<Response> {
  const { method, url, body, apiKey } = exchange;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: deadline.signal,
      headers: {
        accept: accepted,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw deadline.reason() ?? connectionError(cause);
  }
  if (!response.ok) throw await refusal(response, deadline);
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? 'no type';
  if (type !== accepted) {
    await response.body?.cancel();
    throw new EndpointError('nonsense', `it answered with ${quoted(type)} instead of ${accepted}`);
  }
  return response;
}

/** Why a request was not answered with success. */
async function refusal(response: Response, deadline: Deadline): Promise<EndpointError> {
  const { status, headers } = response;
  if (status < 400) {
    await response.body?.cancel();
    const target = quoted(headers.get('location') ?? 'nowhere');
    return new EndpointError(
      'refused',
      `it redirects to ${target} (${status}), which is not followed: give that URL`,
    );
  }
  // What it says is a courtesy: an error without it is one as well.
  const body = await readBody(response, maxErrorBytes, deadline).catch((error: unknown) => {
    if (error instanceof StopRequested) throw error;
    return new Uint8Array();
  });
  const said = quoted(errorText(new TextDecoder().decode(body)));
  const message = `it answered ${status}${said === '' ? '' : `: ${said}`}`;
  const fault = status === 429 ? 'overloaded' : status >= 500 ? 'server' : 'refused';
  return new EndpointError(fault, message, retryAfter(headers.get('retry-after')));
}

/** The message within an error of OpenAI's shape, or of its usual variants. */
function errorText(body: string): string {
  try {
    return errorMessage(JSON.parse(body)) ?? body;
  } catch {
    return body;
  }
}

/** The text of `{error: {message}}`, `{error}`, `{message}` or `{detail}`; undefined for anything else. */
export function errorMessage(json: unknown): string | undefined {
  if (!isObject(json)) return undefined;
  const { error, message, detail } = json;
  const within = isObject(error) ? error.message : error;
  return [within, message, detail].find((text): text is string => typeof text === 'string');
}

/** Seconds of a Retry-After header, which is a number of seconds or a date. */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

async function readBody(response: Response, limit: number, deadline: Deadline): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of pieces(response, limit, deadline, false)) parts.push(part);
  return Buffer.concat(parts);
}

/** @param renews whether every piece begins the time anew */
async function* pieces(
  { body }: Response,
  limit: number,
  deadline: Deadline,
  renews = true,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      let read: { done: boolean; value?: Uint8Array | undefined };
      try {
        read = await reader.read();
      } catch (cause) {
        throw deadline.reason() ?? connectionError(cause);
      }
      if (read.done || read.value === undefined) return;
      bytes += read.value.byteLength;
      if (bytes > limit) throw new EndpointError('nonsense', `its answer is longer than ${limit} bytes`);
      if (renews) deadline.renew();
      yield read.value;
    }
  } finally {
    // Also when the reader of these pieces has had enough: the connection must not stay open.
    await reader.cancel().catch(() => {});
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused); is the server started?',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its host name cannot be looked up',
  ECONNRESET: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'its host does not answer',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer within 5 minutes',
};

function connectionError(error: unknown): EndpointError {
  const cause = (error as Error).cause ?? error;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const known = reasons[code];
  const what = known ?? `the connection failed: ${quoted(message || code || String(cause))}`;
  return new EndpointError('connection', what, null, { cause: error });
}

/** The end of patience with one exchange: time or the caller's signal. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #stop = () => this.#controller.abort(new StopRequested());
  readonly #began = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly exchange: Pick<Exchange, 'timeoutSeconds' | 'signal'>) {
    const { signal } = exchange;
    if (signal?.aborted) this.#stop();
    else signal?.addEventListener('abort', this.#stop, { once: true });
    this.renew();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time begins anew, unless it has been long enough in all. */
  renew(): void {
    if (performance.now() - this.#began > 1000 * longestStreamSeconds) return;
    clearTimeout(this.#timer);
    const { timeoutSeconds } = this.exchange;
    const error = () => new EndpointError('timeout', `it did not answer within ${timeoutSeconds} s`);
    this.#timer = setTimeout(() => this.#controller.abort(error()), timeoutSeconds * 1000);
  }

  /** What ended it; undefined while it lasts. */
  reason(): Error | undefined {
    return this.signal.aborted ? (this.signal.reason as Error) : undefined;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.exchange.signal?.removeEventListener('abort', this.#stop);
  }
}
