/** The size of a text as the reward counts it (writing spec, 5.1). */
import { isPythonSpace } from '../text/python-text.js';
import { isPairAt, unitsOf } from './text-units.js';

export interface TextSize {
  /** Pieces between runs of Python's white space. */
  readonly tokens: number;
  /** Unicode code points, white space included. */
  readonly characters: number;
}

/** 1 for units that are white space. */
const spaces = Uint8Array.from({ length: 0x10000 }, (_, unit) => (isPythonSpace(unit) ? 1 : 0));

/** Measures a text. A lone surrogate is a code point, as in Python. */
export function sizeOf(text: string): TextSize {
  const units = unitsOf(text);
  let tokens = 0;
  let seen = 0;
  let afterSpace = 1;
  for (let i = 0; i < text.length; i++) {
    const unit = units[i] as number;
    const space = spaces[unit] as number;
    // A token starts where white space ends. Without a branch, since none could be predicted.
    tokens += afterSpace & (space ^ 1);
    afterSpace = space;
    seen |= unit;
  }
  // Most texts have no surrogates, and then none of their units has so many bits.
  const pairs = seen < 0xd800 ? 0 : countPairs(units, text.length);
  return { tokens, characters: text.length - pairs };
}

function countPairs(units: Uint16Array, end: number): number {
  let pairs = 0;
  for (let i = 0; i < end; i++) if (isPairAt(units, i, end)) pairs++;
  return pairs;
}
