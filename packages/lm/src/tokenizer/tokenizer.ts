/** Tokenizer and chat template of a model folder (tokenizer.json, tokenizer_config.json). */
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { readJson } from '../checkpoint/read-json.js';
import { ModelError } from '../errors.js';
import { ChatEncoder } from './chat-encoder.js';
import { type ChatMessage, type ChatOptions, ChatTemplate } from './chat-template.js';
import type { DecoderStage } from './decoder-stages.js';
import { Detokenizer } from './detokenizer.js';
import { parseTokenizerFile, type TokenizerFile } from './tokenizer-file.js';

export interface EncodeOptions {
  /**
   * Whether special tokens spelled out in the text are recognised. Default: true. With false,
   * "<|im_end|>" is encoded as the characters that it is made of: for text that is not trusted.
   */
  readonly specialTokens?: boolean;
  /** Whether the tokens that the file puts around a text, mostly the begin token, are added. Default: false. */
  readonly addSpecialTokens?: boolean;
}

const tokenText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : (value as { content?: string } | null | undefined)?.content;

/** The texts of bos_token, eos_token and their like, as chat templates see them. */
function specialTokensOf(config: Readonly<Record<string, unknown>>): Record<string, string | string[]> {
  const texts: Record<string, string | string[]> = {};
  for (const [key, value] of Object.entries(config)) {
    const text = key.endsWith('_token') ? tokenText(value) : undefined;
    if (typeof text === 'string') texts[key] = text;
  }
  if (Array.isArray(config.additional_special_tokens))
    texts.additional_special_tokens = config.additional_special_tokens
      .map(tokenText)
      .filter((text) => typeof text === 'string');
  return texts;
}

function readOptional(path: string): Record<string, unknown> {
  const json = existsSync(path) ? readJson(path) : {};
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new ModelError(`${path} is no JSON object.`);
  return json as Record<string, unknown>;
}

const files = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

export class Tokenizer {
  private readonly path: string;
  private readonly file: TokenizerFile;
  private readonly inner: HuggingFaceTokenizer;
  private plain: HuggingFaceTokenizer | undefined;
  private readonly special: Readonly<Record<string, string | string[]>>;
  private readonly specialIds: ReadonlySet<number>;
  private readonly chat: ChatEncoder;

  /**
   * @param tokenizer Content of tokenizer.json.
   * @param config Content of tokenizer_config.json, for the special tokens and, unless given, the template.
   * @param chatTemplate Content of chat_template.jinja.
   * @throws ModelError naming the file that cannot be used.
   */
  constructor(
    readonly dir: string,
    tokenizer: unknown,
    config: Readonly<Record<string, unknown>> = {},
    chatTemplate?: string,
  ) {
    this.path = join(dir, 'tokenizer.json');
    this.special = specialTokensOf(config);
    this.file = parseTokenizerFile(tokenizer, Object.values(this.special).flat(), this.path);
    this.inner = this.build(this.file.json);
    this.specialIds = new Set(this.file.addedTokens.filter(({ special }) => special).map(({ id }) => id));
    const source = chatTemplate ?? config.chat_template ?? undefined;
    const from = chatTemplate === undefined ? 'tokenizer_config.json' : 'chat_template.jinja';
    const template = source === undefined ? undefined : new ChatTemplate(source, join(dir, from));
    this.chat = new ChatEncoder(this, this.file, template, this.special);
  }

  /**
   * Reads tokenizer.json and, if present, tokenizer_config.json, special_tokens_map.json and
   * chat_template.jinja, which is preferred to the template of tokenizer_config.json.
   *
   * @throws ModelError naming the file that cannot be used.
   */
  static load(dir: string): Tokenizer {
    const tokenizer = readJson(join(dir, 'tokenizer.json'));
    // Older folders name their special tokens in a file of its own.
    const config = {
      ...readOptional(join(dir, 'special_tokens_map.json')),
      ...readOptional(join(dir, 'tokenizer_config.json')),
    };
    const templatePath = join(dir, 'chat_template.jinja');
    const template = existsSync(templatePath) ? readFileSync(templatePath, 'utf8') : undefined;
    return new Tokenizer(dir, tokenizer, config, template);
  }

  /**
   * Token ids of a text. Lone surrogates count as U+FFFD.
   *
   * @throws ModelError when the vocabulary lacks a word and has no token for unknown ones.
   */
  encode(text: string, options: EncodeOptions = {}): number[] {
    const { specialTokens = true, addSpecialTokens = false } = options;
    const tokenizer = specialTokens ? this.inner : this.withoutSpecialTokens();
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
    const ids = tokenizer.encode(wellFormed, { add_special_tokens: addSpecialTokens }).ids as (
      | number
      | undefined
    )[];
    return ids.map((id) => {
      // A vocabulary of words can hold the special token itself as a word.
      const spelled = !specialTokens && !addSpecialTokens && id !== undefined && this.specialIds.has(id);
      const known = spelled || id === undefined ? this.unknownId() : id;
      if (known === undefined)
        throw new ModelError(
          `${this.path}: a word of ${JSON.stringify(text.slice(0, 80))} is not in the vocabulary, which has no unk_token for it.`,
        );
      return known;
    });
  }

  /** The text of token ids, special tokens and ids without a token left out. */
  decode(ids: readonly number[]): string {
    const detokenizer = new Detokenizer(this);
    const pieces = ids.map((id) => detokenizer.push(id));
    return pieces.join('') + detokenizer.flush();
  }

  idOf(token: string): number | undefined {
    return this.inner.token_to_id(token);
  }

  /** A token as the vocabulary writes it; undefined for an id that no token has. */
  tokenOf(id: number): string | undefined {
    return this.inner.id_to_token(id);
  }

  /** Whether decoding leaves the token out. */
  isSpecial(id: number): boolean {
    return this.specialIds.has(id);
  }

  /** The end token, or undefined when the configuration names none. */
  get eosTokenId(): number | undefined {
    const eos = this.special.eos_token;
    return typeof eos === 'string' ? this.idOf(eos) : undefined;
  }

  /** The padding token, or undefined when the configuration names none. */
  get padTokenId(): number | undefined {
    const pad = this.special.pad_token;
    return typeof pad === 'string' ? this.idOf(pad) : undefined;
  }

  /** Number of tokens, added ones included. */
  get vocabSize(): number {
    return this.file.vocabSize;
  }

  /**
   * Refuses a model whose embedding has no row for some token.
   *
   * @param source What the number of rows was read from, for the message.
   * @throws ModelError naming tokenizer.json, the largest id with its token, and the model's vocabulary.
   */
  checkVocabulary(modelVocabSize: number, source: string): void {
    const { id, token } = this.file.largest;
    if (id < modelVocabSize) return;
    throw new ModelError(
      `${this.path} has the token ${JSON.stringify(token)} with id ${id}, but ${source} has a vocabulary of ${modelVocabSize} tokens (ids 0 to ${modelVocabSize - 1}): ` +
        'tokenizer and model do not belong together. Copy the tokenizer of this model, or enlarge its embedding.',
    );
  }

  /** Whether every id stands for the same token in both, so that token ids of one can be fed to a model of the other. */
  sameVocabulary(other: Tokenizer): boolean {
    const { id: last } = this.file.largest;
    if (other.file.largest.id !== last) return false;
    for (let id = 0; id <= last; id++) if (this.tokenOf(id) !== other.tokenOf(id)) return false;
    return true;
  }

  /** A decoder at the start of a text, for a Detokenizer. */
  startDecoder(): DecoderStage {
    return this.file.startDecoder();
  }

  /**
   * Token ids of a conversation: the chat template, ended where the next response begins. Without a
   * template the messages are joined by blank lines. The messages and options are described at their types.
   *
   * Messages with `tokens` are spliced in token by token, thoughts included, which the template would
   * leave out of a text; an end token that the response has sampled is not repeated. So with templates that
   * write a conversation message by message (ChatML, Llama 3), the ids of a conversation begin with the ids
   * of its beginning followed by the response's, which lets a KV cache be used again over turns. It does not
   * hold where the generation prompt writes what the history leaves out (Qwen3's empty thought with
   * enable_thinking false), where blanks stand around a response (Llama 2), or where the template writes the
   * tools or the time at the newest message.
   *
   * @throws ModelError with what the template refused.
   */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions = {}): number[] {
    return this.chat.encode(messages, options);
  }

  /** Copies the tokenizer's files beside saved weights. */
  save(dir: string): void {
    mkdirSync(dir, { recursive: true });
    for (const name of files) {
      if (existsSync(join(this.dir, name)) && this.dir !== dir)
        copyFileSync(join(this.dir, name), join(dir, name));
    }
  }

  private build(json: object): HuggingFaceTokenizer {
    try {
      // Of the configuration it needs this alone: it does not read the unk_token of WordLevel models.
      return new HuggingFaceTokenizer(json, { unk_token: this.file.unkToken });
    } catch (cause) {
      throw new ModelError(`${this.path} cannot be used: ${(cause as Error).message}.`, { cause });
    }
  }

  private unknownId(): number | undefined {
    return this.file.unkToken === undefined ? undefined : this.idOf(this.file.unkToken);
  }

  /** The same tokenizer, blind to special tokens; it shares the vocabulary, which is large. */
  private withoutSpecialTokens(): HuggingFaceTokenizer {
    if (this.plain === undefined) {
      this.plain = this.build({
        ...this.file.json,
        model: { type: 'BPE', vocab: {}, merges: [] },
        added_tokens: this.file.addedTokens.filter(({ special }) => !special),
      });
      this.plain.model = this.inner.model;
    }
    return this.plain;
  }
}
