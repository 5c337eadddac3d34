import {
  type ChatMessage,
  type ChatOptions,
  type FittedPrompt,
  fitChat,
  ModelError,
  turnsOf,
} from '@collm/lm';
import { type ApiError, badRequest } from '../api-error.js';
import type { LiveModel } from '../live-model.js';
import type { ChatRequest } from '../schema/chat.js';
import { chatMessage } from './chat-message.js';
import { checkLength, mostCharacters, tooLong } from './room.js';

/** To find the turns that fit, what follows each is read once: more turns are refused. */
const mostTurns = 256;

/**
 * Token ids of a conversation, made as for an agent in training: text spells no special token, so that no message
 * can end its own turn and forge the next.
 *
 * @param room tokens that the context leaves to the prompt
 * @throws ApiError 400
 */
export function chatPrompt(model: LiveModel, request: ChatRequest, room: number): FittedPrompt {
  const messages = request.messages.map((message, i) => chatMessage(model, message, `messages[${i}]`));
  const options = optionsOf(request);
  try {
    if (request.collm?.truncate !== undefined) return newestTurns(model, messages, room, options);
    checkLength(model, characters(messages), 'messages');
    const whole = fitChat(model.tokenizer, [messages], Number.POSITIVE_INFINITY, options);
    if (options.tools !== undefined) checkTools(model, messages, options, whole.tokens);
    return whole;
  } catch (error) {
    throw refusal(error);
  }
}

/** As many of the newest turns as fit. */
function newestTurns(
  model: LiveModel,
  messages: readonly ChatMessage[],
  room: number,
  options: ChatOptions,
): FittedPrompt {
  const turns = turnsOf(messages);
  if (turns.length > mostTurns)
    throw badRequest(
      `\`messages\` has ${turns.length} turns, and at most ${mostTurns} are looked through for those that fit. Leave the oldest out.`,
      { param: 'messages', code: 'invalid_value' },
    );
  const newest = turns.at(-1) as ChatMessage[];
  checkLength(model, characters(newest), 'messages');
  const limit = Math.min(room, model.served.maxPromptTokens ?? room);
  const alone = fitChat(model.tokenizer, [newest], Number.POSITIVE_INFINITY, options).tokens.length;
  if (alone > limit)
    throw tooLong(model, `the newest turn alone has ${alone} tokens, where ${limit} fit`, 'messages');
  // What cannot fit by its sheer length need not be read.
  let first = turns.length - 1;
  let count = characters(newest);
  while (first > 0) {
    count += characters(turns[first - 1] as ChatMessage[]);
    if (count > mostCharacters(model)) break;
    first--;
  }
  const fitted = fitChat(model.tokenizer, turns.slice(first), limit, options);
  return { tokens: fitted.tokens, truncated: fitted.truncated || first > 0 };
}

const characters = (messages: readonly ChatMessage[]): number =>
  messages.reduce(
    (sum, { content, toolCalls }) => sum + content.length + JSON.stringify(toolCalls ?? '').length,
    0,
  );

function optionsOf({
  collm,
  tools,
  tool_choice: choice,
  chat_template_kwargs: variables,
}: ChatRequest): ChatOptions {
  const shown = choice === 'none' ? [] : (tools ?? []);
  return {
    // A text is complete as it is: nothing marks where the response begins.
    ...(collm?.format === 'text' ? { template: false, addGenerationPrompt: false } : {}),
    ...(shown.length === 0 ? {} : { tools: shown as NonNullable<ChatOptions['tools']> }),
    ...(variables == null ? {} : { variables }),
  };
}

/** A template that does not know tools would leave them out without a word. */
function checkTools(
  model: LiveModel,
  messages: readonly ChatMessage[],
  { tools: _, ...without }: ChatOptions,
  shown: readonly number[],
): void {
  const { tokens } = fitChat(model.tokenizer, [messages], Number.POSITIVE_INFINITY, without);
  if (tokens.length !== shown.length || tokens.some((token, i) => token !== shown[i])) return;
  throw badRequest(
    `The chat template of ${model.id} does not show tools to the model. Leave \`tools\` out.`,
    {
      param: 'tools',
      code: 'unsupported_parameter',
    },
  );
}

/** What a template or a tokenizer cannot do with a request is the request's fault. */
function refusal(error: unknown): ApiError | unknown {
  if (error instanceof ModelError)
    return badRequest(sentence(error.message), { param: 'messages', cause: error });
  if (error instanceof RangeError)
    return badRequest('The messages, tools or template variables are nested too deeply.', {
      param: 'messages',
      cause: error,
    });
  return error;
}

/** Without the path of the server's files, with which templates' messages begin. */
function sentence(message: string): string {
  const told = message.replace(/^\/\S*: /, '');
  return `${told.charAt(0).toUpperCase()}${told.slice(1)}`;
}
