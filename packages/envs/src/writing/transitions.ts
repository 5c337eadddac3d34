/** Counting transition categories in one pass over a text: an Aho-Corasick automaton (writing spec, 5.7). */
import { unitsOf } from './text-units.js';
import { transitionCategories } from './word-lists.js';

/** Columns of the table: the entries consist of the letters a to z (1 to 26) and spaces (27); 0 is any other unit. */
const COLUMN_BITS = 5;
const COLUMNS = 1 << COLUMN_BITS;

/** What a row of the table starts as in the trie: no child. */
const NONE = -1;

const columnOfUnit = Uint8Array.from({ length: 0x10000 }, (_, unit) => columnOf(unit));

const automaton = buildAutomaton(Object.values(transitionCategories));

/** How many of the 12 categories have an entry in a text that is in lower case already. */
export function countTransitionCategories(lowered: string): number {
  const { next, categories } = automaton;
  const units = unitsOf(lowered);
  let found = 0;
  let state = 0;
  for (let i = 0; i < lowered.length; i++) {
    state = next[state + (columnOfUnit[units[i] as number] as number)] as number;
    found |= categories[state >>> COLUMN_BITS] as number;
  }
  let count = 0;
  for (let rest = found; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function columnOf(unit: number): number {
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x60;
  return unit === 0x20 ? 27 : 0;
}

interface Automaton {
  /**
   * `next[state + column]`: the state of the longest suffix read so far that is a prefix of some entry. A state is where
   * its row begins.
   */
  readonly next: Int32Array;
  /** `categories[state / 32]`: bits of the categories of all entries that end here. */
  readonly categories: Uint16Array;
}

function buildAutomaton(categories: readonly (readonly string[])[]): Automaton {
  const rows: number[][] = [];
  const ends: number[] = [];
  const newState = () => {
    ends.push(0);
    return rows.push(new Array<number>(COLUMNS).fill(NONE)) - 1;
  };
  newState();
  categories.forEach((entries, category) => {
    for (const entry of entries) {
      let state = 0;
      for (let i = 0; i < entry.length; i++) {
        const row = rows[state] as number[];
        const at = columnOf(entry.charCodeAt(i));
        if (row[at] === NONE) row[at] = newState();
        state = row[at] as number;
      }
      ends[state] = (ends[state] as number) | (1 << category);
    }
  });
  completeRows(rows, ends);
  return { next: Int32Array.from(rows.flat(), (row) => row * COLUMNS), categories: Uint16Array.from(ends) };
}

/** Makes a trie an automaton: a missing child is where the longest proper suffix would go. Breadth first. */
function completeRows(rows: number[][], ends: number[]): void {
  const suffix = new Array<number>(rows.length).fill(0);
  const queue = [0];
  for (const state of queue) {
    const row = rows[state] as number[];
    const fallback = suffix[state] as number;
    ends[state] = (ends[state] as number) | (ends[fallback] as number);
    for (let at = 0; at < row.length; at++) {
      const beyond = state === 0 ? 0 : ((rows[fallback] as number[])[at] as number);
      const child = row[at] as number;
      if (child === NONE) {
        row[at] = beyond;
      } else {
        suffix[child] = beyond;
        queue.push(child);
      }
    }
  }
}
