/** What a turn's code looks like to the feedback (coding spec, 10), and its texts. */
import { pythonSplitLines, pythonTrim } from '../text/python-text.js';
import type { FeedbackMode } from './settings.js';

/** A function that was looked for. */
export type Definition = 'missing' | 'no_return' | 'defined';

/** Why a program does not parse, as Python says it. */
export interface SyntaxProblem {
  readonly type: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
}

/** A test that failed; class and message of the exception come from untrusted code. */
export interface TestFailure {
  readonly test: string;
  readonly type: string;
  readonly message: string;
}

export interface TestReport {
  readonly passed: number;
  /** 0 where the problem has no tests. */
  readonly total: number;
  readonly failures: readonly TestFailure[];
}

export interface Diagnosis {
  readonly entryPoint: string;
  readonly aux: Definition;
  readonly main: Definition;
  /** Null where the program parses. */
  readonly syntax: SyntaxProblem | null;
  readonly usesAux: boolean;
  /** How main misuses the helper: `Line 3: ...`. */
  readonly misuse: readonly string[];
  readonly wrapper: boolean;
  /** Null where the tests were not run, because the program does not parse. */
  readonly tests: TestReport | null;
}

/** Who reads the feedback. A single model is told nothing of a helper. */
export type Reader = 'aux' | 'main' | 'single';

/** The block of a mode for one agent; '' where the mode says nothing. Edits are no diagnosis and not made here. */
export function feedbackBlock(
  mode: Exclude<FeedbackMode, 'expert_edits'>,
  diagnosis: Diagnosis,
  reader: Reader,
): string {
  if (mode === 'plain') return '';
  if (mode === 'passed') {
    return allPassed(diagnosis) ? 'All levels passed.' : 'Not all levels passed.';
  }
  return (mode === 'level_feedback' ? diagnostics(diagnosis, reader) : signals(diagnosis, reader)).join('\n');
}

function allPassed({ syntax, main, tests }: Diagnosis): boolean {
  return (
    syntax === null && main === 'defined' && tests !== null && tests.total > 0 && tests.passed === tests.total
  );
}

/** Mode `level_feedback`. */
function diagnostics(diagnosis: Diagnosis, reader: Reader): string[] {
  const { aux, main, entryPoint, syntax, tests } = diagnosis;
  const auxLine = `- Helper: ${definitionMessage('aux', aux)}`;
  const mainLine = `- Main function: ${definitionMessage(entryPoint, main)}`;
  const order = { aux: [auxLine, mainLine], main: [mainLine, auxLine], single: [mainLine] };
  return [
    'Static and execution diagnostics:',
    ...order[reader],
    ...(reader === 'main' ? usageLines(diagnosis) : []),
    syntax === null
      ? '- Syntax: ok, the combined program parses.'
      : `- Syntax: error at line ${syntax.line ?? 'unknown'}, column ${syntax.column ?? 'unknown'} of the combined program: ${oneLine(syntax.message)}`,
    ...testLines(tests),
  ];
}

function definitionMessage(name: string, definition: Definition): string {
  if (definition === 'missing') return `missing, \`${name}\` is not defined.`;
  if (definition === 'no_return') return `found, but \`${name}\` has no return statement.`;
  return `found, \`${name}\` is properly defined and has a return statement.`;
}

function usageLines({ main, usesAux, misuse, wrapper }: Diagnosis): string[] {
  if (main !== 'defined') return [];
  return [
    usageLine(usesAux, misuse),
    ...(wrapper
      ? ['- Warning: the main function is a mere wrapper of `aux`; do part of the work in the main function.']
      : []),
  ];
}

function usageLine(usesAux: boolean, misuse: readonly string[]): string {
  if (!usesAux) return '- Helper use: the main function does not call `aux`.';
  if (misuse.length === 0) return '- Helper use: the main function calls `aux` and uses its result.';
  return `- Helper use: the main function calls \`aux\`, but misuses it: ${misuse.slice(0, 2).join('; ')}`;
}

function testLines(tests: TestReport | null): string[] {
  if (tests === null) return ['- Tests: not run, since the program does not parse.'];
  if (tests.total === 0) return ['- Tests: no test cases found.'];
  return [
    `- Tests: ${tests.passed} of ${tests.total} passed.`,
    ...tests.failures.map(
      ({ test, type, message }) =>
        `  - Failed: ${test} -> ${type}${message === '' ? '' : `: ${oneLine(message)}`}`,
    ),
  ];
}

/** Mode `level_passed`. */
function signals(diagnosis: Diagnosis, reader: Reader): string[] {
  const { aux, main, syntax, tests } = diagnosis;
  const own = reader === 'aux' ? aux : main;
  return [
    'Signals:',
    own === 'defined'
      ? '- Implementation: OK'
      : '- Implementation: not found in the required structure (a function of the given name with a return statement)',
    ...(reader === 'main' ? [`- Use of \`aux\`: ${usageSignal(diagnosis)}`] : []),
    `- Syntax: ${syntax === null ? 'correct' : 'not correct'}`,
    `- Tests: ${testSignal(tests)}`,
  ];
}

function usageSignal({ main, usesAux, misuse }: Diagnosis): string {
  if (main !== 'defined') return 'cannot be checked, the main function is missing';
  if (!usesAux) return 'the main function does not call it';
  return misuse.length > 0 ? 'called, but its result is not used properly' : 'present and used';
}

function testSignal(tests: TestReport | null): string {
  if (tests === null) return 'none passed';
  const { passed, total } = tests;
  if (total === 0) return 'none found';
  if (passed === total) return 'all passed';
  return passed === 0 ? 'none passed' : `${passed} of ${total} passed`;
}

/** What untrusted code says stays in its line; spaces inside it may be what a test is about. */
function oneLine(text: string): string {
  return pythonTrim(pythonSplitLines(text).map(pythonTrim).join(' '));
}
