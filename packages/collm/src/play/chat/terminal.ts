/** Lines of a person, or of a pipe, and what stops an answer. */
import { createInterface, type Interface } from 'node:readline';
import { Readable } from 'node:stream';
import type { Io } from '../../io.js';
import { visibleText } from '../../terminal-text.js';

export class ChatTerminal {
  /** Whether a person types: prompts are shown, and an interrupt stops one answer and no more. */
  readonly interactive: boolean;
  readonly #lines: Interface;
  readonly #typed: string[] = [];
  #waiting: ((line: string | null) => void) | null = null;
  #closed = false;
  /** What an interrupt stops; null between answers. */
  #stop: (() => void) | null = null;
  #interrupted = false;

  constructor(private readonly io: Io) {
    const input = io.input();
    this.interactive = (input as { isTTY?: boolean }).isTTY === true && io.stderr.isTTY === true;
    this.#lines = createInterface({
      input: input instanceof Readable ? input : Readable.from(input),
      // Prompts and what is typed belong to the person; standard output holds the answers alone.
      ...(this.interactive
        ? { output: io.stderr as NodeJS.WriteStream, terminal: true }
        : { terminal: false }),
      crlfDelay: Number.POSITIVE_INFINITY,
    });
    this.#lines.on('line', (line) => this.#take(line));
    this.#lines.on('close', () => this.#close());
    // While a person types, Ctrl+C is a key that readline reads; elsewhere it is a signal.
    this.#lines.on('SIGINT', this.#interrupt);
    process.on('SIGINT', this.#interrupt);
  }

  /** Whether an interrupt came where it ends everything: when nobody types. */
  get interrupted(): boolean {
    return this.#interrupted;
  }

  /** The next line; null when there will be none. */
  async read(prompt: string): Promise<string | null> {
    const typed = this.#typed.shift();
    if (typed !== undefined) return typed;
    if (this.#closed) return null;
    if (this.interactive) {
      this.#lines.setPrompt(prompt);
      this.#lines.prompt();
    }
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Runs an answer, which the signal it is given ends. */
  async answering<T>(answer: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#stop = () => controller.abort();
    if (this.#interrupted) controller.abort();
    try {
      return await answer(controller.signal);
    } finally {
      this.#stop = null;
    }
  }

  /** A part of an answer. */
  say(text: string): void {
    this.io.stdout.write(this.io.stdout.isTTY === true ? visibleText(text) : text);
  }

  /** A line for the person. */
  note(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  close(): void {
    process.off('SIGINT', this.#interrupt);
    this.#lines.close();
  }

  #take(line: string): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting === null) this.#typed.push(line);
    else waiting(line);
  }

  #close(): void {
    this.#closed = true;
    this.#waiting?.(null);
    this.#waiting = null;
  }

  readonly #interrupt = (): void => {
    if (!this.interactive) {
      this.#interrupted = true;
      this.#stop?.();
      this.#lines.close();
    } else if (this.#stop !== null) this.#stop();
    else {
      this.note('\nCtrl+D or /quit ends the conversation.');
      this.#lines.write(null, { ctrl: true, name: 'u' });
      this.#lines.prompt();
    }
  };
}
