import type { ChatMessage } from '@collm/lm';

/** Whoever answers in a conversation. */
export interface Speaker {
  /** For people: the agent of a run, a model, or an endpoint. */
  readonly name: string;
  /**
   * Answers a conversation whose newest message is the user's. Oldest turns are left out where it is too long.
   *
   * @throws CollmError, ModelError or EndpointError when there is no answer
   */
  answer(messages: readonly ChatMessage[], how: AnswerOptions): Promise<Answer>;
  dispose(): void;
}

export interface AnswerOptions {
  readonly seed: number;
  /** Called with the text as it comes. */
  readonly onText: (piece: string) => void;
  /** Ends the answer with what there is. */
  readonly signal: AbortSignal;
}

export interface Answer {
  /** As it goes into the history. */
  readonly message: ChatMessage;
  readonly finish: 'stop' | 'length' | 'interrupted';
  /** True when older turns were left out. */
  readonly truncated: boolean;
}

/** What the user may choose for all answers; null: as the model's makers recommend, and as much as fits. */
export interface SpeakerOptions {
  /** 0 is greedy. */
  readonly temperature: number | null;
  readonly maxNewTokens: number | null;
}
