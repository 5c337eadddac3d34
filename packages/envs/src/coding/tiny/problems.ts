/**
 * The tiny problems: two steps, one after the other, that two programmers can share in three ways. A helper and a main
 * function that were not agreed on pass no test at all, so what can be learned from is rare.
 */
import type { DataSource } from '../../dataset/source.js';
import { pick, type Random, seededRandom } from '../../seeded-random.js';
import { type CodingItem, readCodingItem } from '../item.js';
import { type Step, type StepFamily, stepFamilies, type Value } from './steps.js';

/** `f(x)` is the second step of the first step of x. */
export interface TinyProblem {
  readonly steps: readonly [Step, Step];
  /** In the fields of the data sets. */
  readonly record: Readonly<{ task_id: string; prompt: string; test: string; entry_point: 'f' }>;
}

/** Problems to evaluate on and to train on, as many as the task's builtin data set has in its default slices. */
const EVALUATION = 15;
const TRAINING = 24;
const TESTS = 3;

let all: readonly TinyProblem[] | undefined;

/**
 * All tiny problems, in a fixed order that mixes the families: about a hundred. The data set `tiny` has the first 39; the
 * others are for teaching models to read such problems.
 */
export function tinyProblems(): readonly TinyProblem[] {
  all ??= makeProblems();
  return all;
}

/** 39 problems: 15 to evaluate on, 24 to train on. */
export function tinySource(): DataSource {
  const records = tinyProblems()
    .slice(0, EVALUATION + TRAINING)
    .map(({ record }, index) => ({ value: record, where: `tiny test:${index + 1}` }));
  return { name: 'tiny', splits: new Map([['test', records]]) };
}

/** The problem as the task has it, also where it is none of the data set's. */
export function tinyItem({ record }: TinyProblem): CodingItem {
  return readCodingItem({ value: record, where: record.task_id });
}

/** The problem of an item; undefined for items of other data. */
export function tinyProblemOf({ id }: CodingItem): TinyProblem | undefined {
  const index = /^tiny\/(\d+)$/.exec(id)?.[1];
  return index === undefined ? undefined : tinyProblems()[Number(index)];
}

function makeProblems(): TinyProblem[] {
  const random = seededRandom(42);
  const families = stepFamilies.map((family) => shuffled(pairsOf(family), random));
  const longest = Math.max(...families.map((pairs) => pairs.length));
  const mixed = Array.from({ length: longest }, (_, row) => families.flatMap((pairs) => pairs[row] ?? []));
  return mixed.flat().map(({ steps, inputs }, index) => ({ steps, record: recordOf(index, steps, inputs) }));
}

interface Pair {
  readonly steps: readonly [Step, Step];
  readonly inputs: readonly Value[];
}

/** The pairs of steps for which enough inputs tell every wrong way of sharing from the right ones. */
function pairsOf({ steps, inputs }: StepFamily): Pair[] {
  return steps
    .flatMap((first) => steps.map((second): Pair => ({ steps: [first, second], inputs })))
    .filter(({ steps: [first, second] }) => kindOf(first) !== kindOf(second))
    .map((pair) => ({ ...pair, inputs: inputs.filter((input) => tells(pair.steps, input)).slice(0, TESTS) }))
    .filter((pair) => pair.inputs.length === TESTS);
}

/** `add` of `add 3`: two steps of a kind would make dull problems, and many. */
function kindOf({ phrase }: Step): string {
  return phrase.split(' ')[0] as string;
}

function sentence([first, second]: readonly [Step, Step]): string {
  return `Write a function to ${first.phrase}, then ${second.phrase}.`;
}

/**
 * Whether an input shows each of the ways to share that do not add up: a helper that does the first step, the second or
 * both, with a main function that does one of them before or after the helper's, or nothing.
 */
function tells([first, second]: readonly [Step, Step], input: Value): boolean {
  const wanted = text(second.apply(first.apply(input)));
  const both: Step = { ...first, apply: (value) => second.apply(first.apply(value)) };
  const nothing: Step = { ...first, apply: (value) => value };
  const wrong: readonly (readonly Step[])[] = [
    [first],
    [second],
    [first, first],
    [second, first],
    [second, second],
    [both, first],
    [both, second],
    [first, both],
    [second, both],
    [nothing],
  ];
  return wrong.every((steps) => text(steps.reduce((value, step) => step.apply(value), input)) !== wanted);
}

function recordOf(index: number, steps: readonly [Step, Step], inputs: readonly Value[]) {
  const [first, second] = steps;
  const asserts = inputs.map(
    (input) => `    assert candidate(${text(input)}) == ${text(second.apply(first.apply(input)))}\n`,
  );
  return {
    task_id: `tiny/${index}`,
    prompt: `def f(x):\n """${sentence(steps)}"""\n`,
    test: `def check(candidate):\n${asserts.join('')}`,
    entry_point: 'f',
  } as const;
}

/** A value as Python writes it. */
function text(value: Value): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  const left = [...values];
  return values.map(() => left.splice(Math.floor(random() * left.length), 1)[0] as T);
}

/** How the work on a problem may be shared: what the helper does, and what main does before or after it. */
export interface Share {
  readonly helper: 'first' | 'second' | 'both';
  readonly main: 'first' | 'second' | 'nothing';
  /** Whether main's own step comes before the helper's; does not matter for `nothing`. */
  readonly before: boolean;
  /** Main as a single `return`: for the reward a mere wrapper. */
  readonly wrapper: boolean;
}

/** The helper and the main function that a share stands for, in as few characters as Python takes. */
export function shareCode(
  { steps: [first, second] }: TinyProblem,
  share: Share,
): [aux: string, main: string] {
  const work = { first, second };
  const helper =
    share.helper === 'both' ? bothCode(first, second) : ` return ${work[share.helper].code('x')}`;
  return [`def aux(x):\n${helper}`, `def f(x):\n${mainBody(work, share)}`];
}

/** What a single model may write: one of the steps, or both in one of the orders. */
export type WholeShare = 'first' | 'second' | 'both' | 'swapped';

/** The whole function, for a single model; only `both` is right. */
export function wholeCode({ steps: [first, second] }: TinyProblem, share: WholeShare): string {
  if (share === 'both') return `def f(x):\n${bothCode(first, second)}`;
  if (share === 'swapped') return `def f(x):\n${bothCode(second, first)}`;
  return `def f(x):\n return ${(share === 'first' ? first : second).code('x')}`;
}

/** What a single model writes that has not learned what is asked for: one of the four, equally likely. */
export function drawWholeShare(random: Random): WholeShare {
  return pick(['first', 'second', 'both', 'swapped'] as const, random);
}

function bothCode(first: Step, second: Step): string {
  return ` y = ${first.code('x')}\n return ${second.code('y')}`;
}

function mainBody(
  work: Readonly<Record<'first' | 'second', Step>>,
  { main, before, wrapper }: Share,
): string {
  if (main === 'nothing') return wrapper ? ' return aux(x)' : ' y = aux(x)\n return y';
  const own = work[main];
  if (before) return wrapper ? ` return aux(${own.code('x')})` : ` y = ${own.code('x')}\n return aux(y)`;
  return wrapper ? ` return ${own.code('aux(x)')}` : ` y = aux(x)\n return ${own.code('y')}`;
}

/**
 * A share drawn by two programmers who have not talked: each of its parts on its own. One in six adds up. Main always does
 * a step: a bare `return aux(x)` is the same in all problems, and teams would soon write nothing else.
 */
export function drawShare(random: Random): Share {
  return {
    helper: pick(['first', 'second', 'both'] as const, random),
    main: pick(['first', 'second'] as const, random),
    before: random() < 0.5,
    wrapper: random() < 0.5,
  };
}
