/** Shows how far the models of a study are: one line that is redrawn on a terminal, a line for each elsewhere. */
import { formatDuration } from '../format.js';
import type { ProgressStream } from '../sinks/progress.js';
import { visibleLine } from '../terminal-text.js';

const CLEAR_LINE = '\r\u001b[2K';

export class ModelProgress {
  readonly #live: boolean;
  /** What each that is being made has said last. */
  readonly #making = new Map<string, string>();

  constructor(private readonly stream: ProgressStream) {
    this.#live = stream.isTTY === true;
  }

  begun(name: string): void {
    this.#making.set(name, '');
    if (this.#live) this.#draw();
    else this.stream.write(`Making the model ${name}\n`);
  }

  /** Takes a line that the making of a model has written. */
  said(name: string, line: string): void {
    if (!this.#making.has(name)) return;
    this.#making.set(name, visibleLine(line).trim().replace(/ {2,}/g, ', '));
    this.#draw();
  }

  /** @param seconds that it took; null where it was not made */
  ended(name: string, seconds: number | null): void {
    this.#making.delete(name);
    if (this.#live) this.stream.write(CLEAR_LINE);
    if (seconds !== null) this.stream.write(`Made the model ${name} in ${formatDuration(seconds)}\n`);
    if (this.#making.size > 0) this.#draw();
  }

  #draw(): void {
    if (!this.#live) return;
    const each = [...this.#making].map(([name, line]) => (line === '' ? name : `${name} (${line})`));
    const width = (this.stream.columns ?? 80) - 1;
    const what = each.length === 1 ? 'model' : 'models';
    this.stream.write(`${CLEAR_LINE}${`Making the ${what} ${each.join(', ')}`.slice(0, width)}`);
  }
}
