import { ModelError } from '../errors.js';
import { ChatSlots } from './chat-slots.js';
import type { ChatMessage, ChatOptions, ChatTemplate } from './chat-template.js';
import { escapeRegExp } from './exact-components.js';
import type { Tokenizer } from './tokenizer.js';
import type { AddedToken, TokenizerFile } from './tokenizer-file.js';

/** Texts of prompts that are kept encoded, in UTF-16 units. */
const cacheSize = 2 ** 22;

/** Conversations to token ids: the chat template, with own responses spliced in as they were sampled. */
export class ChatEncoder {
  private readonly addedIds: ReadonlySet<number>;
  private readonly specialTexts: RegExp | undefined;
  private readonly anchor: AddedToken | undefined;
  // Prompts share their beginnings over samples, turns and episodes.
  private readonly cache = new Map<string, readonly number[]>();
  private cached = 0;

  constructor(
    private readonly tokenizer: Tokenizer,
    file: TokenizerFile,
    private readonly template: ChatTemplate | undefined,
    private readonly specialTokens: Readonly<Record<string, unknown>>,
  ) {
    this.addedIds = new Set(file.addedTokens.map(({ id }) => id));
    const special = file.addedTokens.filter((token) => token.special).map(({ content }) => content);
    const escaped = special.sort((a, b) => b.length - a.length).map(escapeRegExp);
    this.specialTexts = escaped.length === 0 ? undefined : new RegExp(escaped.join('|'), 'g');
    this.anchor = file.marksBeginning ? file.addedTokens.find(standsAlone) : undefined;
  }

  /** @throws ModelError with what the template refused. */
  encode(messages: readonly ChatMessage[], options: ChatOptions): number[] {
    const { tools = [], variables = {}, addGenerationPrompt = true } = options;
    const template = options.template === false ? undefined : this.template;
    if (this.template === undefined && tools.length > 0)
      throw new ModelError(
        `${this.tokenizer.dir} has no chat template, which would have to show the tools to the model.`,
      );
    const slots = new ChatSlots([
      ...messages.map(({ content }) => content),
      JSON.stringify([
        tools,
        variables,
        messages.map(({ toolCalls, toolCallId, name }) => [toolCalls, toolCallId, name]),
      ]),
    ]);
    const shown = messages.map((message) => ({ ...message, content: this.shown(message, options, slots) }));
    const text =
      template === undefined
        ? shown.map(({ content }) => content).join('\n\n') + (addGenerationPrompt ? '\n\n' : '')
        : template.render(shown, options, this.specialTokens);
    const { texts, tokens } = slots.split(text);
    const ids: number[] = [];
    for (const [i, part] of texts.entries()) {
      const before = tokens[i - 1]?.at(-1);
      for (const id of this.encodePart(this.withoutEnd(part, before), i > 0)) ids.push(id);
      for (const id of tokens[i] ?? []) ids.push(id);
    }
    return ids;
  }

  private shown({ content, tokens }: ChatMessage, options: ChatOptions, slots: ChatSlots): string {
    if (tokens !== undefined) return slots.add(tokens);
    if (options.specialTokensInContent !== false || this.specialTexts === undefined) return content;
    return content.replace(this.specialTexts, (special) =>
      slots.add(this.tokenizer.encode(special, { specialTokens: false })),
    );
  }

  /** The template closes a message with the end token; a response that sampled it has it already. */
  private withoutEnd(text: string, last: number | undefined): string {
    if (last === undefined || !this.addedIds.has(last)) return text;
    const end = this.tokenizer.tokenOf(last) as string;
    const trimmed = text.trimStart();
    return trimmed.startsWith(end) ? trimmed.slice(end.length) : text;
  }

  /** @param continues Whether tokens stand before the text: then a mark of the beginning does not belong. */
  private encodePart(text: string, continues: boolean): readonly number[] {
    if (text === '') return [];
    const key = `${continues}${text}`;
    const known = this.cache.get(key);
    if (known !== undefined) return known;
    const ids =
      continues && this.anchor !== undefined
        ? this.tokenizer.encode(this.anchor.content + text).slice(1)
        : this.tokenizer.encode(text);
    this.cached += key.length;
    if (this.cached > cacheSize) {
      this.cache.clear();
      this.cached = key.length;
    }
    this.cache.set(key, ids);
    return ids;
  }
}

const standsAlone = (token: AddedToken): boolean =>
  token.special && !token.rstrip && token.normalized !== true;
