/** A chat completion piece by piece, over server-sent events. */
import type { ChatMessage } from '@collm/lm';
import type { Endpoint } from './endpoint.js';
import { EndpointError, quoted, told } from './endpoint-error.js';
import { errorMessage } from './exchange.js';
import { isObject } from './is-object.js';
import type { ListedModel } from './listed-models.js';

export interface StreamChatOptions {
  /** null in these: as the server likes it. */
  readonly temperature: number | null;
  readonly maxNewTokens: number | null;
  readonly seed: number | null;
  /** Ends the stream, as `StopRequested`. */
  readonly signal?: AbortSignal;
}

/**
 * The pieces of an answer's text as they come; what is returned at the end is why it ended.
 *
 * @throws EndpointError when the stream is none, or breaks off
 */
export async function* streamChat(
  endpoint: Endpoint,
  { id: model, ours }: ListedModel,
  messages: readonly ChatMessage[],
  { temperature, maxNewTokens, seed, signal }: StreamChatOptions,
): AsyncGenerator<string, 'stop' | 'length'> {
  const body = {
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: true,
    ...(temperature === null ? {} : { temperature }),
    ...(maxNewTokens === null ? {} : { max_tokens: maxNewTokens }),
    ...(seed === null ? {} : { seed }),
    ...(ours?.extensions.includes('collm.truncate') ? { collm: { truncate: 'oldest_turns' } } : {}),
  };
  let finish: 'stop' | 'length' | undefined;
  for await (const data of dataOf(endpoint.stream('chat/completions', body, signal))) {
    if (data === '[DONE]') break;
    const choice = choiceOf(data);
    const content = choice?.delta?.content;
    if (typeof content === 'string' && content !== '') yield content;
    const reason = choice?.finish_reason;
    if (reason === 'stop' || reason === 'length') finish = reason;
    else if (reason != null) {
      throw new EndpointError('nonsense', `its stream ended with finish_reason ${told(reason)}`);
    }
  }
  if (finish !== undefined) return finish;
  throw new EndpointError('nonsense', 'its stream broke off before the answer had ended');
}

/** The data of events; comments and other fields are of no interest. */
async function* dataOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split(/\r?\n/);
    rest = lines.pop() as string;
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
  }
}

interface StreamedChoice {
  readonly delta?: { readonly content?: unknown } | null;
  readonly finish_reason?: unknown;
}

/** The first choice of an event, if it has one: the last may tell the usage alone. */
function choiceOf(data: string): StreamedChoice | undefined {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    throw new EndpointError('nonsense', `its stream has "${quoted(data)}" where JSON should be`);
  }
  if (!isObject(event) || 'error' in event) {
    throw new EndpointError('nonsense', `its stream has an error: ${quoted(errorMessage(event) ?? data)}`);
  }
  const { choices } = event;
  const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
  return isObject(choice) ? (choice as StreamedChoice) : undefined;
}
