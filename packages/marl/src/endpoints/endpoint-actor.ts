import type { Actor, ActRequest, History, Response, SampleKey, Sampling, Unanswered } from '../messages.js';
import { sideBySide } from '../side-by-side.js';
import { readAnswer } from './completion-answer.js';
import { exactRequest, standardRequest } from './completion-request.js';
import type { Endpoint } from './endpoint.js';
import { EndpointError } from './endpoint-error.js';
import { answersExactly, type ListedModel } from './listed-models.js';
import { Tally } from './tally.js';

/**
 * An agent of which only an endpoint is known. It is told its own history alone, as the messages of a conversation, and
 * keeps nothing from one call to the next. What the endpoint fails at is left `Unanswered`.
 */
export class EndpointActor implements Actor {
  /** What all requests came to. */
  readonly tally = new Tally();
  /** Whether it answers as the same agent in this process would: a server of ours. */
  readonly exact: boolean;

  /** @param agent its role, for messages */
  constructor(
    readonly endpoint: Endpoint,
    readonly model: ListedModel,
    readonly agent: number,
  ) {
    this.exact = answersExactly(model);
  }

  /** Agent and endpoint, as messages name them. */
  get name(): string {
    return `agent-${this.agent} (${this.endpoint.url}, model ${this.model.id})`;
  }

  /** All requests at once, as far as the endpoint's limit goes; each sample is a request of its own. */
  act(requests: readonly ActRequest[], sampling: Sampling): Promise<(Response[] | Unanswered)[]> {
    return sideBySide(requests.map((request) => () => this.#answer(request, sampling)));
  }

  /** The endpoint belongs to whoever opened it. */
  dispose(): void {}

  async #answer({ history, keys }: ActRequest, sampling: Sampling): Promise<Response[] | Unanswered> {
    try {
      return await sideBySide(keys.map((key) => () => this.#sample(history, key, sampling)));
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      return { failure: `${this.name}: ${error.message}` };
    }
  }

  async #sample(history: History, key: SampleKey, sampling: Sampling): Promise<Response> {
    const { id: model } = this.model;
    const ask = this.exact ? exactRequest : standardRequest;
    const { path, body } = ask(model, history, key, sampling);
    const asked = { model, path, exact: this.exact, maxNewTokens: sampling.maxNewTokens };
    const response = await this.endpoint.post(path, body, (json) => readAnswer(json, asked), this.tally);
    if (this.exact) this.tally.count(response.promptTokens.length, response.tokens.length);
    else if (response.counted) this.tally.count(response.counted.prompt, response.counted.response);
    return response;
  }
}
