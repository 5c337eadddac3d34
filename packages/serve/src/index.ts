/** An OpenAI-compatible server for language models. */
export type { ServedModel } from './served-model.js';
