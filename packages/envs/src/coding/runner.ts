/** The sandbox that an environment starts for itself, once it has something to run. */
import type { PythonRunner, Submission, SubmissionResult } from '@collm/sandbox';

/** Starts on the first submission; after `dispose` another submission starts it anew. */
export class LazySandbox implements PythonRunner {
  #started: Promise<PythonRunner> | null = null;

  async run(submission: Submission): Promise<SubmissionResult> {
    this.#started ??= start();
    return (await this.#started).run(submission);
  }

  async dispose(): Promise<void> {
    const started = this.#started;
    this.#started = null;
    const sandbox = await started?.catch(() => null);
    await sandbox?.dispose();
  }
}

async function start(): Promise<PythonRunner> {
  const { PythonSandbox } = await import('@collm/sandbox');
  return new PythonSandbox();
}
