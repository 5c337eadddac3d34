/** A stand-in for a W&B server: keeps what it is sent, and answers as a test wants. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SentRequest {
  readonly path: string;
  readonly authorization: string;
  readonly body: {
    readonly query?: string;
    readonly variables?: Record<string, unknown>;
    readonly files?: Record<string, { offset: number; content: string[] }>;
    readonly complete?: boolean;
    readonly exitcode?: number;
  };
}

/** An answer in place of the usual one; null for the usual one, `hang` for none at all. */
export type Answer = { readonly status: number; readonly body: string } | 'hang' | null;

export class FakeWandb {
  readonly requests: SentRequest[] = [];
  /** Chooses the answer to the n-th request, counted from 0. */
  answer: (request: SentRequest, index: number) => Answer = () => null;
  readonly #server = createServer(async (request, response) => {
    const sent = await read(request);
    this.requests.push(sent);
    const chosen = this.answer(sent, this.requests.length - 1);
    if (chosen === 'hang') return;
    response.writeHead(chosen?.status ?? 200, { 'content-type': 'application/json' });
    response.end(chosen?.body ?? JSON.stringify(sent.path === '/graphql' ? made(sent) : {}));
  });

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The rows that a server would show, in the order of their offsets. */
  rows(): Record<string, number>[] {
    const lines: string[] = [];
    for (const { body } of this.requests) {
      const history = body.files?.['wandb-history.jsonl'];
      for (const [i, line] of (history?.content ?? []).entries()) lines[(history?.offset ?? 0) + i] = line;
    }
    return lines.map((line) => JSON.parse(line));
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(request: IncomingMessage): Promise<SentRequest> {
  return {
    path: request.url ?? '',
    authorization: request.headers.authorization ?? '',
    body: JSON.parse(await text(request)),
  };
}

function made({ body }: SentRequest): object {
  const project = { name: body.variables?.project, entity: { name: body.variables?.entity ?? 'me' } };
  return { data: { upsertBucket: { bucket: { name: body.variables?.name, project } } } };
}
