import type { FastifyInstance } from 'fastify';
import type { Serving } from './serving.js';

/** GET /health for those who send requests here, GET /metrics for Prometheus. */
export function addHealthRoutes(app: FastifyInstance, serving: Serving): void {
  app.get('/health', async (_request, reply) => {
    const states = serving.engines.map(({ state }) => state);
    const status = serving.draining ? 'draining' : (states.find((state) => state !== 'ready') ?? 'ready');
    return reply.status(status === 'ready' ? 200 : 503).send({ status });
  });
  app.get('/metrics', async (_request, reply) => {
    const { registry } = serving.metrics;
    return reply.type(registry.contentType).send(await registry.metrics());
  });
}
