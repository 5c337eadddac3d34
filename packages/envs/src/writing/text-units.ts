/**
 * Texts as arrays of UTF-16 units. Reading a typed array is several times faster than `charCodeAt`, and writing a text
 * into one is a copy, so whatever looks at every character of an answer looks here.
 */
const WORD_CHARACTER = /^[\p{L}\p{N}_]$/u;

/** Units of the array that is used again and again: more than a pair of answers of 256 tokens usually has. */
const USUAL_UNITS = 8192;

/** Room for units, and the same memory as bytes. */
export class UnitArray {
  readonly units: Uint16Array;
  readonly #bytes: Buffer;

  constructor(size: number) {
    this.units = new Uint16Array(size);
    this.#bytes = Buffer.from(this.units.buffer);
  }

  /** Copies a text to a place; lone surrogates stay what they are. */
  write(text: string, at: number): void {
    this.#bytes.write(text, 2 * at, 'utf16le');
  }
}

const usual = new UnitArray(USUAL_UNITS);

/** The units of a text, followed by anything: good until the next call. */
export function unitsOf(text: string): Uint16Array {
  const array = text.length <= USUAL_UNITS ? usual : new UnitArray(text.length);
  array.write(text, 0);
  return array.units;
}

/** What is known of each code point: 0 not asked for yet, 1 no part of a word, 2 part of a word, 3 half of a pair. */
const classes = new Uint8Array(0x110000);

/** 1 for the ASCII units that are part of a word: what most texts consist of, in a table small enough to be fast. */
export const asciiWords = Uint8Array.from({ length: 0x80 }, (_, unit) => (classify(unit) === 2 ? 1 : 0));

/**
 * Units of the character at a place if it is a letter, a number or an underscore: 1, or 2 for a surrogate pair; 0 if it
 * is none of these.
 */
export function wordWidth(units: Uint16Array, at: number, end: number): number {
  const unit = units[at] as number;
  const known = classOf(unit);
  if (known < 3) return known - 1;
  if (!isPairAt(units, at, end)) return 0;
  return 2 * (classOf(0x10000 + ((unit & 0x3ff) << 10) + ((units[at + 1] as number) & 0x3ff)) - 1);
}

function classOf(codePoint: number): number {
  const known = classes[codePoint] as number;
  return known === 0 ? classify(codePoint) : known;
}

function classify(codePoint: number): number {
  const surrogate = codePoint >= 0xd800 && codePoint < 0xe000;
  const found = surrogate ? 3 : WORD_CHARACTER.test(String.fromCodePoint(codePoint)) ? 2 : 1;
  classes[codePoint] = found;
  return found;
}

/** True when a surrogate pair begins at a place. */
export function isPairAt(units: Uint16Array, at: number, end: number): boolean {
  return (
    at + 1 < end &&
    ((units[at] as number) & 0xfc00) === 0xd800 &&
    ((units[at + 1] as number) & 0xfc00) === 0xdc00
  );
}
