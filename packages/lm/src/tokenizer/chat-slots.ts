import { ModelError } from '../errors.js';

/**
 * Stand-ins for tokens in the text that a chat template renders. A template may trim a text, split it at
 * a tag or write it as JSON; letters and digits survive all of that. They occur in none of the given
 * texts, so that no message can pass itself off as a slot.
 */
export class ChatSlots {
  private readonly word: string;
  private readonly filled: (readonly number[])[] = [];

  /** @param texts Everything that the template will see. */
  constructor(texts: readonly string[]) {
    // Joined and without punctuation, for a template may write two texts next to each other.
    const all = texts
      .join('')
      .replace(/[^a-z0-9]+/gi, '')
      .toLowerCase();
    let n = 0;
    while (all.includes(`sampledtokens${n}x`)) n++;
    this.word = `sampledtokens${n}x`;
  }

  /** A text that stands for the tokens. */
  add(tokens: readonly number[]): string {
    return `${this.word}${this.filled.push(tokens) - 1}x`;
  }

  /**
   * Takes a rendered text apart: texts and, between them, the tokens of the slots. A message that the
   * template repeats or leaves out is repeated or left out.
   *
   * @throws ModelError when the template changed a slot, so that tokens would be lost.
   */
  split(rendered: string): { texts: string[]; tokens: (readonly number[])[] } {
    const parts = rendered.split(new RegExp(`${this.word}(\\d+)x`));
    const texts = parts.filter((_, i) => i % 2 === 0);
    const places = parts.filter((_, i) => i % 2 === 1).map(Number);
    const seen = new Set(places);
    if (seen.size < this.filled.length && texts.some((text) => text.toLowerCase().includes(this.word)))
      throw new ModelError(
        'the chat template changes the content of assistant messages (as | upper would), so that sampled responses cannot stay in the prompt token by token. Use a template that writes content as it is.',
      );
    return { texts, tokens: places.map((place) => this.filled[place] as readonly number[]) };
  }
}
