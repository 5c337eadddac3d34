/** Tokenizer and chat template of a model folder (tokenizer.json, tokenizer_config.json). */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { readJson } from '../checkpoint/folder.js';
import { ModelError } from '../errors.js';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
  /**
   * For own responses: the tokens that were sampled. They go into the prompt as they are, since
   * tokenising their text again could give others.
   */
  tokens?: readonly number[];
}

/** A text that no message contains, to find where own responses stand in a rendered template. */
const slot = (i: number) => `\u0002response-${i}\u0003`;

const tokenText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : (value as { content?: string } | null)?.content;

export class Tokenizer {
  private readonly inner: HuggingFaceTokenizer;
  private readonly template: Template | undefined;
  private readonly special: { bos_token: string | undefined; eos_token: string | undefined };

  constructor(
    readonly dir: string,
    tokenizer: object,
    config: Record<string, unknown>,
    chatTemplate: string | undefined,
  ) {
    try {
      this.inner = new HuggingFaceTokenizer(tokenizer, config);
      this.template = chatTemplate === undefined ? undefined : new Template(chatTemplate);
    } catch (cause) {
      throw new ModelError(
        `${dir}: the tokenizer or its chat template cannot be used: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.special = { bos_token: tokenText(config.bos_token), eos_token: tokenText(config.eos_token) };
  }

  /** Reads tokenizer.json, tokenizer_config.json and, if present, chat_template.jinja. */
  static load(dir: string): Tokenizer {
    const tokenizer = readJson(join(dir, 'tokenizer.json')) as object;
    const configPath = join(dir, 'tokenizer_config.json');
    const config = (existsSync(configPath) ? readJson(configPath) : {}) as Record<string, unknown>;
    const templatePath = join(dir, 'chat_template.jinja');
    const template = existsSync(templatePath) ? readFileSync(templatePath, 'utf8') : config.chat_template;
    return new Tokenizer(dir, tokenizer, config, typeof template === 'string' ? template : undefined);
  }

  /** Token ids of a text, with special tokens written in it recognised but none added. */
  encode(text: string): number[] {
    return this.inner.encode(text, { add_special_tokens: false }).ids;
  }

  /** The text of token ids, special tokens left out. */
  decode(ids: readonly number[]): string {
    return ids.length === 0
      ? ''
      : this.inner.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  idOf(token: string): number | undefined {
    return this.inner.token_to_id(token);
  }

  /** The end token, or undefined when the configuration names none. */
  get eosTokenId(): number | undefined {
    return this.special.eos_token === undefined ? undefined : this.idOf(this.special.eos_token);
  }

  /** Number of tokens, added ones included. */
  get vocabSize(): number {
    return this.inner.get_vocab(true).size;
  }

  /**
   * The prompt for the next response: the chat template with its generation prompt, own responses
   * spliced in as the tokens they were sampled as. Without a template the messages are joined by
   * blank lines.
   */
  encodeChat(messages: readonly ChatMessage[]): number[] {
    const shown = messages.map((message, i) => ({
      role: message.role,
      content: message.tokens === undefined ? message.content : slot(i),
    }));
    const text =
      this.template === undefined
        ? `${shown.map(({ content }) => content).join('\n\n')}\n\n`
        : this.template.render({ messages: shown, add_generation_prompt: true, ...this.special });
    return this.splice(text, messages);
  }

  private splice(text: string, messages: readonly ChatMessage[]): number[] {
    const ids: number[] = [];
    let rest = text;
    for (const [i, message] of messages.entries()) {
      if (message.tokens === undefined) continue;
      const at = rest.indexOf(slot(i));
      if (at < 0) continue; // the template leaves this message out
      for (const id of this.encode(rest.slice(0, at))) ids.push(id);
      rest = rest.slice(at + slot(i).length);
      for (const id of message.tokens) ids.push(id);
      // The template closes the message with the end token; a response that sampled it has it already.
      const eos = this.special.eos_token;
      if (eos !== undefined && message.tokens.at(-1) === this.eosTokenId && rest.startsWith(eos))
        rest = rest.slice(eos.length);
    }
    for (const id of this.encode(rest)) ids.push(id);
    return ids;
  }

  /** Copies the tokenizer's files beside saved weights. */
  save(dir: string): void {
    mkdirSync(dir, { recursive: true });
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']) {
      if (existsSync(join(this.dir, name)) && this.dir !== dir)
        copyFileSync(join(this.dir, name), join(dir, name));
    }
  }
}
