import { StopRequested } from '../errors.js';

/** Lets at most so many tasks run at once; the others wait in their order. */
export class Limiter {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most >= 1 */
  constructor(private readonly most: number) {}

  /** @throws StopRequested when the signal fires while the task waits */
  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw new StopRequested();
    if (this.#running < this.most) this.#running += 1;
    else await this.#turn(signal);
    try {
      return await task();
    } finally {
      // The place is handed on, so that nobody can step in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  #turn(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(new StopRequested());
      };
      this.#waiting.push(go);
      signal?.addEventListener('abort', stop, { once: true });
    });
  }
}
