/** A server that speaks OpenAI's protocol, as its clients here see it. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { StopRequested } from '../errors.js';
import { type BreakerRule, CircuitBreaker, usualBreaker } from './circuit-breaker.js';
import { EndpointError } from './endpoint-error.js';
import { type Exchange, exchangeJson, exchangeStream } from './exchange.js';
import { Limiter } from './limiter.js';
import { type ListedModel, readModels } from './listed-models.js';
import type { Tally } from './tally.js';

export interface EndpointOptions {
  /** Base URL such as `http://127.0.0.1:8000/v1`; without a path, `/v1` is meant. */
  readonly url: string;
  /** Sent as bearer token; default: none. Appears in no message. */
  readonly apiKey?: string | null;
  /** Patience with one attempt, in (0, 300]; default 120. */
  readonly timeoutSeconds?: number;
  /** Further attempts after faults that may pass, >= 0; default 2. */
  readonly retries?: number;
  /** Requests at once, >= 1; default 16. */
  readonly concurrency?: number;
  /** When to leave an endpoint alone that fails at every request. */
  readonly breaker?: BreakerRule;
  /** Pause before the first retry, doubled for each further one; default 0.5. */
  readonly firstPauseSeconds?: number;
  /** Ends all requests, as `StopRequested`. */
  readonly signal?: AbortSignal;
  /** Takes a line when the endpoint is given up for now, and when it answers again. */
  readonly tell?: (line: string) => void;
}

/** Longest pause between two attempts; an endpoint that asks for a longer one is not waited for. */
const longestPauseSeconds = 30;

export class Endpoint {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #apiKey: string | null;
  readonly #timeoutSeconds: number;
  readonly #limiter: Limiter;
  readonly #breaker: CircuitBreaker;

  /** @throws EndpointError for a URL or a key that cannot be used */
  constructor(private readonly options: EndpointOptions) {
    this.url = baseUrl(options.url);
    this.#apiKey = options.apiKey ?? null;
    if (this.#apiKey !== null && !/^[\x21-\x7e]+$/.test(this.#apiKey)) {
      throw new EndpointError('refused', 'the API key has characters that no key has, such as a line break');
    }
    this.#timeoutSeconds = options.timeoutSeconds ?? 120;
    this.#limiter = new Limiter(options.concurrency ?? 16);
    const tell = options.tell ?? (() => {});
    // Every request listens, and there may be many: no leak that Node would have to warn of.
    if (options.signal !== undefined) setMaxListeners(0, options.signal);
    this.#breaker = new CircuitBreaker(options.breaker ?? usualBreaker, (line) =>
      tell(`${this.url}: ${this.#withoutKey(line)}`),
    );
  }

  /** Whether it failed so often that it is left alone. */
  get resting(): boolean {
    return this.#breaker.resting;
  }

  /**
   * What it serves. One attempt of at most 15 seconds.
   *
   * @throws EndpointError when it does not say
   */
  async models(): Promise<ListedModel[]> {
    const timeoutSeconds = Math.min(15, this.#timeoutSeconds);
    return this.#guarded(async () =>
      readModels(await exchangeJson({ ...this.#exchange('models'), method: 'GET', timeoutSeconds })),
    );
  }

  /**
   * Posts a request, again after faults that may pass, and reads the answer.
   *
   * @param read what the answer means; throws EndpointError when it means nothing
   * @param tally what the request comes to is added to it
   * @throws EndpointError when there is no answer
   * @throws StopRequested when the signal fires
   */
  async post<T>(path: string, body: object, read: (json: unknown) => T, tally: Tally): Promise<T> {
    return this.#limiter.run(async () => {
      tally.requests += 1;
      const started = performance.now();
      try {
        this.#breaker.enter();
        const answer = await this.#attempts(path, body, read, tally);
        this.#breaker.succeeded();
        tally.latencies.push((performance.now() - started) / 1000);
        return answer;
      } catch (error) {
        tally.failures += 1;
        if (!(error instanceof EndpointError && error.fault === 'resting')) this.#breaker.failed(error);
        throw error;
      } finally {
        tally.seconds += (performance.now() - started) / 1000;
      }
    }, this.options.signal);
  }

  /**
   * Posts a request once and gives the pieces of its answer's stream.
   *
   * @param signal ends it, as `StopRequested`
   */
  async *stream(path: string, body: object, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* exchangeStream({ ...this.#exchange(path), method: 'POST', body, signal });
    } catch (error) {
      throw this.#hiding(error);
    }
  }

  async #attempts<T>(path: string, body: object, read: (json: unknown) => T, tally: Tally): Promise<T> {
    const { retries = 2, firstPauseSeconds = 0.5, signal } = this.options;
    for (let attempt = 0; ; attempt++) {
      try {
        const exchange = { ...this.#exchange(path), method: 'POST' as const, body };
        return await this.#guarded(async () => read(await exchangeJson(exchange)));
      } catch (error) {
        const again = error instanceof EndpointError && error.passes && !this.#breaker.resting;
        if (!again || attempt >= retries) throw error;
        // Requests that failed together do not come back together.
        const own = firstPauseSeconds * 2 ** attempt * (0.5 + Math.random() / 2);
        const pause = Math.max(error.retryAfter ?? 0, Math.min(own, longestPauseSeconds));
        if (pause > longestPauseSeconds) {
          const asked = `${error.message}; it asks to wait ${Math.ceil(pause)} s, longer than ${longestPauseSeconds} s`;
          throw new EndpointError(error.fault, asked, null, { cause: error });
        }
        tally.retries += 1;
        await sleep(pause * 1000, undefined, signal === undefined ? {} : { signal }).catch(() => {
          throw new StopRequested();
        });
      }
    }
  }

  #exchange(path: string): Omit<Exchange, 'method'> {
    const { signal } = this.options;
    return {
      url: `${this.url}/${path}`,
      apiKey: this.#apiKey,
      timeoutSeconds: this.#timeoutSeconds,
      signal,
    };
  }

  async #guarded<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      throw this.#hiding(error);
    }
  }

  /** An endpoint may repeat what it was sent. */
  #hiding(error: unknown): unknown {
    if (!(error instanceof EndpointError) || this.#withoutKey(error.message) === error.message) return error;
    return new EndpointError(error.fault, this.#withoutKey(error.message), error.retryAfter);
  }

  #withoutKey(text: string): string {
    return this.#apiKey === null ? text : text.replaceAll(this.#apiKey, '***');
  }
}

/** @throws EndpointError saying what is wrong with it */
export function baseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new EndpointError('refused', `"${text}" is no URL; write http://127.0.0.1:8000/v1 or the like`);
  }
  if (!/^https?:$/.test(url.protocol)) {
    throw new EndpointError('refused', `"${text}" does not begin with http:// or https://`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new EndpointError(
      'refused',
      'a URL must not hold a password: it would end up in logs. Give it as API key',
    );
  }
  const path = url.pathname.replace(/\/+$/, '');
  return `${url.origin}${path === '' ? '/v1' : path}`;
}
