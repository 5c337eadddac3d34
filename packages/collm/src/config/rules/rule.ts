/** What a rule across keys is: a function of a configuration whose single keys are valid. */
import type { Problem } from '../../errors.js';
import type { Config } from '../schema.js';

/** A problem and all the keys it depends on. */
export interface CrossFieldProblem extends Problem {
  readonly keys: readonly string[];
}

export type Rule = (config: Config) => CrossFieldProblem | null;

/** Names the first key; the message goes on from there. */
export function problem(keys: readonly [string, ...string[]], message: string): CrossFieldProblem {
  return { path: keys[0], keys, message: `\`${keys[0]}\` ${message}` };
}
