import Fastify, { type FastifyInstance } from 'fastify';
import type { Usage } from '../completion/completion.js';
import type { Limits } from '../limits.js';
import { addCompletionRoutes } from './completion-routes.js';
import { addErrorHandlers, answerClientError } from './errors.js';
import { addGuards, type GuardOptions } from './guards.js';
import { addHealthRoutes } from './health-routes.js';
import { addModelRoutes } from './model-routes.js';
import type { Serving } from './serving.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** By `performance.now()`. */
    receivedAt: number;
    /** Id of the model that answers; empty before it is known. */
    servedModel: string;
    usage: Usage | null;
  }
}

/** One request, for a line of a log. */
export interface RequestReport {
  readonly method: string;
  readonly path: string;
  /** 499 where the client left before the end. */
  readonly status: number;
  readonly model: string;
  readonly usage: Usage | null;
  readonly seconds: number;
}

export interface AppOptions extends GuardOptions {
  readonly limits: Limits;
  readonly onRequest: ((report: RequestReport) => void) | null;
  /** Told of errors that no client is to blame for. */
  readonly onFault: (error: unknown) => void;
}

/** Status that is counted where a client left: none was sent. */
const clientLeft = 499;
const longestHeaders = 16 * 1024;
/** How often connections are looked through for those that take too long, in milliseconds. */
const lookEvery = 1000;

/** The routes with all that stands before and after them. */
export function buildApp(serving: Serving, options: AppOptions): FastifyInstance {
  const { limits } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: limits.maxBodyBytes,
    requestTimeout: 1000 * limits.requestSeconds,
    keepAliveTimeout: 1000 * limits.keepAliveSeconds,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 1000 },
    http: {
      headersTimeout: 1000 * limits.headersSeconds,
      connectionsCheckingInterval: lookEvery,
      maxHeaderSize: longestHeaders,
    },
  });
  app.server.maxConnections = limits.maxConnections;
  // Of what is not JSON nothing is understood, not even plain text, which fastify would read.
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('receivedAt', 0);
  app.decorateRequest('servedModel', '');
  app.decorateRequest('usage', null);
  app.addHook('onRequest', async (request) => {
    request.receivedAt = performance.now();
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.raw.socket?.setTimeout(1000 * limits.unreadSeconds);
  });
  app.addHook('onResponse', async (request, reply) => {
    const status = reply.raw.writableFinished ? reply.raw.statusCode : clientLeft;
    const { method, servedModel: model, usage } = request;
    serving.metrics.requests.inc({ route: request.routeOptions.url ?? 'unknown', model, status });
    const seconds = (performance.now() - request.receivedAt) / 1000;
    options.onRequest?.({ method, path: request.url, status, model, usage, seconds });
  });
  addGuards(app, serving, options);
  addErrorHandlers(app, limits.maxBodyBytes, options.onFault);
  addModelRoutes(app, serving);
  addCompletionRoutes(app, serving);
  addHealthRoutes(app, serving);
  return app;
}
