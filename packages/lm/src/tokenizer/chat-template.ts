/** Chat templates of a model folder (chat_template.jinja, or chat_template in tokenizer_config.json). */
import { z } from 'zod';
import { ModelError } from '../errors.js';
import { compileJinja, type Render } from './jinja.js';

/** A call that an assistant message makes, as chat templates know it. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly id?: string;
}

/** A tool that a model may call; `parameters` is a JSON schema. */
export interface ToolDefinition {
  readonly type: 'function';
  readonly function: {
    readonly name: string;
    readonly description?: string;
    readonly parameters?: Readonly<Record<string, unknown>>;
  };
}

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /**
   * For own responses: the tokens that were sampled. They go into the prompt as they are, since
   * tokenising their text again could give others.
   */
  tokens?: readonly number[];
  /** Calls of an assistant message that has no `tokens`; in those the calls are written already. */
  toolCalls?: readonly ToolCall[];
  /** Of a tool's message: the call that it answers. */
  toolCallId?: string;
  /** Who speaks; of a tool's message, the tool. */
  name?: string;
}

export interface ChatOptions {
  /** False joins the messages by blank lines even where there is a template. Default: true. */
  readonly template?: boolean;
  readonly tools?: readonly ToolDefinition[];
  /** Ends the prompt where the assistant's next response begins. Default: true. */
  readonly addGenerationPrompt?: boolean;
  /** Further variables of the template, as `enable_thinking` of Qwen3's. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /**
   * Whether "<|im_end|>" and its like, spelled out in a message, become the special token (default: true,
   * as in transformers). With false they stay plain text, so that a message from an environment or from
   * another agent cannot end its own turn and forge the next.
   */
  readonly specialTokensInContent?: boolean;
}

const chatTemplate = z.union([
  z.string().transform((template) => [{ name: 'default', template }]),
  z.array(z.object({ name: z.string(), template: z.string() })),
]);

export class ChatTemplate {
  private readonly named = new Map<string, Render>();

  /**
   * Compiles a template, or several with names: "tool_use" is taken when tools are given, else "default".
   *
   * @throws ModelError naming the file when a template does not parse.
   */
  constructor(
    source: unknown,
    private readonly path: string,
  ) {
    const parsed = chatTemplate.safeParse(source);
    if (!parsed.success)
      throw new ModelError(`${path}: chat_template is neither a text nor a list of {name, template}.`);
    for (const { name, template } of parsed.data) {
      try {
        this.named.set(name, compileJinja(template));
      } catch (cause) {
        throw new ModelError(`${path}: the chat template does not parse: ${(cause as Error).message}`, {
          cause,
        });
      }
    }
  }

  /** @throws ModelError with what the template refused. */
  render(
    messages: readonly ChatMessage[],
    options: ChatOptions,
    specialTokens: Readonly<Record<string, unknown>>,
  ): string {
    const { tools, addGenerationPrompt = true, variables = {} } = options;
    const render =
      (tools === undefined ? undefined : this.named.get('tool_use')) ?? this.named.get('default');
    if (render === undefined)
      throw new ModelError(
        `${this.path}: among the chat templates (${[...this.named.keys()].join(', ')}) none is called "default".`,
      );
    try {
      return render({
        ...specialTokens,
        ...variables,
        messages: messages.map(asTemplatesKnowIt),
        tools: tools ?? null,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
      });
    } catch (cause) {
      throw new ModelError(
        `${this.path}: the chat template refuses these messages: ${(cause as Error).message}`,
        { cause },
      );
    }
  }
}

function asTemplatesKnowIt(message: ChatMessage): Record<string, unknown> {
  const { role, content, tokens, toolCalls, toolCallId, name } = message;
  // The sampled tokens hold the calls; a template would write them a second time.
  const calls = tokens === undefined ? toolCalls : undefined;
  return {
    role,
    content,
    ...(name === undefined ? {} : { name }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(calls === undefined
      ? {}
      : {
          tool_calls: calls.map(({ id, ...call }) => ({
            ...(id === undefined ? {} : { id }),
            type: 'function',
            function: call,
          })),
        }),
  };
}
