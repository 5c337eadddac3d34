import { type Channel, openChannel, type WorkerPlacement } from './channel.js';
import { decodeError } from './error-messages.js';
import { LastLines } from './last-lines.js';
import { Patience } from './patience.js';
import type { Answer } from './protocol.js';
import { WorkerLostError } from './worker-lost.js';

/** Time that a worker has for what it is doing and for ending by itself, in milliseconds. */
const GRACE = 10_000;

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** One life of a member's worker: calls go in, answers come out, until it ends. */
export class MemberWorker {
  readonly #channel: Channel;
  readonly #output: LastLines;
  readonly #patience: Patience;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #lost: WorkerLostError | null = null;
  #closing = false;
  #calls = 0;

  constructor(
    placement: WorkerPlacement,
    private readonly member: string,
  ) {
    const say = (line: string) => process.stderr.write(`${member}: ${line}\n`);
    this.#output = new LastLines(say);
    this.#patience = new Patience((overdue) => say(`${overdue}${this.#cure}`));
    let end = () => {};
    this.#ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#channel = openChannel(placement, member, {
      answered: (answer) => this.#settle(answer),
      wrote: (text) => this.#output.add(text),
      ended: (how, cause) => {
        this.#lose(how, cause);
        end();
      },
    });
  }

  /** Why there will be no more answers; null while there are. */
  get lost(): WorkerLostError | null {
    return this.#lost;
  }

  /** @throws what the member throws, or WorkerLostError */
  call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#lost !== null) return Promise.reject(this.#lost);
    const id = this.#calls++;
    return new Promise((resolve, reject) => {
      this.#channel.send({ id, name, args });
      this.#pending.set(id, { resolve, reject });
      this.#patience.asked(name);
      this.#channel.keepAlive(true);
    });
  }

  /** Lets the worker finish and end; ends it where that takes too long. Twice is fine. */
  async end(): Promise<void> {
    if (this.#lost !== null) return this.#ended;
    this.#closing = true;
    this.#channel.keepAlive(true);
    this.#channel.send(null);
    const impatience = setTimeout(() => this.#channel.kill(), GRACE);
    await this.#ended;
    clearTimeout(impatience);
  }

  /** What helps if it hangs. A thread ends with this process only. */
  get #cure(): string {
    const { pid } = this.#channel;
    return pid === null
      ? ''
      : ` If it hangs, end its process with \`kill -9 ${pid}\`: a training that has begun goes on from its last state.`;
  }

  #settle(answer: Answer): void {
    this.#patience.answered();
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    // An idle worker keeps nobody waiting who has nothing else to do.
    if (this.#pending.size === 0 && !this.#closing) this.#channel.keepAlive(false);
    if ('error' in answer) pending?.reject(decodeError(answer.error));
    else pending?.resolve(answer.value);
  }

  #lose(how: string, cause: unknown): void {
    this.#patience.end();
    const words = this.#output.finish();
    const reason = cause ?? (words === '' ? undefined : new Error(words));
    this.#lost = new WorkerLostError(
      this.member,
      this.#closing ? 'it was closed' : how,
      reason === undefined ? {} : { cause: reason },
    );
    for (const { reject } of this.#pending.values()) reject(this.#lost);
    this.#pending.clear();
  }
}
