/** One HTML file that fetches nothing and runs nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { escapeHtml } from './escape.js';

/**
 * A whole page. Its content security policy allows its own style sheet and nothing else, whatever text a model manages to
 * get into the body: no script, no style, no address.
 *
 * @param body HTML in which all text of models and files is escaped
 */
export function htmlPage(title: string, body: string): string {
  const style = readFileSync(new URL('../../assets/report.css', import.meta.url), 'utf8');
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="${policy}"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** A part of a page that its table of contents names. */
export interface Section {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly html: string;
}

/** Links to the sections, then the sections. */
export function sectionsHtml(sections: readonly Section[]): string {
  const links = sections.map(({ id, title }) => `<a href="#${id}">${escapeHtml(title)}</a>`);
  const parts = sections.map(
    ({ id, title, html }) =>
      `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escapeHtml(title)}</h2>\n${html}\n</section>`,
  );
  return `<nav aria-label="Contents">${links.join(' ')}</nav>\n<main>\n${parts.join('\n')}\n</main>`;
}

/** A list of facts as name and value. */
export function factsHtml(facts: readonly (readonly [name: string, value: string])[]): string {
  const items = facts.map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="facts">${items.join('')}</dl>`;
}

/** A cell of a table: text, which is escaped, and perhaps a class. */
export type Cell = string | { readonly text: string; readonly className: string };

/** A table that scrolls for itself on narrow screens. The first cell of a row is its heading. */
export function tableHtml(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): string {
  const headings = head.map((title) =>
    title === '' ? '<td></td>' : `<th scope="col">${escapeHtml(title)}</th>`,
  );
  const lines = rows.map((row) => {
    const cells = row.map((cell, index) => {
      const { text, className } = typeof cell === 'string' ? { text: cell, className: '' } : cell;
      const named = className === '' ? '' : ` class="${className}"`;
      return index === 0
        ? `<th scope="row"${named}>${escapeHtml(text)}</th>`
        : `<td${named}>${escapeHtml(text)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return (
    `<div class="wide"><table><caption>${escapeHtml(caption)}</caption><thead><tr>${headings.join('')}</tr></thead>` +
    `<tbody>${lines.join('')}</tbody></table></div>`
  );
}
