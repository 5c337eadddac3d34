/** Cutting the answer of a single model into the two texts that are scored (writing spec, 9). */
import { pythonTrim, pythonTrimStart } from '../text/python-text.js';
import { sizeOf } from './text-size.js';

export const paragraphDelimiter = '[PARAGRAPH_SPLIT]';

/** How an answer is split that may lack the delimiter. */
export interface SplitRules {
  /** Characters of the second part over those of the first are drawn from here, uniformly. */
  readonly ratio: readonly [least: number, most: number];
  /** Headings taken off the start of both parts, once each, in this order. */
  readonly headings: readonly RegExp[];
}

export interface SplitAnswer {
  readonly first: string;
  readonly second: string;
  /** False: the model left the delimiter out, and the place was drawn. */
  readonly delimited: boolean;
}

/** `First paragraph:` and the like. */
export const paragraphHeadings: readonly RegExp[] = [
  /^(?:first paragraph|paragraph 1|part 1):/iu,
  /^(?:second paragraph|paragraph 2|part 2):/iu,
];

/** `1.` before white space. */
export const numberHeadings: readonly RegExp[] = [/^1\.(?=\s)/u, /^2\.(?=\s)/u];

/**
 * Splits at the first delimiter, or near a place drawn at random.
 *
 * @param random uniform numbers in [0, 1); asked at most once
 */
export function splitAnswer(answer: string, rules: SplitRules, random: () => number): SplitAnswer {
  const text = pythonTrim(answer);
  const at = text.indexOf(paragraphDelimiter);
  const delimited = at >= 0;
  const cut = delimited ? at : drawnCut(text, rules.ratio, random());
  const rest = delimited ? at + paragraphDelimiter.length : cut;
  return {
    first: withoutHeadings(text.slice(0, cut), rules.headings),
    second: withoutHeadings(text.slice(rest), rules.headings),
    delimited,
  };
}

/** Where the drawn share of the characters ends, moved right to the next space or line feed or the end. */
function drawnCut(text: string, [least, most]: SplitRules['ratio'], uniform: number): number {
  const ratio = least + (most - least) * uniform;
  let index = 0;
  for (let left = Math.floor(sizeOf(text).characters / (1 + ratio)); left > 0; left--) {
    index += (text.codePointAt(index) as number) > 0xffff ? 2 : 1;
  }
  while (index < text.length && text[index] !== ' ' && text[index] !== '\n') index++;
  return index;
}

/** Takes each heading off once where the text begins with it when its turn comes, with the white space after it. */
function withoutHeadings(part: string, headings: readonly RegExp[]): string {
  let text = pythonTrim(part);
  for (const heading of headings) {
    if (heading.test(text)) text = pythonTrimStart(text.replace(heading, ''));
  }
  return text;
}
