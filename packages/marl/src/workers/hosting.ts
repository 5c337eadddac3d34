import type { WorkerPlacement } from './channel.js';
import { MemberWorker } from './member-worker.js';
import type { Opening } from './protocol.js';

/** Where a member lives. */
export interface Host {
  readonly placement: WorkerPlacement;
  /** Who lives there, for messages, e.g. `agent-1`. */
  readonly member: string;
  /** Threads of libtorch, >= 1. */
  readonly threads: number;
}

// biome-ignore lint/suspicious/noExplicitAny: any list of arguments
type AnyCalls<Calls> = { [Name in keyof Calls]: (...args: any[]) => unknown };

/** A member in a worker of its own, which can be opened again when that is gone. */
export class Hosting<Calls extends AnyCalls<Calls>> {
  #worker: MemberWorker;

  private constructor(
    private readonly host: Host,
    private readonly opening: Opening,
    worker: MemberWorker,
  ) {
    this.#worker = worker;
  }

  /** @throws what opening the member here would throw */
  static async open<Calls extends AnyCalls<Calls>>(
    host: Host,
    member: Omit<Opening, 'threads'> & Pick<Opening, 'kind' | 'options'>,
  ): Promise<Hosting<Calls>> {
    const opening = { ...member, threads: host.threads } as Opening;
    return new Hosting(host, opening, await openWorker(host, opening));
  }

  /** True when the worker has ended, whatever the reason. */
  get isLost(): boolean {
    return this.#worker.lost !== null;
  }

  /** Opens the member again, as it was first opened, when its worker is gone. */
  async revive(): Promise<void> {
    if (this.isLost) this.#worker = await openWorker(this.host, this.opening);
  }

  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<Awaited<ReturnType<Calls[Name]>>> {
    return this.#worker.call(name, args) as Promise<Awaited<ReturnType<Calls[Name]>>>;
  }

  end(): Promise<void> {
    return this.#worker.end();
  }
}

async function openWorker({ placement, member }: Host, opening: Opening): Promise<MemberWorker> {
  const worker = new MemberWorker(placement, member);
  try {
    await worker.call('open', [opening]);
    return worker;
  } catch (error) {
    await worker.end();
    throw error;
  }
}
