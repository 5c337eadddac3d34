/**
 * The writing rewards once more, straight from the specification's sentences and without a thought for speed. Shares
 * nothing with the environment but the word lists, whose sizes are tested.
 */
import { stopWords, transitionCategories } from '../src/writing/word-lists.js';

const WHITE_SPACE = [
  ...[0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680],
  ...[0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a],
  ...[0x2028, 0x2029, 0x202f, 0x205f, 0x3000],
].map((code) => String.fromCharCode(code));

export const tokensOf = (text: string) =>
  [...text]
    .map((character) => (WHITE_SPACE.includes(character) ? ' ' : character))
    .join('')
    .split(' ')
    .filter((piece) => piece !== '').length;

export const lengthOf = (text: string) => [...text].length;

export const wordsOf = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);

export const contentOf = (text: string) => [...wordsOf(text)].filter((word) => !stopWords.includes(word));

export function jaccardOf(c1: string, c2: string): number {
  const [first, second] = [contentOf(c1), contentOf(c2)];
  const union = new Set([...first, ...second]);
  return union.size === 0 ? 1 : first.filter((word) => second.includes(word)).length / union.size;
}

export const categoriesOf = (text: string) =>
  Object.values(transitionCategories).filter((entries) =>
    entries.some((entry) => text.toLowerCase().includes(entry)),
  ).length;

/** The four levels without gates; null where a level would stop the scoring. */
export function levels(task: 'tldr' | 'arxiv', c1: string, c2: string) {
  const tldr = task === 'tldr';
  const least = tldr ? 8 : 128;
  const inRange = (text: string) => tokensOf(text) >= least && tokensOf(text) <= 256;
  const scale = transitionScale(categoriesOf(tldr ? c2 : c1 + c2));
  const cap = tldr ? 0.03 : 0.23;
  return [
    inRange(c1) && inRange(c2) ? 0.5 : null,
    lengthOf(c1) === 0 ? null : (tldr ? tldrLength : arxivLength)(lengthOf(c2) / lengthOf(c1)),
    wordsOf(c1).size === 0 ? null : (tldr ? tldrWords : arxivWords)(wordsOf(c2).size / wordsOf(c1).size),
    0.4 * scale + (0.6 * Math.min(jaccardOf(c1, c2), cap)) / cap,
  ];
}

/** The reward: levels up to the one that stops. */
export function rewardOf(task: 'tldr' | 'arxiv', c1: string, c2: string): number {
  let total = 0;
  for (const level of levels(task, c1, c2)) {
    if (level === null) return total;
    total += level;
  }
  return total;
}

function transitionScale(categories: number): number {
  if (categories === 0) return 0;
  return Math.min(1, 0.4 + Math.min(0.05 * (categories - 1), 0.6));
}

function tldrLength(lr: number): number | null {
  if (lr >= 1.6 && lr <= 3.2) return 1;
  if (lr >= 1.1 && lr < 1.6) return (lr - 1.1) / (1.6 - 1.1);
  return lr > 3.2 && lr <= 5.0 ? 1 - (lr - 3.2) / (5.0 - 3.2) : null;
}

function arxivLength(lr: number): number | null {
  if (lr >= 1.0 && lr <= 1.3) return 1;
  if (lr >= 0.8 && lr < 1.0) return (lr - 0.8) / (1.0 - 0.8);
  return lr > 1.3 && lr <= 1.5 ? 1 - (lr - 1.3) / (1.5 - 1.3) : null;
}

function tldrWords(ur: number): number | null {
  if (ur >= 2.0) return 0.5;
  return ur >= 1.3 ? ((ur - 1.3) / (2.0 - 1.3)) * 0.5 : null;
}

function arxivWords(ur: number): number | null {
  if (ur >= 0.7 && ur <= 1.3) return 0.5;
  if (ur >= 0.5 && ur < 0.7) return (0.5 * (ur - 0.5)) / (0.7 - 0.5);
  return ur > 1.3 && ur <= 1.7 ? 0.5 * (1 - (ur - 1.3) / (1.7 - 1.3)) : null;
}
