import { ModelError } from '../errors.js';

/**
 * Strings that end a text, compiled so that they are all looked for in one pass, a code unit at a time
 * (Aho and Corasick): the work per code unit depends neither on how many they are nor on how long. A state
 * stands for the longest end of the text that some string begins with. For any number of texts.
 */
export class StopStrings {
  /** Follow-up states by state and code unit. */
  private readonly next = new Map<number, number>();
  /** Of each state: the one to go on from where it has no follow-up. */
  private readonly fallback = [0];
  private readonly lengths = [0];
  private readonly longest = [0];

  /** @throws ModelError for an empty string, which would end every text at its start. */
  constructor(strings: readonly string[]) {
    if (strings.includes(''))
      throw new ModelError('a stop string is empty and would end every response at its start; remove it.');
    const byLength: [from: number, unit: number, to: number][][] = [];
    // Text never holds half a character, so a string that does is never found.
    for (const string of strings.filter(isWhole)) this.insert(string, byLength);
    // Fallbacks are shorter, so that those of a length rest on those before.
    for (const edges of byLength)
      for (const [from, unit, to] of edges) {
        const back = from === 0 ? 0 : this.step(this.fallback[from] as number, unit);
        this.fallback[to] = back;
        if (this.longest[to] === 0) this.longest[to] = this.longest[back] as number;
      }
  }

  /** The state after one more code unit; a text begins in state 0. */
  step(state: number, unit: number): number {
    for (let from = state; ; from = this.fallback[from] as number) {
      const to = this.next.get(edge(from, unit));
      if (to !== undefined) return to;
      if (from === 0) return 0;
    }
  }

  /** Code units at the end of the text that may become a stop string. */
  pending(state: number): number {
    return this.lengths[state] as number;
  }

  /** Length of the longest stop string that ends here; 0 for none. */
  found(state: number): number {
    return this.longest[state] as number;
  }

  private insert(string: string, byLength: [number, number, number][][]): void {
    let state = 0;
    for (let i = 0; i < string.length; i++) {
      const unit = string.charCodeAt(i);
      let to = this.next.get(edge(state, unit));
      if (to === undefined) {
        to = this.lengths.push(i + 1) - 1;
        this.longest.push(0);
        this.fallback.push(0);
        this.next.set(edge(state, unit), to);
        byLength[i] ??= [];
        byLength[i]?.push([state, unit, to]);
      }
      state = to;
    }
    this.longest[state] = string.length;
  }
}

const edge = (state: number, unit: number): number => state * 2 ** 16 + unit;

/** Whether no surrogate stands alone. */
const isWhole = (string: string): boolean => Buffer.from(string, 'utf8').toString('utf8') === string;
