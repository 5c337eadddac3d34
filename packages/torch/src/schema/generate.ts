/** Turns the operator table into TypeScript (methods and functions) and a reference page. */
import type { OperatorEntry } from '../ops.js';
import { fullName, type Parameter, parseSchema, type Schema } from './parse.js';

interface Operator extends Schema {
  index: number;
  fast: string | undefined;
  since: string | undefined;
  /** Parameters that a caller can set; layout and memory format are libtorch's business. */
  visible: Parameter[];
}

const hidden = new Set(['Layout', 'MemoryFormat']);
const types: Record<string, string> = {
  Tensor: 'Tensor',
  'Tensor[]': 'readonly Tensor[]',
  'Tensor?[]': 'readonly (Tensor | null)[]',
  int: 'number',
  SymInt: 'number',
  'int[]': 'number | readonly number[]',
  'float[]': 'readonly number[]',
  float: 'number',
  Scalar: 'number',
  bool: 'boolean',
  ScalarType: 'DType',
  Device: 'Device',
  Generator: 'Generator',
  str: 'string',
};

const camel = (name: string) =>
  name.replace(/^_+/, '').replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());

function typeOf(parameter: Parameter): string {
  const type = types[parameter.type];
  if (type === undefined) throw new Error(`no TypeScript type for "${parameter.type}"`);
  return type;
}

const isOptional = (parameter: Parameter) => parameter.fallback !== undefined;
const isMethod = (op: Schema) => op.parameters[0]?.name === 'self' && op.parameters[0].type === 'Tensor';
const positional = (op: Operator) =>
  op.visible.filter((p) => !isOptional(p) && !(isMethod(op) && p === op.parameters[0]));
const optional = (op: Operator) => op.visible.filter(isOptional);

function operatorsOf(table: readonly OperatorEntry[]): Operator[] {
  return table.map((entry, index) => {
    const schema = parseSchema(entry.schema);
    const visible = schema.parameters.filter((p) => !hidden.has(p.type) && p.name !== 'pin_memory');
    return { ...schema, index, fast: entry.fast, since: entry.since, visible };
  });
}

/** `sum()` beside `sum(dim, options)`: the short overload takes no options, so that presence tells them apart. */
function settle(group: Operator[]): Operator[] {
  const longest = Math.max(...group.map((op) => positional(op).length));
  return group.map((op) =>
    group.length > 1 && positional(op).length < longest
      ? { ...op, visible: op.visible.filter((p) => !isOptional(p)) }
      : op,
  );
}

function groupByName(operators: Operator[]): Map<string, Operator[]> {
  const groups = new Map<string, Operator[]>();
  for (const op of operators) groups.set(camel(op.name), [...(groups.get(camel(op.name)) ?? []), op]);
  return new Map([...groups].map(([name, group]) => [name, settle(group)]));
}

function resultType(op: Operator): string {
  if (op.inPlace) return isMethod(op) ? 'this' : 'void';
  const names: Record<string, string> = {
    Tensor: 'Tensor',
    'Tensor[]': 'Tensor[]',
    bool: 'boolean',
    int: 'number',
    float: 'number',
    Scalar: 'number',
  };
  const result = op.returns.map((type) => names[type] ?? 'unknown');
  return result.length === 1 ? (result[0] as string) : `[${result.join(', ')}]`;
}

function signature(op: Operator): string {
  const list = positional(op).map((p) => `${camel(p.name)}: ${typeOf(p)}${p.nullable ? ' | null' : ''}`);
  const options = optional(op).map((p) => `${camel(p.name)}?: ${typeOf(p)} | undefined`);
  if (options.length > 0) list.push(`options?: { ${options.join('; ')} }`);
  return `(${list.join(', ')}): ${resultType(op)}`;
}

/** For overloads that differ in one tensor-or-number place only: a signature that takes either. */
function unionSignature(group: Operator[]): string | undefined {
  const [first, second] = group.map(signature);
  if (first === undefined || second === undefined) return undefined;
  const [a, b] = [
    first.replace(': number', ': Tensor | number'),
    second.replace(': Tensor', ': Tensor | number'),
  ];
  const [c, d] = [
    first.replace(': Tensor', ': Tensor | number'),
    second.replace(': number', ': Tensor | number'),
  ];
  return a === b ? a : c === d ? c : undefined;
}

function argument(parameter: Parameter, source: string): string {
  const safe = isOptional(parameter) ? '?.' : '.';
  switch (parameter.type) {
    case 'Tensor':
      return parameter.nullable && !isOptional(parameter) ? `${source}?.handle` : `${source}${safe}handle`;
    case 'Generator':
      return `${source}?.handle`;
    case 'Tensor[]':
    case 'Tensor?[]':
      return `handlesOf(${source})`;
    case 'ScalarType':
      return `dtypeCode(${source})`;
    default:
      return source;
  }
}

function callArguments(op: Operator): string[] {
  const names = positional(op);
  const list = op.parameters.map((p) => {
    if (isMethod(op) && p === op.parameters[0]) return 'this.handle';
    if (!op.visible.includes(p)) return 'undefined';
    return argument(p, isOptional(p) ? `options?.${camel(p.name)}` : `a${names.indexOf(p)}`);
  });
  while (list.at(-1) === 'undefined') list.pop();
  return list;
}

function body(op: Operator): string {
  if (op.fast !== undefined) {
    const list = callArguments(op).map((value, i) => {
      const fallback = op.parameters[i]?.fallback;
      return fallback === undefined || fallback === 'None' ? value : `${value} ?? ${fallback}`;
    });
    return `return wrap(native.${op.fast}(${list.join(', ')}));`;
  }
  const call = `native.call(${[op.index, ...callArguments(op)].join(', ')})`;
  if (op.inPlace) return `${call};\n    return${isMethod(op) ? ' this' : ''};`;
  if (op.returns.length > 1)
    return `return wrapAll(${call}) as [${op.returns.map(() => 'Tensor').join(', ')}];`;
  if (op.returns[0] === 'Tensor') return `return wrap(${call});`;
  if (op.returns[0] === 'Tensor[]') return `return wrapAll(${call});`;
  return `return ${call};`;
}

/** The test that tells the first overload from the second: by presence, or number against tensor. */
function condition(first: Operator, second: Operator): string {
  const [a, b] = [positional(first), positional(second)];
  if (a.length !== b.length)
    return a.length < b.length ? `a${a.length} === undefined` : `a${b.length} !== undefined`;
  const i = a.findIndex((p, k) => typeOf(p) !== typeOf(b[k] as Parameter));
  if (i < 0) throw new Error(`cannot tell the overloads of ${first.name} apart`);
  return `typeof a${i} ${typeOf(a[i] as Parameter) === 'number' ? '===' : '!=='} 'number'`;
}

function implementation(group: Operator[]): string {
  const [first, second] = group as [Operator, Operator | undefined];
  if (group.length > 2) throw new Error(`more than two overloads of ${first.name}`);
  if (second === undefined) return `    ${body(first)}`;
  return `    if (${condition(first, second)}) {\n      ${body(first).replace('\n', '\n  ')}\n    }\n    ${body(second)}`;
}

function describe(op: Operator): string {
  return `/** \`${fullName(op)}\`${op.since === undefined ? '' : ` (libtorch ${op.since} or newer)`} */`;
}

function emit(name: string, group: Operator[]): string {
  const method = isMethod(group[0] as Operator);
  const head = method ? '  ' : 'export function ';
  const count = Math.max(...group.map((op) => positional(op).length));
  const hasOptions = group.some((op) => optional(op).length > 0);
  const lines = group.map((op) => `  ${describe(op)}\n${head}${name}${signature(op)};`);
  const either = unionSignature(group);
  if (either !== undefined) lines.push(`${head}${name}${either};`);
  const parameters = [...Array(count).keys()].map((i) => `a${i}?: any`);
  if (hasOptions) parameters.push('options?: any');
  lines.push(`${head}${name}(${parameters.join(', ')}): any {\n${implementation(group)}\n  }`);
  return lines.join('\n');
}

export function generateOperators(table: readonly OperatorEntry[]): string {
  const groups = [...groupByName(operatorsOf(table))];
  const methods = groups.filter(([, group]) => isMethod(group[0] as Operator));
  const functions = groups.filter(([, group]) => !isMethod(group[0] as Operator));
  return `// Generated from src/ops.ts by "npm run gen". Do not edit.
import { type Device, type DType, dtypeCode } from '../dtype.js';
import type { Generator } from '../generator.js';
import { native } from '../native.js';
import type { Tensor } from '../tensor.js';
import { handlesOf, wrap, wrapAll } from '../wrap.js';

/** Operators as methods; \`Tensor\` extends this. */
export abstract class TensorOps {
  /** @internal Slot of the native tensor; 0 once freed. */
  abstract handle: number;

${methods.map(([name, group]) => emit(name, group)).join('\n\n')}
}

${functions.map(([name, group]) => emit(name, group)).join('\n\n')}
`;
}

export function generateDocs(table: readonly OperatorEntry[]): string {
  const rows = operatorsOf(table).map((op) => {
    const name = isMethod(op) ? `tensor.${camel(op.name)}` : camel(op.name);
    const notes = [
      op.fast === undefined ? '' : 'typed path',
      op.since === undefined ? '' : `from ${op.since}`,
    ].filter((note) => note !== '');
    return `| \`${name}${signature(op).replaceAll('|', '\\|')}\` | \`${fullName(op)}\` | ${notes.join(', ')} |`;
  });
  return `# Operators

Generated from \`packages/torch/src/ops.ts\` by \`npm run gen\`. Names are ATen's in camelCase; a trailing \`_\`
changes the tensor in place. Optional arguments form one options object. Whole numbers count as integers, so
that integer tensors stay integers; \`full\` of a whole number therefore wants a \`dtype\`.

| TypeScript | ATen | notes |
| --- | --- | --- |
${rows.join('\n')}
`;
}
