import { writeFileSync } from 'node:fs';
import type { ChatMessage } from '@collm/lm';
import { CollmError } from '../../errors.js';

/** What has been said so far. */
export class Conversation {
  #system: string | null;
  #said: ChatMessage[] = [];

  constructor(system: string | null) {
    this.#system = system;
  }

  get messages(): ChatMessage[] {
    const system = this.#system === null ? [] : [{ role: 'system' as const, content: this.#system }];
    return [...system, ...this.#said];
  }

  /** Finished answers. */
  get answers(): number {
    return this.#said.filter(({ role }) => role === 'assistant').length;
  }

  add(...messages: readonly ChatMessage[]): void {
    this.#said.push(...messages);
  }

  /** The system message for all that follows; null: none. */
  setSystem(text: string | null): void {
    this.#system = text;
  }

  /** Forgets all but the system message. */
  reset(): void {
    this.#said = [];
  }

  /**
   * Writes the messages as JSON into a new file.
   *
   * @throws CollmError when there is a file already, or none can be written
   */
  save(path: string, speaker: string): void {
    const messages = this.messages.map(({ role, content }) => ({ role, content }));
    try {
      writeFileSync(path, `${JSON.stringify({ speaker, messages }, null, 2)}\n`, { flag: 'wx' });
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const why = code === 'EEXIST' ? 'it exists already, and nothing is overwritten' : message;
      throw new CollmError('USAGE', `The conversation cannot be saved as ${path}: ${why}.`, { cause });
    }
  }
}
