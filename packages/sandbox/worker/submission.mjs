/** Puts one submission through an interpreter and reports every outcome as soon as it is known. */

/**
 * @typedef {import('./interpreter.mjs').PythonError} PythonError
 * @typedef {{ status: 'passed' } | { status: 'failed', error: PythonError } | { status: 'timeout' }} Reported
 */

/**
 * The part of a submission that is still to do: a worker that was killed hands the rest to another one.
 *
 * @typedef {object} Task
 * @property {{ source: string, input: unknown } | null} analysis null: none, or done
 * @property {string | null} program
 * @property {readonly string[]} imports
 * @property {readonly { steps: readonly { mode: 'eval' | 'exec', source: string }[] }[]} tests
 * @property {number} firstTest index of the first test to run
 * @property {number} timeouts before this task
 * @property {number} maxTimeouts
 * @property {number} loadTimeoutMs
 * @property {number} testTimeoutMs
 */

/**
 * `load` is reported again when a program is loaded for tests that are left; the host keeps the first.
 *
 * @typedef {{ kind: 'analysis', value?: unknown, error?: PythonError }
 *   | { kind: 'load', outcome: Reported, output: string }
 *   | { kind: 'test', index: number, outcome: Reported, output: string }} Report
 */

const MAX_ANALYSIS = 4 * 1024 * 1024;

/**
 * @param {import('./interpreter.mjs').Interpreter} interpreter in its initial state; it is left in any state
 * @param {Task} task
 * @param {(ms: number) => number} startLimit sets the time limit of what runs next, gives the deadline
 * @param {(report: Report) => void} report
 */
export function runTask(interpreter, task, startLimit, report) {
  interpreter.clearOutput();
  if (task.analysis !== null) {
    report({ kind: 'analysis', ...analyse(interpreter, task.analysis, startLimit(task.loadTimeoutMs)) });
    interpreter.restore();
  }
  if (task.program === null) return;
  let { timeouts } = task;
  let names = null;
  for (let index = task.firstTest; index < Math.max(task.tests.length, 1); index++) {
    if (names === null) {
      const loaded = load(interpreter, task, startLimit(task.loadTimeoutMs));
      report({ kind: 'load', outcome: withoutGone(loaded.ending), output: interpreter.takeOutput() });
      if (loaded.ending.status !== 'passed') return;
      names = loaded.names;
    }
    const test = task.tests[index];
    if (test === undefined) return;
    const ending = runTest(interpreter, test.steps, names, startLimit(task.testTimeoutMs));
    report({ kind: 'test', index, outcome: withoutGone(ending), output: interpreter.takeOutput() });
    if (ending.status === 'timeout' && ++timeouts >= task.maxTimeouts) return;
    if (ending.status !== 'passed' && ending.gone) {
      interpreter.restore();
      names = null;
    }
  }
}

/** @param {import('./interpreter.mjs').Ending} ending @returns {Reported} */
function withoutGone(ending) {
  return ending.status === 'failed' ? { status: 'failed', error: ending.error } : { status: ending.status };
}

/**
 * @param {import('./interpreter.mjs').Interpreter} interpreter
 * @param {{ source: string, input: unknown }} analysis
 * @param {number} deadline
 * @returns {{ value: unknown } | { error: PythonError }}
 */
function analyse(interpreter, analysis, deadline) {
  const { names } = interpreter.namespace([]);
  interpreter.setText(names, 'INPUT', JSON.stringify(analysis.input ?? null));
  const steps = [
    'import json\nINPUT = json.loads(INPUT)',
    analysis.source,
    'import json\nRESULT = json.dumps(RESULT, allow_nan=False)',
  ];
  for (const source of steps) {
    const ending = interpreter.run('exec', source, names, deadline);
    if (ending.status === 'timeout') return { error: { type: 'TimeoutError', message: 'out of time' } };
    if (ending.status === 'failed') return { error: ending.error };
  }
  const text = interpreter.getText(names, 'RESULT', MAX_ANALYSIS + 1);
  if (text === undefined || text.length > MAX_ANALYSIS) {
    return {
      error: { type: 'OverflowError', message: `RESULT is longer than ${MAX_ANALYSIS} bytes as JSON` },
    };
  }
  return { value: JSON.parse(text) };
}

/** @param {import('./interpreter.mjs').Interpreter} interpreter @param {Task} task @param {number} deadline */
function load(interpreter, task, deadline) {
  const { names, error } = interpreter.namespace(task.imports);
  /** @type {import('./interpreter.mjs').Ending} */
  const ending =
    error === undefined
      ? interpreter.run('exec', task.program ?? '', names, deadline)
      : { status: 'failed', error, gone: false };
  return { names, ending };
}

/**
 * @param {import('./interpreter.mjs').Interpreter} interpreter
 * @param {Task['tests'][number]['steps']} steps
 * @param {number} names
 * @param {number} deadline
 * @returns {import('./interpreter.mjs').Ending}
 */
function runTest(interpreter, steps, names, deadline) {
  for (const { mode, source } of steps) {
    const ending = interpreter.run(mode, source, names, deadline);
    if (ending.status !== 'passed') return ending;
  }
  return { status: 'passed' };
}
