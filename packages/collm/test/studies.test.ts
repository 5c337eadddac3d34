/** The studies in studies/: their files are right, and the records beside them are theirs. Nothing is run. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { openEnvironment } from '../src/config/to-options.js';
import { changedTrials } from '../src/study/analysis/changed-trials.js';
import { type CheckedTrial, checkTrials } from '../src/study/check-trials.js';
import { seedsOf } from '../src/study/grid.js';
import { readRecords } from '../src/study/records.js';
import { type OpenedStudy, readStudy } from '../src/study/study-file.js';
import { studyPaths } from '../src/study/study-folder.js';
import { modelsIn, trialsOf } from '../src/study/trials.js';
import type { StudyRecords } from '../src/study/types.js';
import { unequalTerms } from '../src/study/unequal-terms.js';

const root = fileURLToPath(new URL('../../../studies', import.meta.url));
const folders = existsSync(root)
  ? readdirSync(root, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  : [];
const all = folders.filter((name) => existsSync(join(root, name, 'study.yaml')));
const recorded = all.filter((name) => existsSync(join(root, name, 'records.jsonl.gz')));

/** Fewest seeds of the studies that are reported: 5 show a difference, of quick ones 3 are enough. */
const leastSeeds: Readonly<Record<string, number>> = { paper: 5, why: 5, passes: 5, fixes: 5, quick: 3 };

/** Models are those of a fresh clone: none is made yet. */
function open(name: string): OpenedStudy & { readonly trials: CheckedTrial[] } {
  const opened = readStudy(join(root, name, 'study.yaml'));
  const nowhere = studyPaths(join(root, name, 'not-made'));
  return { ...opened, trials: checkTrials(opened, trialsOf(opened.study), nowhere) };
}

/** Trials that tell apart what a key makes of them, one of each kind. */
function oneOfEach(trials: readonly CheckedTrial[], key: (trial: CheckedTrial) => unknown): CheckedTrial[] {
  return [...new Map(trials.map((trial) => [JSON.stringify(key(trial)), trial])).values()];
}

describe('studies', () => {
  it('have a file each', () => {
    expect(folders).toEqual(all);
  });
});

describe.skipIf(all.length === 0).each(all)('the study %s', (name) => {
  let opened: ReturnType<typeof open>;
  beforeAll(() => {
    opened = open(name);
  });

  it('has trials whose configurations are all right, and enough seeds', () => {
    const { study, trials } = opened;
    expect(study.name).toBe(name);
    expect(trials.length).toBeGreaterThan(0);
    for (const task of study.tasks) {
      expect(seedsOf(study, task).length, task.name).toBeGreaterThanOrEqual(leastSeeds[name] ?? 1);
    }
  });

  it('makes no model that no trial uses', () => {
    const { study, trials } = opened;
    const used = new Set(trials.flatMap(({ config }) => modelsIn(config)));
    expect([...study.models.keys()].filter((model) => !used.has(model))).toEqual([]);
  });

  it('compares on equal terms, but for how long a response of one agent may be that does the work of two', () => {
    const terms = unequalTerms(opened.trials);
    expect(terms.filter((text) => !/: train\.max_new_tokens is/.test(text))).toEqual([]);
  });

  const isReported = Object.hasOwn(leastSeeds, name);
  it.skipIf(!isReported)(
    'evaluates on all items that are held out: every seed plays the same',
    async () => {
      const kinds = oneOfEach(opened.trials, ({ checked }) => [checked.env, checked.train.eval_num_samples]);
      for (const { id, checked } of kinds) {
        const environment = await openEnvironment(checked, { stderr: { write: () => true } });
        const evaluated = new Set(environment.evalItems.map((item) => item.id));
        const both = environment.trainItems.filter((item) => evaluated.has(item.id));
        await environment.dispose?.();
        expect(both, id).toEqual([]);
        expect(checked.train.eval_num_samples, `${id}: items`).toBeGreaterThanOrEqual(evaluated.size);
      }
    },
    60_000,
  );
});

describe.skipIf(recorded.length === 0).each(recorded)('the records of the study %s', (name) => {
  let opened: ReturnType<typeof open>;
  let records: StudyRecords;
  beforeAll(() => {
    opened = open(name);
    records = readRecords(join(root, name, 'records.jsonl.gz'));
  });

  it('are of every trial of the grid, of nothing else, and none has failed', () => {
    const { study, trials } = opened;
    expect(records.header.name).toBe(study.name);
    expect(records.trials.map(({ trial }) => trial)).toEqual(trials.map(({ id }) => id));
    expect(records.trials.flatMap(({ trial, failure }) => (failure === null ? [] : trial))).toEqual([]);
  });

  it('were made by the file as it is', () => {
    expect(records.trials.filter(({ fingerprint }) => fingerprint === undefined)).toEqual([]);
    expect(changedTrials(opened.study, records)).toEqual([]);
  });

  it('have the metric that is compared, up to the budget', () => {
    const planned = new Map(opened.trials.map((trial) => [trial.id, trial]));
    for (const { trial, points } of records.trials) {
      const { task } = planned.get(trial)?.cell ?? {};
      const measured = points.filter(({ metrics }) => metrics[task?.metric ?? ''] !== undefined);
      expect(measured.length, trial).toBeGreaterThan(0);
      const end = planned.get(trial)?.protocol === null ? task?.envSteps : 0;
      expect(measured.at(-1)?.envSteps, trial).toBeGreaterThanOrEqual(end ?? Number.NaN);
    }
  });
});
