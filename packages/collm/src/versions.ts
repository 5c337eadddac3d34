import { readFileSync } from 'node:fs';

/** Versions of this program and of Node.js. */
export function versions(): { collm: string; node: string } {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return { collm: (JSON.parse(text) as { version: string }).version, node: process.versions.node };
}
