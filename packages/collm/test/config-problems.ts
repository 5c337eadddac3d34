/** For tests of the configuration: small ones, and what is wrong with them. */
import { expect, it } from 'vitest';
import { checkConfig } from '../src/config/check.js';
import { merge } from '../src/config/load.js';
import { ConfigError } from '../src/errors.js';

export type Dict = Record<string, unknown>;

export const base: Dict = {
  env: { type: 'str_build' },
  agent_model: { path: '/models/tiny' },
  algorithm: { name: 'collm_cc' },
};

/** The base configuration with another algorithm; single-agent ones with one agent. */
export function withAlgorithm(name: string): Dict {
  const single = name === 'grpo' || name === 'ac';
  return { ...base, algorithm: { name }, env: { type: 'str_build', ...(single ? { num_agents: 1 } : {}) } };
}

export const magrpo = withAlgorithm('magrpo');

/** Messages of all problems of a configuration with some changes. */
export function problems(changes: Dict, from: Dict = base): string[] {
  try {
    checkConfig(merge(from, changes));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

/** `a.b` and a value as a layer of configuration. */
export function set(path: string, value: unknown): Dict {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Dict;
}

/** Several of them. */
export function setAll(values: Dict): Dict {
  return Object.entries(values).reduce<Dict>((layer, [path, value]) => merge(layer, set(path, value)), {});
}

/** A rule: what it is about, keys that break it, its message, and for which algorithm (default collm_cc). */
export type RuleCase = readonly [about: string, broken: Dict, message: RegExp, algorithm?: string];

/** Every case breaks one rule and no other. */
export function itRefuses(cases: readonly RuleCase[]): void {
  it.each(cases.map(([about, ...rest]) => [about, rest] as const))(
    'refuses %s',
    (_, [broken, message, algorithm = 'collm_cc']) => {
      const found = problems(setAll(broken), withAlgorithm(algorithm));
      expect(found, found.join('\n')).toHaveLength(1);
      expect(found[0]).toMatch(message);
    },
  );
}

/** Every case is fine. */
export function itAllows(
  cases: readonly (readonly [about: string, allowed: Dict, algorithm?: string])[],
): void {
  it.each(cases.map(([about, ...rest]) => [about, rest] as const))(
    'allows %s',
    (_, [allowed, algorithm = 'collm_cc']) => {
      expect(problems(setAll(allowed), withAlgorithm(algorithm))).toEqual([]);
    },
  );
}
