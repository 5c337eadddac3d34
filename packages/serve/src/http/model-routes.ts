import type { FastifyInstance } from 'fastify';
import type { LiveModel } from '../live-model.js';
import { extensionNames } from '../schema/fields.js';
import type { Serving } from './serving.js';

/** GET /v1/models, and one of them by its id, whose slashes may be written as they are or as %2F. */
export function addModelRoutes(app: FastifyInstance, serving: Serving): void {
  app.get('/v1/models', async () => ({ object: 'list', data: serving.models.map(entry) }));
  app.get<{ Params: { '*': string } }>('/v1/models/*', async ({ params }) =>
    entry(serving.model(params['*'])),
  );
}

function entry(model: LiveModel) {
  const { id, created, context, maxPromptTokens, served } = model;
  return {
    id,
    object: 'model',
    created,
    owned_by: 'collm',
    collm: { agent: served.agent, context, max_prompt_tokens: maxPromptTokens, extensions: extensionNames },
  };
}
