/** A runner that runs nothing: every program parses, loads and passes, unless a test says otherwise. */
import type { PythonRunner, Submission, SubmissionResult } from '@collm/sandbox';

export class FakePython implements PythonRunner {
  readonly submissions: Submission[] = [];
  disposed = 0;

  constructor(readonly answer: (submission: Submission) => Partial<SubmissionResult> = () => ({})) {}

  async run(submission: Submission): Promise<SubmissionResult> {
    this.submissions.push(submission);
    return {
      ...(submission.analysis === undefined
        ? {}
        : { analysis: { syntax: null, misuse: [], standalone: false, eager: [] } }),
      load: { status: submission.program === null ? 'skipped' : 'passed' },
      tests: submission.tests.map(() => ({ status: 'passed' })),
      timeouts: 0,
      output: '',
      ...this.answer(submission),
    };
  }

  async dispose(): Promise<void> {
    this.disposed++;
  }
}
