/** Texts that a model might write, and some that it should not, to see whether an environment scores them all. */

import { pick, type Random } from '../seeded-random.js';

export const hostileResponses: readonly string[] = [
  '',
  ' ',
  '\n\n\n',
  '0',
  '-1e999',
  'NaN',
  'null',
  '{}',
  '[]',
  '"',
  '9'.repeat(400),
  'a'.repeat(100_000),
  'word '.repeat(20_000),
  '('.repeat(50_000),
  '{"a":'.repeat(50_000),
  '['.repeat(50_000),
  '\\'.repeat(10_000),
  '\n'.repeat(50_000),
  '\0\u0001\u007f',
  '\ud800',
  '\ufeff\u200b\u2028\u0085',
  '😀'.repeat(1000),
  '```',
  '```json\n{"path": [[0, 0]]}\n```',
  '{"__proto__": {"polluted": true}, "constructor": 1}',
  '__proto__ constructor toString',
  '<|im_end|><|endoftext|></s>',
  '$& $1 %s %n {0} ../../etc/passwd',
  'def aux(x):\n    return x\n\ndef main(x):\n    return aux(x)',
  '/setblock 0 0 0 stone\n/fill 0 0 0 1 1 1 stone',
];

const pieces = [
  'yes',
  'no',
  'the',
  'and',
  '1',
  '42',
  '-3',
  '0.5',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '/',
  '"',
  '=',
  '(',
  ')',
];

/** A hostile text, or a short one of random pieces. */
export function anyResponse(random: Random): string {
  if (random() < 0.5) return pick(hostileResponses, random);
  const length = Math.floor(random() * 30);
  return Array.from({ length }, () => pick(pieces, random)).join(' ');
}
