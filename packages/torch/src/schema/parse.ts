/** Reads ATen schema strings: `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False) -> Tensor`. */

export interface Parameter {
  name: string;
  /** Type without alias annotation and list length, e.g. `Tensor`, `int[]`, `ScalarType`. */
  type: string;
  /** `?` in the schema: None is allowed. */
  nullable: boolean;
  /** Default as written in the schema, when it has one. */
  fallback: string | undefined;
}

export interface Schema {
  /** Base name without namespace, e.g. `sum`. */
  name: string;
  /** Overload name, or ''. */
  overload: string;
  parameters: Parameter[];
  /** Types of the results, e.g. `['Tensor', 'Tensor']`; empty for `()`. */
  returns: string[];
  /** True when the first result is the changed first argument. */
  inPlace: boolean;
}

const clean = (type: string) => type.replace(/\([^)]*\)/g, '').replace(/\[\d+\]/g, '[]');

function splitTop(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const c = text[i];
    if (c === '(' || c === '[') depth++;
    else if (c === ')' || c === ']') depth--;
    else if (i === text.length || (c === ',' && depth === 0)) {
      const part = text.slice(start, i).trim();
      if (part !== '') parts.push(part);
      start = i + 1;
    }
  }
  return parts;
}

function parseParameter(text: string): Parameter {
  const match = /^(.*?) (\w+)(?:=(.*))?$/.exec(text);
  if (match === null) throw new Error(`cannot read the parameter "${text}"`);
  const raw = clean(match[1] as string);
  const nullable = raw.endsWith('?');
  return { name: match[2] as string, type: nullable ? raw.slice(0, -1) : raw, nullable, fallback: match[3] };
}

/** @throws Error when the text is no schema. */
export function parseSchema(text: string): Schema {
  const match = /^aten::(\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(text);
  if (match === null) throw new Error(`"${text}" is no ATen schema`);
  const [, name, overload, parameters, results] = match as unknown as [
    string,
    string,
    string | undefined,
    string,
    string,
  ];
  const list = /^\((.*)\)$/.exec(results);
  const returns = splitTop(list === null ? results : (list[1] as string));
  return {
    name,
    overload: overload ?? '',
    parameters: splitTop(parameters)
      .filter((part) => part !== '*')
      .map(parseParameter),
    returns: returns.map((type) => clean(type.split(' ')[0] as string)),
    inPlace: /^Tensor\(a!\)/.test(returns[0] ?? '') || (returns.length === 0 && name.endsWith('_')),
  };
}

/** `sum.dim_IntList` as the dispatcher names it. */
export const fullName = (schema: Schema): string =>
  schema.overload === '' ? `aten::${schema.name}` : `aten::${schema.name}.${schema.overload}`;

/**
 * True when a call written for `ours` works with the registered schema: the same parameters in the
 * same order, and whatever only one of the two has is optional.
 */
export function isCompatible(ours: Schema, registered: Schema): boolean {
  const type = (parameter: Parameter) => parameter.type.replace('SymInt', 'int');
  if (ours.returns.join() !== registered.returns.join()) return false;
  const more = ours.parameters.slice(registered.parameters.length);
  if (more.some((parameter) => parameter.fallback === undefined)) return false;
  return registered.parameters.every((parameter, i) => {
    const mine = ours.parameters[i];
    if (mine === undefined) return parameter.fallback !== undefined;
    return (
      mine.name === parameter.name && type(mine) === type(parameter) && mine.nullable === parameter.nullable
    );
  });
}
