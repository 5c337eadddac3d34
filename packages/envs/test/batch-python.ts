/** Runs all submissions that come at once in a single interpreter: for trusted programs only, and many of them. */
import type { PythonRunner, Submission, SubmissionResult } from '@collm/sandbox';

const RUN_ALL = `
import importlib


def attempt(action):
    try:
        action()
        return {'status': 'passed'}
    except Exception as error:
        return {'status': 'failed', 'error': {'type': type(error).__name__, 'message': str(error)}}


def run(submission):
    answer = {'timeouts': 0, 'output': ''}
    if submission.get('analysis'):
        names = {'INPUT': submission['analysis']['input']}
        exec(submission['analysis']['source'], names)
        answer['analysis'] = names['RESULT']
    names = {name: importlib.import_module(name) for name in submission.get('imports') or []}
    modes = {'eval': eval, 'exec': exec}
    answer['load'] = attempt(lambda: exec(submission['program'], names))
    answer['tests'] = [
        attempt(lambda: [modes[step['mode']](step['source'], names) for step in test['steps']])
        for test in submission['tests']
    ]
    return answer


RESULT = [run(submission) for submission in INPUT]
`;

export class BatchPython implements PythonRunner {
  #waiting: {
    submission: Submission;
    resolve: (result: SubmissionResult) => void;
    reject: (error: unknown) => void;
  }[] = [];

  constructor(readonly inner: PythonRunner) {}

  run(submission: Submission): Promise<SubmissionResult> {
    if (this.#waiting.length === 0) setImmediate(() => this.#runAll());
    return new Promise((resolve, reject) => {
      this.#waiting.push({ submission, resolve, reject });
    });
  }

  async dispose(): Promise<void> {}

  async #runAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const { analysis, analysisError } = await this.inner.run({
        analysis: { source: RUN_ALL, input: waiting.map(({ submission }) => submission) },
        program: null,
        tests: [],
        loadTimeoutMs: 30_000,
        testTimeoutMs: 1000,
        maxTimeouts: 1,
      });
      if (analysisError !== undefined) throw new Error(`${analysisError.type}: ${analysisError.message}`);
      for (const [index, { resolve }] of waiting.entries())
        resolve((analysis as SubmissionResult[])[index] as SubmissionResult);
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }
}
