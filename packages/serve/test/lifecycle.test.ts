/** Load, clients that misbehave, and the end. */
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { type Server, startServer } from '../src/index.js';
import { context, metric, post, rows, until, withServer } from './fixture.js';

const fixture = withServer({
  limits: {
    maxBatch: 16,
    maxQueue: 2,
    maxUnreadBytes: 20_000,
    headersSeconds: 1,
    requestSeconds: 1,
    unreadSeconds: 1,
  },
});
const messages = [{ role: 'user', content: 'stone' }];
const long = { model: 'tiny', messages, max_tokens: context - 100, stream: true };

/** Starts a stream; the controller ends it. */
async function stream(url: string, body: object = long) {
  const controller = new AbortController();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: controller.signal,
  });
  return { response, leave: () => controller.abort() };
}

/** Asks for rows that take long, in one piece; the result leaves. */
function hold(url: string, n: number): () => Promise<void> {
  const controller = new AbortController();
  const answer = fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...long, stream: false, n }),
    signal: controller.signal,
  });
  return async () => {
    controller.abort();
    await expect(answer).rejects.toThrow(/abort/);
  };
}

/** What a socket hears until it is closed. */
function talk(port: number, ...parts: string[]): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const part of parts) socket.write(part);
    });
    socket.on('data', (data) => {
      heard += data;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(heard));
  });
}

describe('load', () => {
  it('beyond the queue is 429, and says when to come again', async () => {
    const { url } = fixture();
    const running = [hold(url, 8), hold(url, 8)];
    await until(async () => (await rows(url)) === 16);
    const waiting = [hold(url, 1), hold(url, 1)];
    await until(async () => (await rows(url)) === 18);
    const { status, json, headers } = await post(`${url}/v1/chat/completions`, { model: 'tiny', messages });
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(json.error).toMatchObject({ type: 'rate_limit_error', code: 'queue_full' });
    expect(await metric(url, 'collm_rows_running{model="tiny"}')).toBe(16);
    for (const leave of [...running, ...waiting]) await leave();
    await until(async () => (await rows(url)) === 0);
  });

  it('of those who leave is gone before the next step', async () => {
    const { url } = fixture();
    const before = await metric(url, 'collm_cancel_steps_count');
    const late = await metric(url, 'collm_cancel_steps_bucket{le="1"}');
    for (let i = 0; i < 5; i++) {
      const { leave } = await stream(url);
      leave();
      await until(async () => (await metric(url, 'collm_cancel_steps_count')) === before + i + 1);
    }
    // The step that was under way does not count; one more may begin while the news is on its way.
    expect(await metric(url, 'collm_cancel_steps_bucket{le="1"}')).toBe(late + 5);
  });
});

describe('clients that misbehave', () => {
  it('by reading nothing are cut off', async () => {
    const { server, url } = fixture();
    const body = JSON.stringify({ ...long, n: 16, logprobs: true, top_logprobs: 20 });
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    socket.on('error', () => undefined);
    socket.pause();
    await until(async () => (await metric(url, 'collm_aborted_total{model="tiny",reason="unread"}')) === 1);
    await until(async () => (await rows(url)) === 0);
    socket.destroy();
  });

  it('by sending slowly are cut off', async () => {
    const { port } = fixture().server;
    const heard = await Promise.all([
      talk(port, 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-slow: '),
      talk(
        port,
        'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"mo',
      ),
    ]);
    for (const answer of heard) expect(answer).toContain('408');
  });

  it('by sending what is no HTTP are told so', async () => {
    const { port } = fixture().server;
    expect(await talk(port, 'hello\r\n\r\n')).toContain('"code":"bad_http"');
    expect(
      await talk(port, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`),
    ).toContain('431');
  });
});

describe('an engine that dies', () => {
  it('fails what it had, and says so', async () => {
    const faults: Error[] = [];
    const server = await startServer({
      models: [fixture().model],
      threads: 1,
      onFault: (error) => faults.push(error as Error),
    });
    const { response } = await stream(server.url);
    await engineOf(server).terminate();
    const text = await response.text();
    expect(text).toContain('"code":"internal_error"');
    expect(faults[0]?.message).toContain('An engine has died');
    expect((await fetch(`${server.url}/health`)).status).toBe(503);
    const { status, json } = await post(`${server.url}/v1/chat/completions`, { model: 'tiny', messages });
    expect([status, json.error.code]).toEqual([500, 'internal_error']);
    await server.stop(0);
  });
});

/** The thread behind a server: what nobody else has a use for. */
function engineOf(server: Server): { terminate(): Promise<unknown> } {
  const { serving } = server as unknown as {
    serving: { engines: [{ worker: { terminate(): Promise<unknown> } }] };
  };
  return serving.engines[0].worker;
}

describe('stopping', () => {
  const start = () => startServer({ models: [fixture().model], threads: 1 });

  it('lets those under way finish, and takes nobody else', async () => {
    const server = await start();
    const { response } = await stream(server.url, { ...long, max_tokens: 300 });
    const stopped = server.stop(60);
    const refused = await post(`${server.url}/v1/chat/completions`, { model: 'tiny', messages });
    expect([refused.status, refused.json.error.code]).toEqual([503, 'draining']);
    expect(refused.headers.get('connection')).toBe('close');
    const health = await fetch(`${server.url}/health`);
    expect([health.status, await health.json()]).toEqual([503, { status: 'draining' }]);
    const text = await response.text();
    expect(text).toContain('"finish_reason":"length"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await stopped).toMatchObject({ cut: 0, left: [{ tensors: 0 }] });
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  it('cuts them when their time is over, with a finish', async () => {
    const server = await start();
    const [{ response }, whole] = [
      await stream(server.url),
      post(`${server.url}/v1/chat/completions`, { ...long, stream: false }),
    ];
    await until(async () => (await rows(server.url)) === 2);
    expect(await server.stop(0.2)).toMatchObject({ cut: 2, left: [{ tensors: 0 }] });
    const text = await response.text();
    expect(text).toContain('"finish_reason":"length"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    const { status, json } = await whole;
    expect(status).toBe(200);
    expect(json.choices[0]?.finish_reason).toBe('length');
    expect(json.usage.completion_tokens).toBeGreaterThan(0);
  });
});
