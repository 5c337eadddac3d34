import type { ChatMessage, Decoder, GenerationConfig, Tokenizer } from '@collm/lm';
import { continuePrompt } from '../../commands/model/continue-prompt.js';
import type { Answer, AnswerOptions, Speaker, SpeakerOptions } from './speaker.js';

/** Longest answer when nothing else is said, where the context has room for it. */
const usualTokens = 512;

/** A model in this process. */
export class ModelSpeaker implements Speaker {
  constructor(
    readonly name: string,
    private readonly model: {
      readonly decoder: Decoder;
      readonly tokenizer: Tokenizer;
      readonly generation: GenerationConfig;
      [Symbol.dispose](): void;
    },
    private readonly options: SpeakerOptions,
  ) {}

  async answer(messages: readonly ChatMessage[], { seed, onText, signal }: AnswerOptions): Promise<Answer> {
    const { chooseSampling, endTokens, fitChat, turnsOf } = await import('@collm/lm');
    const { decoder, tokenizer, generation } = this.model;
    const { maxPositions } = decoder.config;
    const { temperature } = this.options;
    const maxNewTokens = this.options.maxNewTokens ?? Math.min(usualTokens, Math.floor(maxPositions / 2));
    const prompt = fitChat(tokenizer, turnsOf(messages), maxPositions - maxNewTokens);
    const [made] = await continuePrompt(decoder, prompt.tokens, {
      ...chooseSampling({ temperature, topK: null, topP: null }, generation),
      tokenizer,
      samples: 1,
      maxNewTokens,
      stopTokens: endTokens(generation, tokenizer),
      stops: [],
      seed,
      signal,
      onText,
    });
    const { text, tokens, finish } = made as NonNullable<typeof made>;
    // Sampled tokens are not tokenised a second time, which could give others.
    return { message: { role: 'assistant', content: text, tokens }, finish, truncated: prompt.truncated };
  }

  dispose(): void {
    this.model[Symbol.dispose]();
  }
}
