const KEPT = 20;

/** Passes lines on as they become whole, and remembers the last of them. */
export class LastLines {
  #unfinished = '';
  readonly #lines: string[] = [];

  constructor(private readonly onLine: (line: string) => void) {}

  add(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() as string;
    for (const line of lines) this.#take(line);
  }

  /** The last lines; what had no end of line is one too. */
  finish(): string {
    if (this.#unfinished !== '') this.#take(this.#unfinished);
    this.#unfinished = '';
    return this.#lines.join('\n');
  }

  #take(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > KEPT) this.#lines.shift();
    this.onLine(line);
  }
}
