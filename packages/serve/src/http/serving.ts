import { ApiError } from '../api-error.js';
import type { Completion, CompletionSink } from '../completion/completion.js';
import { TokenTexts } from '../completion/token-texts.js';
import type { Engine } from '../engine/engine.js';
import type { Limits } from '../limits.js';
import type { LiveModel } from '../live-model.js';
import type { ServerMetrics } from '../metrics.js';

/** What all routes of a server share. */
export class Serving {
  /** No new completions are taken. */
  draining = false;
  /** Completions that are under way, with whom they tell. */
  readonly active = new Map<Completion, CompletionSink>();
  private readonly byId: ReadonlyMap<string, LiveModel>;
  private readonly texts = new Map<LiveModel, TokenTexts>();

  constructor(
    readonly models: readonly LiveModel[],
    readonly engines: readonly Engine[],
    readonly metrics: ServerMetrics,
    readonly limits: Limits,
  ) {
    this.byId = new Map(models.map((model) => [model.id, model]));
  }

  /** @throws ApiError 404 */
  model(id: string): LiveModel {
    const found = this.byId.get(id);
    if (found !== undefined) return found;
    throw new ApiError(
      404,
      'invalid_request_error',
      `There is no model \`${id}\` here. There is ${[...this.byId.keys()].join(', ')}.`,
      { param: 'model', code: 'model_not_found' },
    );
  }

  textsOf(model: LiveModel): TokenTexts {
    let texts = this.texts.get(model);
    if (texts === undefined) {
      texts = new TokenTexts(model.tokenizer);
      this.texts.set(model, texts);
    }
    return texts;
  }
}
