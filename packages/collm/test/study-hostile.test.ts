/** Study files that hold anything at all. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { altered, anyValue } from '../../envs/test/altered.js';
import { checkTrials } from '../src/study/check-trials.js';
import { parseStudy, StudyError } from '../src/study/study-file.js';
import { studyPaths } from '../src/study/study-folder.js';
import { trialsOf } from '../src/study/trials.js';

const dir = fileURLToPath(new URL('../../../studies/why/', import.meta.url));

it('are checked whole, or every problem is told in words', () => {
  const whole: unknown = parse(readFileSync(`${dir}study.yaml`, 'utf8'));
  const files = fc.oneof({ weight: 9, arbitrary: altered(whole) }, fc.dictionary(fc.string(), anyValue));
  fc.assert(
    fc.property(files, (file) => {
      try {
        const study = parseStudy(JSON.stringify(file) ?? '', 'why.yaml', 'why');
        // One seed of each is enough: no setting depends on it.
        const trials = trialsOf({ ...study, seeds: study.seeds.slice(0, 1) });
        checkTrials({ study, dir }, trials, studyPaths(`${dir}not-made`));
      } catch (error) {
        expect(error).toBeInstanceOf(StudyError);
        expect((error as Error).message).toMatch(/^[\P{Cc}\n]{10,100000}$/u);
      }
    }),
    { numRuns: 60 },
  );
});
