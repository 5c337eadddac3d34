import { EndpointError } from './endpoint-error.js';

export interface BreakerRule {
  /** Failed requests in a row after which the endpoint is left alone. */
  readonly failures: number;
  /** How long for the first time; twice as long after every vain trial, up to `longestRestSeconds`. */
  readonly restSeconds: number;
  readonly longestRestSeconds: number;
}

export const usualBreaker: BreakerRule = { failures: 3, restSeconds: 10, longestRestSeconds: 160 };

/**
 * Keeps requests from an endpoint that fails at all of them, so that not every one has to wait for its time-out: after
 * some failures in a row all fail at once; when the rest is over one is tried, and decides for the next.
 */
export class CircuitBreaker {
  #failures = 0;
  #rest: number;
  /** When the rest is over, in seconds; null while the endpoint is in use. */
  #until: number | null = null;
  #trying = false;
  #last = '';

  /**
   * @param tell takes a line when the endpoint is given up for now, and one when it answers again
   * @param now seconds since whenever
   */
  constructor(
    private readonly rule: BreakerRule,
    private readonly tell: (line: string) => void,
    private readonly now: () => number = () => performance.now() / 1000,
  ) {
    this.#rest = rule.restSeconds;
  }

  /** Whether the endpoint is left alone, or on trial. */
  get resting(): boolean {
    return this.#until !== null;
  }

  /**
   * Asks whether a request may be made. Whoever may says how it went: `succeeded` or `failed`.
   *
   * @throws EndpointError `resting` when it may not
   */
  enter(): void {
    if (this.#until === null) return;
    if (this.now() < this.#until || this.#trying) {
      throw new EndpointError(
        'resting',
        `it is left alone after ${this.#failures} failures in a row, the last: ${this.#last}`,
      );
    }
    this.#trying = true;
  }

  /** A request was answered. */
  succeeded(): void {
    if (this.#until !== null) this.tell('it answers again');
    this.#failures = 0;
    this.#rest = this.rule.restSeconds;
    this.#until = null;
    this.#trying = false;
  }

  /** A request failed for good, or was given up. */
  failed(error: unknown): void {
    const wasTrial = this.#trying;
    this.#trying = false;
    if (!(error instanceof EndpointError)) return;
    // Somebody is there and does not like this request: that costs no time.
    if (error.fault === 'refused') {
      this.succeeded();
      return;
    }
    this.#failures += 1;
    this.#last = error.message;
    if (this.#until === null && this.#failures >= this.rule.failures) {
      this.tell(
        `it failed ${this.#failures} times in a row, so its requests fail at once for ${this.#rest} s, then one is tried; ` +
          `the last failure: ${this.#last}`,
      );
      this.#until = this.now() + this.#rest;
    } else if (wasTrial) {
      this.#rest = Math.min(2 * this.#rest, this.rule.longestRestSeconds);
      this.#until = this.now() + this.#rest;
    }
  }
}
