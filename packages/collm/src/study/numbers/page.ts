/** Markers of numbers.ts in a Markdown page: computing them, and finding figures that stand outside of them. */
import { messageOf, RunError } from '../../errors.js';
import { type NumberedStudy, numberText } from './numbers.js';

/** `<!-- study:expression -->text<!-- end -->`, or with an empty comment at the end. */
const MARKER = /(<!--\s*([\w.]+):([^\n]*?)\s*-->)([\s\S]*?)(<!--\s*(?:end)?\s*-->)/g;

/**
 * The page with every marker's text as it should be.
 *
 * @param open gives a study by its name; throws where there is none
 * @throws RunError with all markers that cannot be computed
 */
export function withNumbers(page: string, open: (study: string) => NumberedStudy): string {
  const problems: string[] = [];
  const written = page.replace(
    MARKER,
    (_, start: string, study: string, expression: string, __: string, end: string) => {
      try {
        const text = numberText(expression, open(study));
        return text.includes('\n') ? `${start}\n\n${text}\n\n${end}` : `${start}${text}${end}`;
      } catch (error) {
        problems.push(`  - ${start}: ${messageOf(error)}`);
        return start;
      }
    },
  );
  for (const [start] of page.replace(MARKER, '').matchAll(/<!--\s*[\w.]+:[^\n]*?-->/g)) {
    problems.push(`  - ${start} is never closed. End it with <!-- end --> or <!---->.`);
  }
  if (problems.length === 0) return written;
  throw new RunError(`Figures of the page that cannot be computed:\n${problems.join('\n')}`);
}

/**
 * Figures of measurements that stand outside of markers, where nothing checks them. Looked at is the part under a heading
 * that begins with "Results", up to the next heading of its level or above, without markers, code, comments and addresses
 * of links. A figure is:
 *
 * - a number with decimals, but for section numbers (`section 3.3`, `§ 4.1`), arXiv numbers, versions (`v1.2.3`, `D1.2`) and
 *   numbers at the beginning of a heading;
 * - a percentage but `95 %`, which is the confidence of all intervals;
 * - a multiple: `3 times`, `3x`, `3 ×`;
 * - a number with thousands apart: `12,000`.
 *
 * Other whole numbers, such as turns, agents and dates, are settings, and may stand.
 *
 * @returns each with what stands around it
 */
export function strayFigures(page: string): string[] {
  return resultParts(page).flatMap((part) => {
    const text = part
      .replace(MARKER, ' ')
      .replace(/^(`{3,}|~{3,})[\s\S]*?^\1/gm, ' ')
      .replace(/(`+)[^`][\s\S]*?\1/g, ' ')
      .replace(/<!--[\s\S]*?-->/g, ' ')
      .replace(/\]\([^)]*\)/g, '] ')
      .replace(/<?https?:\/\/\S+/g, ' ')
      .replace(/^#+ [\d.]+/gm, ' ')
      .replace(/\b(sections?|chapter|spec|appendix|table|figure|arxiv:?|§)\s*\d+(\.\d+)*/gi, ' ')
      .replace(/§\s*\d+(\.\d+)*/g, ' ')
      .replace(/\b[A-Za-z]\d+(\.\d+)+/g, ' ')
      .replace(/(?<![\d.])95 ?%/g, ' ');
    return [
      ...text.matchAll(/(?<![\w.])[+-]?(\d[\d,]*\.\d+|\.\d+|\d+(,\d{3})+|\d+(?=\s?(%|×|x\b|times\b)))/g),
    ].map(
      ({ 0: figure, index }) =>
        `${figure} in "${text
          .slice(Math.max(0, index - 40), index + figure.length + 20)
          .replace(/\s+/g, ' ')
          .trim()}"`,
    );
  });
}

/** Parts under headings that begin with "Results". */
function resultParts(page: string): string[] {
  const parts: string[] = [];
  let level = 0;
  let inCode = false;
  for (const line of page.split('\n')) {
    if (/^(```|~~~)/.test(line)) inCode = !inCode;
    const heading = inCode ? null : /^(#+)\s+(?:[\d.]+\s+)?(.*)/.exec(line);
    const depth = heading?.[1]?.length ?? 0;
    if (heading !== null && (level === 0 || depth <= level)) {
      level = /^results\b/i.test(heading[2] ?? '') ? depth : 0;
      if (level > 0) parts.push('');
    }
    if (level > 0) parts.push(`${parts.pop()}${line}\n`);
  }
  return parts;
}
