/** Configurations that hold anything at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { altered, anyValue } from '../../envs/test/altered.js';
import { checkConfig } from '../src/config/check.js';
import { ConfigError } from '../src/errors.js';
import { withAlgorithm } from './config-problems.js';

const isDict = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

describe.each(['collm_cc', 'collm_dc', 'ac', 'magrpo', 'grpo'])('a configuration of %s', (name) => {
  it('is checked, or every problem is told in words', () => {
    const whole: unknown = JSON.parse(JSON.stringify(checkConfig(withAlgorithm(name))));
    const configs = fc.oneof(
      { weight: 9, arbitrary: altered(whole) },
      fc.record({ env: anyValue, algorithm: anyValue, agent_model: anyValue, train: anyValue }),
      fc.dictionary(fc.string(), anyValue),
    );
    fc.assert(
      fc.property(configs.filter(isDict), (config) => {
        try {
          checkConfig(config as Record<string, unknown>);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          const { problems } = error as ConfigError;
          expect(problems.length).toBeGreaterThan(0);
          for (const { message } of problems) expect(message).toMatch(/^\P{Cc}{10,3000}$/u);
        }
      }),
      { numRuns: 500 },
    );
  });
});
