/** Values of command-line options: each parser returns the value or says what the option takes. */
import type { Device, DType } from '@collm/torch';
import { InvalidArgumentError } from 'commander';
import { dtypes } from './dtypes.js';

/** Gathers a repeatable option. */
export function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}

export function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

/** The number of an agent, from 0: `0`, or `agent-0` as folders and models are called. */
export function agentIndex(text: string): number {
  const number = /^(?:agent-)?(\d+)$/.exec(text)?.[1];
  if (number === undefined) throw new InvalidArgumentError('It must be 0 or more, as in agent-0.');
  return Number(number);
}

export function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('It must be a number, 0 or more.');
  }
  return value;
}

/** A number in [0, 1]. */
export function fraction(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError('It must be a number from 0 to 1.');
  }
  return value;
}

/** A number in (0, 1]. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return value;
}

/** Token ids, separated by commas or spaces. */
export function tokenIds(text: string): number[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const wrong = words.find((word) => !/^\d{1,10}$/.test(word));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `"${wrong}" is no token id. It must be whole numbers, 0 or more, separated by commas: 1,2,3.`,
    );
  }
  if (words.length === 0) throw new InvalidArgumentError('It must hold at least one token id: 1,2,3.');
  return words.map(Number);
}

export function device(text: string): Device {
  if (!/^(cpu|cuda(:\d+)?)$/.test(text))
    throw new InvalidArgumentError('It must be cpu, cuda or cuda:<index>.');
  return text as Device;
}

/** Number formats by the names that configurations use, and by libtorch's short ones. */
export function dtype(text: string): DType {
  const known = { ...dtypes, ...Object.fromEntries(Object.values(dtypes).map((name) => [name, name])) };
  const value = Object.hasOwn(known, text) ? known[text as keyof typeof known] : undefined;
  if (value === undefined)
    throw new InvalidArgumentError(`It must be one of ${Object.keys(known).join(', ')}.`);
  return value;
}
