import { describe, expect, it } from 'vitest';
import type { Io } from '../../io.js';
import type { SessionResult } from '../../study/run-study.js';
import { studyPaths } from '../../study/study-folder.js';
import { type StudyArguments, tellEnd } from './tell-end.js';

const plain: StudyArguments = {
  ...{ file: 'a.yaml', out: null, jobs: null, only: [], results: null },
  ...{ dryRun: false, report: false },
};

/** The exit code and what is said of four trials. */
function told(result: SessionResult, given: Partial<StudyArguments> = {}): [code: number, err: string] {
  let err = '';
  const io = { cwd: '/home/her', stderr: { write: (text: string) => (err += text) } } as unknown as Io;
  return [tellEnd(result, 4, { ...plain, ...given }, studyPaths('/home/her/runs/study-a'), io), err];
}

describe('the end of a session', () => {
  it('is silent when all trials have ended', () => {
    expect(told({ done: 4, failed: [] })).toEqual([0, '']);
  });

  it('says how to go on with trials that were stopped, whoever stopped them', () => {
    const given = { out: 'x', jobs: 2, only: ['seed=1', 'task=b'], results: 'y' };
    expect(told({ done: 3, failed: [] }, given)).toEqual([
      130,
      'Stopped after 3 of 4 trials. Go on with the same command: collm study a.yaml --out x --jobs 2 --only seed=1 --only task=b --results y\n',
    ]);
  });

  it('says why trials failed', () => {
    const failed = [{ trial: { id: 'a-b-s1' }, failure: 'one\ntwo\n' }] as unknown as SessionResult['failed'];
    expect(told({ done: 4, failed })).toEqual([
      1,
      '1 trial failed:\n  a-b-s1: one\n    two\nTheir logs are under runs/study-a/trials. Once the cause is gone, try them again by the same command: collm study a.yaml\n',
    ]);
    expect(told({ done: 3, failed })[0]).toBe(130);
  });
});
