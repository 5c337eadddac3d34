/** Checks of a page that a browser would not complain about. */
import { expect } from 'vitest';

const VOID = new Set(['meta', 'br', 'hr']);

/** A tag of a page with its attributes as they are after unescaping. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/**
 * The opening tags of a page, in order. Fails unless every element is closed where it should be, every attribute is quoted
 * and every `<` and `&` of the text is escaped.
 */
export function openingTags(html: string): Tag[] {
  const tags: Tag[] = [];
  const open: string[] = [];
  const body = html.replace(/^<!doctype html>\n/, '').replace(/(<style>)[^<]*(<\/style>)/, '$1$2');
  const pattern = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g;
  for (const [all, closing, name = '', attributes = '', empty, text, stray] of body.matchAll(pattern)) {
    if (text !== undefined) {
      expect(text.replace(/&(?:amp|lt|gt|quot|#39);/g, ''), 'unescaped ampersand').not.toContain('&');
      continue;
    }
    expect(stray, `near ${all}`).toBeUndefined();
    if (closing === '/') {
      expect(open.pop(), `</${name}>`).toBe(name);
      continue;
    }
    const pairs = [...attributes.matchAll(/([\w:-]+)="([^"]*)"/g)];
    tags.push({ name, attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])) });
    if (empty !== '/') {
      expect(VOID.has(name), `<${name}> is void and not closed`).toBe(false);
      open.push(name);
    }
  }
  expect(open).toEqual([]);
  return tags;
}

/** Fails when a page fetches, runs or posts anything, names an id twice or refers to one that is not there. */
export function expectSelfContained(html: string): Tag[] {
  const tags = openingTags(html);
  const ids = tags.flatMap(({ attributes }) => attributes.get('id') ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { name, attributes } of tags) {
    expect(['script', 'link', 'img', 'iframe', 'object', 'embed', 'form', 'base']).not.toContain(name);
    for (const [key, value] of attributes) {
      expect(key).not.toMatch(/^on|^style$|^src$|^action$|^data$/);
      if (key === 'href') {
        expect(value).toMatch(/^#/);
        expect(ids).toContain(value.slice(1));
      }
      if (key === 'aria-labelledby') expect(ids).toContain(value);
    }
    if (name === 'svg' && attributes.get('aria-hidden') !== 'true') {
      expect(attributes.get('role')).toBe('img');
      expect(attributes.get('aria-label')).toMatch(/\S/);
    }
  }
  expect(html).not.toMatch(/@import|url\(/);
  const policy = tags.find(({ attributes }) => attributes.get('http-equiv') === 'Content-Security-Policy');
  expect(policy?.attributes.get('content')).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'$/,
  );
  return tags;
}
