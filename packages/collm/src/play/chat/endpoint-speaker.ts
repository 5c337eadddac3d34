import type { ChatMessage } from '@collm/lm';
import { type Endpoint, type ListedModel, streamChat } from '@collm/marl';
import type { Answer, AnswerOptions, Speaker, SpeakerOptions } from './speaker.js';

/** A model behind an endpoint; an endpoint of ours leaves out the oldest turns, others may refuse. */
export class EndpointSpeaker implements Speaker {
  constructor(
    private readonly endpoint: Endpoint,
    private readonly model: ListedModel,
    private readonly options: SpeakerOptions,
  ) {}

  get name(): string {
    return `${this.model.id} (${this.endpoint.url})`;
  }

  async answer(messages: readonly ChatMessage[], { seed, onText, signal }: AnswerOptions): Promise<Answer> {
    let content = '';
    const end = (finish: Answer['finish']): Answer => {
      return { message: { role: 'assistant', content }, finish, truncated: false };
    };
    const pieces = streamChat(this.endpoint, this.model, messages, { ...this.options, seed, signal });
    try {
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return end(value);
        content += value;
        onText(value);
      }
    } catch (error) {
      if (signal.aborted) return end('interrupted');
      throw error;
    }
  }

  dispose(): void {}
}
