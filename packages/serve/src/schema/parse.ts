import type { z } from 'zod';
import { badRequest } from '../api-error.js';

/** @throws ApiError 400 naming the first field that is wrong, what it is and what it should be */
export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest('The request body has to be a JSON object, such as {"model": "…", "messages": […]}.');
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = mostTelling(parsed.error.issues);
  const param = fieldOf(issue.path);
  const missing = issue.code === 'invalid_type' && valueAt(body, issue.path) === undefined;
  const what = missing ? 'is required' : wordsOf(issue.message);
  throw badRequest(`\`${param}\` ${what}.`, {
    param,
    code: missing ? 'missing_required_parameter' : 'invalid_value',
  });
}

interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/** Of alternatives, none of which fits, the one that came furthest: past its type, and into the value. */
function mostTelling(issues: readonly Issue[]): Issue {
  const first = issues[0] as Issue;
  const inner = (first.errors ?? []).filter((errors) => errors.length > 0).map(mostTelling);
  const further = inner.filter(({ code, path }) => path.length > 0 || code !== 'invalid_type');
  const best = further.sort((a, b) => b.path.length - a.path.length)[0];
  if (best !== undefined) return { ...best, path: [...first.path, ...best.path] };
  const wanted = [...new Set(inner.map(({ message }) => /expected (\S+?),/.exec(message)?.[1]))];
  if (wanted.length === 0 || wanted.includes(undefined)) return first;
  return { ...first, message: `Invalid input: expected ${wanted.join(' or ')}` };
}

/** `messages[0].content` */
function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | undefined | null)?.[part],
    value,
  );
}

/** zod's sentence as the end of ours. */
function wordsOf(message: string): string {
  const expected = /^Invalid input: expected (.+)$/.exec(message)?.[1];
  if (expected !== undefined) return `has to be ${expected.replace(', received', ', but is')}`;
  return `is refused: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
