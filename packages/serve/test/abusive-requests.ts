/** Requests that nobody should make: generated from a seed, each over a socket of its own. */
import { connect, type Socket } from 'node:net';

/** Numbers in [0, 1) without pattern, the same every time. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface AbuseOptions {
  readonly port: number;
  readonly model: string;
  readonly random: () => number;
  /** Most bytes of a body that the server takes. */
  readonly maxBodyBytes: number;
}

/** A socket that is told what to do with what it hears. */
interface Client extends AbuseOptions {
  readonly socket: Socket;
}

const messages = [{ role: 'user', content: 'stone' }];

function http(path: string, body: string | Buffer, headers: Record<string, string | number> = {}): Buffer {
  const bytes = Buffer.from(body as string);
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    'content-length': bytes.length,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), bytes]);
}

const chat = '/v1/chat/completions';
const closing = { connection: 'close' };
const ask = (model: string, more: object = {}) => JSON.stringify({ model, messages, max_tokens: 3, ...more });
const pick = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T;
const count = (random: () => number, most: number): number => Math.floor(random() * most);

const strange = [null, true, -1, 1e308, 1.5, '', 'x', [], {}, [[[]]], { a: { b: [] } }, '\ud800', 2 ** 53];
const fields = [
  'model',
  'messages',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'n',
  'seed',
  'stop',
  'stream',
  'logprobs',
  'tools',
  'collm',
  'stream_options',
  'prompt',
  'echo',
];

/** What clients do. Those that keep the socket open leave closing it to the server, or to `leave`. */
const kinds: Readonly<Record<string, (client: Client) => void>> = {
  fine: ({ socket, model }) => socket.write(http(chat, ask(model), closing)),
  fineStream: ({ socket, model }) => socket.write(http(chat, ask(model, { stream: true }), closing)),
  wrongValue: ({ socket, model, random }) =>
    socket.write(
      http(
        pick(random, [chat, '/v1/completions']),
        ask(model, { [pick(random, fields)]: pick(random, strange) }),
        closing,
      ),
    ),
  brokenJson: ({ socket, model, random }) => {
    const whole = ask(model);
    socket.write(http(chat, whole.slice(0, count(random, whole.length)), closing));
  },
  noUtf8: ({ socket, random }) =>
    socket.write(http(chat, Buffer.from(Array.from({ length: 50 }, () => count(random, 256))), closing)),
  deepJson: ({ socket, model }) =>
    socket.write(
      http(chat, `{"model":"${model}","messages":${'['.repeat(9000)}${']'.repeat(9000)}}`, closing),
    ),
  tooLarge: ({ socket, maxBodyBytes }) =>
    socket.write(http(chat, 'x', { ...closing, 'content-length': maxBodyBytes + 1 })),
  tooLong: ({ socket, model }) =>
    socket.write(
      http(chat, ask(model, { messages: [{ role: 'user', content: 'a'.repeat(50_000) }] }), closing),
    ),
  tooMany: ({ socket, model }) => socket.write(http(chat, ask(model, { n: 1e6, max_tokens: 1e9 }), closing)),
  otherType: ({ socket, model }) =>
    socket.write(http(chat, ask(model), { ...closing, 'content-type': 'text/plain' })),
  otherHost: ({ socket, model }) =>
    socket.write(http(chat, ask(model), { ...closing, host: 'evil.example' })),
  nowhere: ({ socket, random }) =>
    socket.write(
      `${pick(random, ['GET', 'PUT', 'TRACE', 'OPTIONS'])} /${random()} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    ),
  longPath: ({ socket }) =>
    socket.write(
      `GET /v1/models/${'%2F'.repeat(2000)} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
    ),
  noHttp: ({ socket, random }) =>
    socket.write(Buffer.from(Array.from({ length: 200 }, () => count(random, 256)))),
  http2: ({ socket }) => socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  webSocket: ({ socket }) =>
    socket.write(
      'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    ),
  tunnel: ({ socket }) => socket.write('CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n'),
  largeHeaders: ({ socket }) =>
    socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(40_000)}\r\n\r\n`),
  badChunks: ({ socket }) =>
    socket.write(
      `POST ${chat} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    ),
  twoLengths: ({ socket }) =>
    socket.write(
      `POST ${chat} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ),
  pipelined: ({ socket, model }) => {
    for (let i = 0; i < 5; i++)
      socket.write(http(chat, ask(model, { stream: i % 2 === 0 }), i === 4 ? closing : {}));
  },
  halfBody: ({ socket, model }) => {
    socket.write(http(chat, ask(model)).subarray(0, -10));
    leave(socket, 20);
  },
  halfClosed: ({ socket, model }) => socket.end(http(chat, ask(model, { max_tokens: 50 }), closing)),
  leavesWaiting: ({ socket, model, random }) => {
    socket.write(http(chat, ask(model, { max_tokens: 2000 })));
    leave(socket, count(random, 60));
  },
  leavesStream: ({ socket, model, random }) => {
    socket.write(http(chat, ask(model, { max_tokens: 2000, stream: true, n: 1 + count(random, 4) })));
    leave(socket, count(random, 100));
  },
  resets: ({ socket, model }) => {
    socket.write(http(chat, ask(model, { max_tokens: 2000, stream: true })));
    setTimeout(() => socket.resetAndDestroy(), 10);
  },
  readsNothing: ({ socket, model }) => {
    socket.pause();
    socket.write(
      http(chat, ask(model, { max_tokens: 500, n: 4, stream: true, logprobs: true, top_logprobs: 20 })),
    );
    leave(socket, 1000);
  },
  slowHeaders: ({ socket }) =>
    dribble(socket, 'GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-a: b\r\nx-b: c\r\n'),
  slowBody: ({ socket, model }) => dribble(socket, http(chat, ask(model)).toString().slice(0, -4)),
};

export const abuseKinds = Object.keys(kinds);

function leave(socket: Socket, ms: number): void {
  setTimeout(() => socket.destroy(), ms);
}

/** A few bytes at a time, and never all. */
function dribble(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < text.length) socket.write(text.slice(at, at + 3));
    at += 3;
  }, 50);
  socket.once('close', () => clearInterval(timer));
}

/** Makes one such request; resolves when its connection has ended. A server that never ends it is at fault. */
export function abuse(kind: string, options: AbuseOptions): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(options.port, '127.0.0.1', () => kinds[kind]?.({ ...options, socket }));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
  });
}

/** Many of them, so many at a time. */
export async function abuseMuch(total: number, atOnce: number, options: AbuseOptions): Promise<void> {
  let begun = 0;
  const one = async () => {
    while (begun < total) {
      begun++;
      await abuse(pick(options.random, abuseKinds), options);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
