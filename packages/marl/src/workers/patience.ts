/** How long a worker takes for its calls: whether it hangs or has much to do only a person can tell. */

/** No word before that many milliseconds. */
const FIRST_WORD = 60_000;
/** Nor before so many times what the longest call of that name has taken. */
const MARGIN = 3;

/** Follows the calls of a worker that answers in the order of their arrival. */
export class Patience {
  readonly #waiting: string[] = [];
  /** Milliseconds of the longest call, by name. */
  readonly #longest = new Map<string, number>();
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param say told when an answer is overdue, and again each time that the wait has doubled */
  constructor(private readonly say: (line: string) => void) {}

  asked(name: string): void {
    this.#waiting.push(name);
    if (this.#waiting.length === 1) this.#watch(name);
  }

  answered(): void {
    const name = this.#waiting.shift() as string;
    this.#longest.set(name, Math.max(this.#longest.get(name) ?? 0, performance.now() - this.#since));
    clearTimeout(this.#timer);
    const [next] = this.#waiting;
    if (next !== undefined) this.#watch(next);
  }

  /** There will be no more answers. */
  end(): void {
    this.#waiting.length = 0;
    clearTimeout(this.#timer);
  }

  #watch(name: string): void {
    this.#since = performance.now();
    this.#sayAfter(name, Math.max(FIRST_WORD, MARGIN * (this.#longest.get(name) ?? 0)));
  }

  #sayAfter(name: string, wait: number): void {
    const left = wait - (performance.now() - this.#since);
    this.#timer = setTimeout(() => {
      const longest = this.#longest.get(name);
      const before = longest === undefined ? 'the first of its kind' : `${seconds(longest)} at most so far`;
      this.say(`no answer to \`${name}\` for ${seconds(wait)} (${before}).`);
      this.#sayAfter(name, 2 * wait);
    }, left).unref();
  }
}

const seconds = (milliseconds: number): string => `${Math.ceil(milliseconds / 1000)} s`;
