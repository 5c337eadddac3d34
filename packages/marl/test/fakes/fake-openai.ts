/** A server of OpenAI's protocol without a model, which can misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface FakeRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: what a client sent, of whatever shape
  readonly body: any;
}

/** Answers a request; what it returns is sent as JSON, unless it has sent something itself. */
export type FakeAnswer = (request: FakeRequest, response: ServerResponse, count: number) => unknown;

/** The entry of a model of our own server in its list. */
export const ownModel = (id: string, agent: number | null) => ({
  id,
  object: 'model',
  owned_by: 'collm',
  collm: {
    agent,
    context: 4096,
    max_prompt_tokens: null,
    extensions: ['collm.sample_key', 'collm.truncate', 'collm.format', 'token_ids'],
  },
});

/** An answer as OpenAI gives it. */
export const completion = (model: string, content: unknown, change: object = {}) => ({
  id: 'fake',
  object: 'chat.completion',
  created: 0,
  model,
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...change }],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
});

export class FakeOpenAi {
  readonly requests: FakeRequest[] = [];
  /** With `/v1`. */
  url = '';
  /** Most requests that were open at once. */
  most = 0;
  /** Requests whose client hung up before it had its answer. */
  aborted = 0;
  #open = 0;

  private constructor(
    private readonly server: Server,
    private readonly answer: FakeAnswer,
    private readonly models: readonly object[],
  ) {}

  static async start(
    answer: FakeAnswer,
    models: readonly object[] = [{ id: 'fake', object: 'model', owned_by: 'somebody' }],
  ): Promise<FakeOpenAi> {
    const server = createServer((request, response) => void fake.#serve(request, response));
    const fake = new FakeOpenAi(server, answer, models);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    response.on('close', () => {
      this.#open -= 1;
      if (!response.writableFinished) this.aborted += 1;
    });
    try {
      const path = incoming.url ?? '';
      if (incoming.method === 'GET' && path === '/v1/models') {
        send(response, { object: 'list', data: this.models });
        return;
      }
      if (incoming.method === 'GET') {
        send(response, { error: { message: 'no such page' } }, 404);
        return;
      }
      const request = { path, headers: incoming.headers, body: await json(incoming) };
      this.requests.push(request);
      const answered = await this.answer(request, response, this.requests.length);
      if (answered !== undefined) send(response, answered as object);
    } catch (error) {
      if (!response.headersSent) send(response, { error: { message: String(error) } }, 500);
    }
  }
}

export function send(
  response: ServerResponse,
  body: object | string,
  status = 200,
  headers: object = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
}
