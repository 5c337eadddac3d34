/** Who may ask: the token, the host's name, and whether the server still takes requests. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ApiError, unavailable } from '../api-error.js';
import type { Serving } from './serving.js';

/** Open to everybody: whether the server is up is no secret, and those who watch it have no token. */
const healthRoute = '/health';

export interface GuardOptions {
  /** What clients have to send as `Authorization: Bearer …`; null: nothing. */
  readonly token: string | null;
  /** Whether only this machine can reach the server. */
  readonly loopback: boolean;
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host);
}

export function addGuards(app: FastifyInstance, serving: Serving, { token, loopback }: GuardOptions): void {
  const digest = token === null ? null : sha256(token);
  app.addHook('onRequest', async ({ headers, method, routeOptions }, reply) => {
    // A web page that names this machine as its own host would be let in by the browser.
    if (loopback && !isLoopback(hostName(headers.host ?? ''))) {
      throw new ApiError(
        403,
        'permission_error',
        `The host \`${headers.host ?? ''}\` is refused: this server answers to localhost only. To be reached by other names it has to be started with --host and a token.`,
        { code: 'host_not_allowed' },
      );
    }
    if (routeOptions.url !== healthRoute && digest !== null) checkToken(headers.authorization, digest);
    if (serving.draining && method === 'POST') {
      reply.header('connection', 'close');
      throw unavailable('The server is about to stop and takes no new requests.', 'draining', 5);
    }
  });
}

function checkToken(authorization: string | undefined, digest: Buffer): void {
  const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  // Digests have one length, so the comparison takes one time.
  if (given !== undefined && timingSafeEqual(sha256(given), digest)) return;
  throw new ApiError(
    401,
    'authentication_error',
    given === undefined
      ? 'This server wants a token: send it as `Authorization: Bearer <token>`, which is `apiKey` in most clients.'
      : 'The token is wrong. Send the one that the server was started with.',
    { code: 'invalid_api_key' },
  );
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Without the port. */
function hostName(host: string): string {
  return (/^(\[[^\]]*\]|[^:]*)(:\d+)?$/.exec(host)?.[1] ?? host).toLowerCase();
}
