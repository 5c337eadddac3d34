import type { ChatMessage, ToolCall } from '@collm/lm';
import { badRequest } from '../api-error.js';
import type { LiveModel } from '../live-model.js';
import type { RequestMessage } from '../schema/chat.js';

/** A message as chat templates know it. @throws ApiError 400 naming the field at fault */
export function chatMessage(model: LiveModel, message: RequestMessage, param: string): ChatMessage {
  const content = textOf(message.content);
  const name = message.name == null ? {} : { name: message.name };
  switch (message.role) {
    case 'tool':
      return { role: 'tool', content, toolCallId: message.tool_call_id, ...name };
    case 'assistant': {
      const { tool_calls: calls, token_ids: tokens } = message;
      if (tokens != null) checkTokens(model, tokens, content, `${param}.token_ids`);
      return {
        role: 'assistant',
        content,
        ...(tokens == null ? {} : { tokens }),
        ...(calls == null || calls.length === 0
          ? {}
          : { toolCalls: calls.map((call, i) => toolCall(call, `${param}.tool_calls[${i}]`)) }),
        ...name,
      };
    }
    // What OpenAI calls the developer is the system of all other models.
    default:
      return { role: message.role === 'user' ? 'user' : 'system', content, ...name };
  }
}

type Calls = NonNullable<Extract<RequestMessage, { role: 'assistant' }>['tool_calls']>;

function toolCall({ id, function: { name, arguments: text } }: Calls[number], param: string): ToolCall {
  try {
    const given: unknown = JSON.parse(text);
    if (typeof given === 'object' && given !== null && !Array.isArray(given))
      return { name, arguments: given as Record<string, unknown>, ...(id === undefined ? {} : { id }) };
  } catch {
    // Told below, as what is no object is.
  }
  throw badRequest(`\`${param}.function.arguments\` has to be a JSON object as text.`, {
    param: `${param}.function.arguments`,
    code: 'invalid_value',
  });
}

function textOf(content: RequestMessage['content']): string {
  if (content == null) return '';
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('\n');
}

/** Tokens that say something else than the text would make the model see what no reader of the request sees. */
function checkTokens(model: LiveModel, tokens: readonly number[], content: string, param: string): void {
  checkIds(model, tokens, param);
  if (model.tokenizer.decode(tokens) === content) return;
  throw badRequest(
    `\`${param}\` are not the tokens of the message's content. Send both as they were answered, or leave them out.`,
    { param, code: 'invalid_value' },
  );
}

/** @throws ApiError 400 for an id that the model has no embedding for */
export function checkIds(model: LiveModel, tokens: readonly number[], param: string): void {
  const bad = tokens.find((token) => token >= model.vocabSize);
  if (bad === undefined) return;
  throw badRequest(
    `\`${param}\` holds ${bad}, but ${model.id} has a vocabulary of ${model.vocabSize} tokens: ids go from 0 to ${model.vocabSize - 1}.`,
    { param, code: 'invalid_value' },
  );
}
