/** Random texts against a second implementation in Python, which scripts/record-coding.py recorded. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { clean, extract, importsOf } from '../src/coding/extraction.js';
import { parametersOf } from '../src/coding/item.js';
import { hasIgnoredCall, isDefined, isWrapper, usesAux } from '../src/coding/static-checks.js';
import { rewardTest, testLines } from '../src/coding/test-lines.js';

interface Case {
  readonly code: string;
  readonly test: string;
  /** What the checks look at. */
  readonly checked: string;
}

it('agrees with a second implementation on random texts', () => {
  const path = new URL('./generated/coding.json', import.meta.url);
  const cases = JSON.parse(readFileSync(path, 'utf8')) as Case[];
  expect(cases.length).toBeGreaterThan(100);
  const ours = cases.map(({ code, test, checked }) => ({
    code,
    test,
    clean: clean(code),
    aux: extract(code, 'aux'),
    main: extract(code, 'main'),
    imports: importsOf(code),
    checked,
    defined: isDefined(checked),
    usesAux: usesAux(checked),
    wrapper: isWrapper(checked),
    ignoredCall: hasIgnoredCall(checked),
    parameters: parametersOf(code),
    tests: testLines(test, 'main'),
    equalities: testLines(test, 'main').map((line) => {
      const [call, expected, whole] = rewardTest(line).steps;
      return whole === undefined ? null : [call?.source, expected?.source];
    }),
  }));
  expect(ours).toEqual(cases);
});
