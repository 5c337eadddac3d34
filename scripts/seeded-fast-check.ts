/**
 * fast-check as the tests import it: the same cases in every run, so that no change fails for a case that it has nothing
 * to do with. `npm run fuzz` looks for new ones.
 */
import fc from '../node_modules/fast-check/lib/fast-check.js';

const { FUZZ_SEED: seed, FUZZ_TIMES: times } = process.env;

function assert(property: fc.IRawProperty<unknown>, parameters: fc.Parameters<unknown> = {}): unknown {
  const { numRuns = 100 } = parameters;
  const fresh = { seed: Number(seed), numRuns: numRuns * Number(times) };
  return fc.assert(property, seed === undefined ? { seed: 1, ...parameters } : { ...parameters, ...fresh });
}

export default { ...fc, assert: assert as typeof fc.assert };
