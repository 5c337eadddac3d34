/**
 * Compiles chat templates as transformers does: its globals, and Python's strip with an argument, which
 * the JavaScript Jinja takes for a strip of all whitespace (Qwen3's template needs the difference).
 */
import { Environment, Interpreter, Template } from '@huggingface/jinja';

/** Renders a template with variables. @throws Error with what the template refused or got wrong. */
export type Render = (variables: Readonly<Record<string, unknown>>) => string;

const months = 'January February March April May June July August September October November December'.split(
  ' ',
);
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's strftime for now, in English as in the C locale, so that the machine's language plays no part. */
function strftimeNow(format: string): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const month = months[now.getMonth()] as string;
  const day = days[now.getDay()] as string;
  const values: Record<string, string> = {
    Y: String(now.getFullYear()),
    y: two(now.getFullYear() % 100),
    m: two(now.getMonth() + 1),
    B: month,
    b: month.slice(0, 3),
    d: two(now.getDate()),
    A: day,
    a: day.slice(0, 3),
    H: two(now.getHours()),
    I: two(now.getHours() % 12 || 12),
    p: now.getHours() < 12 ? 'AM' : 'PM',
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    '%': '%',
  };
  return format.replace(/%([a-zA-Z%])/g, (all, code: string) => {
    const value = values[code];
    if (value === undefined) throw new Error(`strftime_now("${format}"): ${all} is not supported`);
    return value;
  });
}

function range(start: number, stop?: number, step = 1): number[] {
  if (step === 0) throw new Error('range() arg 3 must not be zero');
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

function strip(method: string, text: unknown, characters: unknown): string {
  if (typeof text !== 'string') throw new Error(`${method}() of what is no string`);
  const wanted = new Set(String(characters));
  const chars = [...text];
  let from = 0;
  let to = chars.length;
  if (method !== 'rstrip') while (from < to && wanted.has(chars[from] as string)) from++;
  if (method !== 'lstrip') while (to > from && wanted.has(chars[to - 1] as string)) to--;
  return chars.slice(from, to).join('');
}

const stripFunction = 'strip with characters';

const globals: Readonly<Record<string, unknown>> = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  strftime_now: strftimeNow,
  raise_exception: (message: string) => {
    throw new Error(message);
  },
  // No template can call this name; the rewritten calls below do.
  [stripFunction]: strip,
};

interface Node {
  type?: string;
  [field: string]: unknown;
}

/** Turns `text.strip(characters)` into a call of our own function, in place. */
function rewriteStrips(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map) {
    for (const [key, entry] of value) {
      rewriteStrips(key);
      rewriteStrips(entry);
    }
    return;
  }
  const node = value as Node;
  const callee = node.callee as Node | undefined;
  if (node.type === 'CallExpression' && callee?.type === 'MemberExpression' && callee.computed === false) {
    const method = (callee.property as { value?: unknown }).value;
    const args = node.args as unknown[];
    if (args.length === 1 && ['strip', 'lstrip', 'rstrip'].includes(String(method))) {
      node.callee = { type: 'Identifier', value: stripFunction };
      node.args = [{ type: 'StringLiteral', value: method }, callee.object, ...args];
    }
  }
  for (const child of Object.values(node)) rewriteStrips(child);
}

/** @throws SyntaxError when the source does not parse. */
export function compileJinja(source: string): Render {
  const program = new Template(source).parsed;
  rewriteStrips(program);
  return (variables) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
    return String(new Interpreter(environment).run(program).value);
  };
}
