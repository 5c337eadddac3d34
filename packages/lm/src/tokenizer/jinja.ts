/**
 * Compiles chat templates as transformers does: its globals, and two things that the JavaScript Jinja lacks.
 * It takes strip with an argument for a strip of all whitespace (Qwen3's template needs the difference), and
 * refuses to loop over what is undefined (as messages without tool_calls), which in Jinja is empty. What it
 * writes otherwise than Python is left alone: true, none and lists that are printed without tojson.
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

/** Turns `text.strip(characters)` into a call of our own function. */
function rewriteStrip(node: Node): void {
  const callee = node.callee as Node;
  const args = node.args as unknown[];
  if (callee.type !== 'MemberExpression' || callee.computed !== false || args.length !== 1) return;
  const method = (callee.property as Node).value;
  if (!['strip', 'lstrip', 'rstrip'].includes(String(method))) return;
  node.callee = { type: 'Identifier', value: stripFunction };
  node.args = [{ type: 'StringLiteral', value: method }, callee.object, ...args];
}

/** Turns `for x in xs` into `for x in xs | default([])`. */
function rewriteLoop(node: Node): void {
  const iterable = node.iterable as Node;
  const [owner, field] = iterable.type === 'SelectExpression' ? [iterable, 'lhs'] : [node, 'iterable'];
  owner[field] = {
    type: 'FilterExpression',
    operand: owner[field],
    filter: {
      type: 'CallExpression',
      callee: { type: 'Identifier', value: 'default' },
      args: [{ type: 'ArrayLiteral', value: [] }],
    },
  };
}

/** Changes a parsed template in place. */
function rewrite(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (value instanceof Map) {
    for (const entry of value) rewrite(entry);
    return;
  }
  const node = value as Node;
  if (node.type === 'CallExpression') rewriteStrip(node);
  if (node.type === 'For') rewriteLoop(node);
  for (const child of Object.values(node)) rewrite(child);
}

/** @throws SyntaxError when the source does not parse. */
export function compileJinja(source: string): Render {
  const program = new Template(source).parsed;
  rewrite(program);
  return (variables) => {
    const environment = new Environment();
    for (const [name, value] of Object.entries({ ...globals, ...variables })) environment.set(name, value);
    return String(new Interpreter(environment).run(program).value);
  };
}
