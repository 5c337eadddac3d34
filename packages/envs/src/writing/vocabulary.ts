/**
 * Distinct words of two texts and what they share (writing spec, 5.1). Words are kept in a hash table by their places in
 * the texts, not as strings of their own, because making a string per word would take most of the time of a reward.
 */
import { asciiWords, UnitArray, wordWidth } from './text-units.js';
import { stopWords } from './word-lists.js';

export interface Vocabulary {
  /** Distinct words of the first and of the second text, stop words included. */
  readonly first: number;
  readonly second: number;
  /** Jaccard similarity of the words that are no stop words; 1 when neither text has any. */
  readonly jaccard: number;
}

/** Where a word occurs, as bits. */
const IN_FIRST = 1;
const IN_SECOND = 2;
const IN_BOTH = IN_FIRST | IN_SECOND;
const IN_STOP_WORDS = 4;

/** Slots of the table that is used again and again: enough for a pair of answers of 256 tokens each. */
const USUAL_SLOTS = 8192;

const stopText = stopWords.join(' ');

/** An odd factor of the hash, drawn anew by every process, so that no text can be made whose words all collide. */
const FACTOR = (Math.floor(Math.random() * 2 ** 31) * 2 + 1) | 0;

/** A set of words that occur in the list of stop words or in two texts. */
class WordTable {
  /** The stop words, then both texts. */
  readonly #array: UnitArray;
  /** Number of a word plus 1 at the slot of its hash, or 0; the slots after it are next where that one is taken. */
  readonly #slots: Int32Array;
  readonly #slotOfWord: Int32Array;
  readonly #hashes: Int32Array;
  /** Where a word begins and ends in the array. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  readonly #places: Uint8Array;
  /** How many words occur in which places: `counts[places]`. */
  readonly #counts = new Int32Array(8);
  #words = 0;

  /** @param slots a power of two, at least {@link slotsFor} the texts to come */
  constructor(slots: number) {
    this.#array = new UnitArray(slots);
    this.#slots = new Int32Array(slots);
    this.#slotOfWord = new Int32Array(slots / 2);
    this.#hashes = new Int32Array(slots / 2);
    this.#starts = new Int32Array(slots / 2);
    this.#ends = new Int32Array(slots / 2);
    this.#places = new Uint8Array(slots / 2);
    this.#addText(stopText, 0, IN_STOP_WORDS);
  }

  /** Compares two texts in lower case. */
  compare(first: string, second: string): Vocabulary {
    this.#addText(first, stopText.length, IN_FIRST);
    this.#addText(second, stopText.length + first.length, IN_SECOND);
    const vocabulary = this.#count();
    this.#forget();
    return vocabulary;
  }

  /** Leaves nothing but the stop words. */
  #forget(): void {
    for (let word = stopWords.length; word < this.#words; word++) {
      this.#slots[this.#slotOfWord[word] as number] = 0;
    }
    this.#words = stopWords.length;
    this.#places.fill(IN_STOP_WORDS, 0, stopWords.length);
  }

  #addText(text: string, at: number, place: number): void {
    this.#array.write(text, at);
    const { units } = this.#array;
    const end = at + text.length;
    let i = at;
    while (i < end) {
      const start = i;
      let hash = 0;
      while (i < end) {
        const unit = units[i] as number;
        const width = unit < 0x80 ? (asciiWords[unit] as number) : wordWidth(units, i, end);
        if (width === 0) break;
        hash = Math.imul(hash ^ unit, FACTOR);
        i++;
        if (width === 2) hash = Math.imul(hash ^ (units[i++] as number), FACTOR);
      }
      if (i > start) this.#addWord(start, i, hash, place);
      i++;
    }
  }

  #addWord(start: number, end: number, hash: number, place: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // The upper bits of the hash depend on all characters.
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const word = (slots[slot] as number) - 1;
      if (word < 0) break;
      if (this.#hashes[word] === hash && this.#isWord(word, start, end)) {
        this.#places[word] = (this.#places[word] as number) | place;
        return;
      }
      slot = (slot + 1) & mask;
    }
    const word = this.#words++;
    slots[slot] = word + 1;
    this.#slotOfWord[word] = slot;
    this.#hashes[word] = hash;
    this.#starts[word] = start;
    this.#ends[word] = end;
    this.#places[word] = place;
  }

  #isWord(word: number, start: number, end: number): boolean {
    const { units } = this.#array;
    const from = this.#starts[word] as number;
    if ((this.#ends[word] as number) - from !== end - start) return false;
    for (let i = start; i < end; i++) {
      if (units[i - start + from] !== units[i]) return false;
    }
    return true;
  }

  #count(): Vocabulary {
    const counts = this.#counts.fill(0);
    for (let word = 0; word < this.#words; word++) {
      const places = this.#places[word] as number;
      counts[places] = (counts[places] as number) + 1;
    }
    const at = (places: number) => counts[places] as number;
    const common = at(IN_BOTH);
    const content = at(IN_FIRST) + at(IN_SECOND) + common;
    const stopsInBoth = at(IN_BOTH | IN_STOP_WORDS);
    return {
      first: at(IN_FIRST) + common + at(IN_FIRST | IN_STOP_WORDS) + stopsInBoth,
      second: at(IN_SECOND) + common + at(IN_SECOND | IN_STOP_WORDS) + stopsInBoth,
      jaccard: content === 0 ? 1 : common / content,
    };
  }
}

/** Slots that keep a table at most half full: words have at least one character between them. */
function slotsFor(first: string, second: string): number {
  return stopText.length + first.length + second.length + 2;
}

const usualTable = new WordTable(USUAL_SLOTS);

/** The words of two texts that are in lower case already. */
export function compareVocabulary(first: string, second: string): Vocabulary {
  const slots = slotsFor(first, second);
  if (slots <= USUAL_SLOTS) return usualTable.compare(first, second);
  return new WordTable(2 ** Math.ceil(Math.log2(slots))).compare(first, second);
}
