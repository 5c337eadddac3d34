/** An OpenAI-compatible server for language models. */
export type { RequestReport } from './http/app.js';
export { defaultLimits, type Limits } from './limits.js';
export type { ServedModel } from './served-model.js';
export { ServeError, type Server, type ServerOptions, type StopReport, startServer } from './server.js';
