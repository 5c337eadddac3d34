/** What the tiny problems are made of: single operations on a number or a text. */

export type Value = number | string;

/** One operation. */
export interface Step {
  /** As a problem's sentence names it: `add 3`. */
  readonly phrase: string;
  /** The expression in Python, of a variable or another expression's name: `x + 3`. */
  code(variable: string): string;
  apply(value: Value): Value;
}

/** Steps that take and give values of the same kind, with what they are tried on. */
export interface StepFamily {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly inputs: readonly Value[];
}

const digits = [2, 3, 4, 5];
const letters = [...'abcd'];

/** Multiplying has a word for each number, so that no problem has more than one constant to copy. */
const numbers: readonly Step[] = [
  { phrase: 'double', code: (x) => `${x} * 2`, apply: (x) => (x as number) * 2 },
  { phrase: 'triple', code: (x) => `${x} * 3`, apply: (x) => (x as number) * 3 },
  { phrase: 'negate', code: (x) => `-${x}`, apply: (x) => -(x as number) },
  ...digits.flatMap((c): Step[] => [
    { phrase: `add ${c}`, code: (x) => `${x} + ${c}`, apply: (x) => (x as number) + c },
    { phrase: `subtract ${c}`, code: (x) => `${x} - ${c}`, apply: (x) => (x as number) - c },
  ]),
];

const texts: readonly Step[] = [
  { phrase: 'reverse', code: (x) => `${x}[::-1]`, apply: (x) => [...(x as string)].reverse().join('') },
  { phrase: 'drop the first', code: (x) => `${x}[1:]`, apply: (x) => (x as string).slice(1) },
  { phrase: 'drop the last', code: (x) => `${x}[:-1]`, apply: (x) => (x as string).slice(0, -1) },
  { phrase: 'repeat', code: (x) => `${x} * 2`, apply: (x) => (x as string).repeat(2) },
  ...letters.flatMap((c): Step[] => [
    { phrase: `append ${c}`, code: (x) => `${x} + '${c}'`, apply: (x) => `${x}${c}` },
    { phrase: `prepend ${c}`, code: (x) => `'${c}' + ${x}`, apply: (x) => `${c}${x}` },
  ]),
];

export const stepFamilies: readonly StepFamily[] = [
  { name: 'number', steps: numbers, inputs: [1, 4, 10, 7, 25, 0, -3, 13] },
  {
    name: 'text',
    steps: texts,
    inputs: ['xyz', 'tree', 'no', 'mill', 'opens', 'rust', 'stop', 'quip'],
  },
];
