/** Runs a turn's code in the sandbox and says what the reward and the feedback need to know (coding spec, 5 to 10). */
import type { Outcome, PythonRunner, SandboxTest, Submission, SubmissionResult } from '@collm/sandbox';
import { pythonTrim } from '../text/python-text.js';
import { checkSource, extractSource } from './analysis-source.js';
import type { Definition, Diagnosis, SyntaxProblem, TestReport } from './diagnosis.js';
import { clean, combinedProgram, extract, joinParts } from './extraction.js';
import type { CodingItem } from './item.js';
import type { TurnFacts } from './reward.js';
import type { CodingSettings } from './settings.js';
import { hasIgnoredCall, isDefined, isWrapper, usesAux } from './static-checks.js';
import { plainTest, rewardTest, testLines } from './test-lines.js';

/** What the agents wrote; `aux` is '' for a single model. */
export interface Responses {
  readonly aux: string;
  readonly main: string;
}

/** The code that counts. */
export interface TurnCode {
  /** The helper, '' where there is none. */
  readonly aux: string;
  /** The function of the entry point, '' where there is none. */
  readonly main: string;
  /** What runs. */
  readonly program: string;
}

export interface Judgement {
  readonly code: TurnCode;
  readonly facts: TurnFacts;
  /** By the baselines' rule; null where it was not asked for. */
  readonly baselineCorrect: boolean | null;
  /** What feedback is made from; null where it was not asked for. */
  readonly diagnosis: Diagnosis | null;
  /** Null where nothing ran: without a main function there is no reward to run for. */
  readonly run: SubmissionResult | null;
  readonly checked: Checked;
}

/** What Python's parser says of a program. */
interface Checked {
  readonly syntax: SyntaxProblem | null;
  readonly misuse: readonly string[];
  readonly standalone: boolean;
}

type JudgeSettings = Pick<
  CodingSettings,
  'extraction' | 'checks' | 'sandboxSlice' | 'testTimeoutS' | 'loadTimeoutS' | 'maxTimeouts' | 'baselineCheck'
>;

/**
 * Judges one turn. The reward's tests, the feedback's and the baselines' run in interpreters of their own, side by side.
 *
 * @param diagnose true where feedback will be made of it, which needs tests of its own
 */
export async function judgeTurn(
  runner: PythonRunner,
  settings: JudgeSettings,
  item: CodingItem,
  responses: Responses,
  diagnose: boolean,
): Promise<Judgement> {
  const code = await readCode(runner, settings, item, responses);
  const scored = isDefined(code.main);
  const corrected = settings.checks === 'corrected';
  const shownTests = diagnose ? testLines(item.test, item.entryPoint, settings.sandboxSlice) : [];
  const check = { source: checkSource, input: { program: code.program, main: code.main, corrected } };
  const submit = (program: string | null, tests: SandboxTest[], rest: Partial<Submission> = {}) =>
    runner.run({ program, tests, imports: ['math'], ...limits(settings), ...rest });

  const [run, shown, baselineCorrect] = await Promise.all([
    scored || diagnose
      ? submit(scored ? code.program : null, scored ? item.tests.map(rewardTest) : [], { analysis: check })
      : null,
    shownTests.length > 0 ? submit(code.program, shownTests.map(plainTest)) : null,
    settings.baselineCheck ? isCorrect(submit, item, responses) : null,
  ]);

  const checked = readCheck(run);
  const facts = factsOf(item, code, run, checked, corrected);
  const tests = facts.syntaxValid ? testReport(shownTests, shown, settings) : null;
  const diagnosis = diagnose ? diagnosisOf(item, code, facts, checked, tests) : null;
  return { code, facts, baselineCorrect, diagnosis, run, checked };
}

function factsOf(
  item: CodingItem,
  code: TurnCode,
  run: SubmissionResult | null,
  checked: Checked,
  corrected: boolean,
): TurnFacts {
  const syntaxValid = run !== null && checked.syntax === null;
  return {
    auxDefined: isDefined(code.aux),
    auxPresent: code.aux !== '',
    mainDefined: isDefined(code.main),
    usesAux: usesAux(code.main),
    wrapper: isWrapper(code.main),
    ignoredCall: corrected ? checked.standalone : hasIgnoredCall(code.main),
    syntaxValid,
    testsPassed: syntaxValid ? passedIn(run.tests) : 0,
    testsTotal: item.tests.length,
    timeouts: syntaxValid ? run.timeouts : 0,
  };
}

function diagnosisOf(
  { entryPoint }: CodingItem,
  code: TurnCode,
  { usesAux, wrapper }: TurnFacts,
  { syntax, misuse }: Checked,
  tests: TestReport | null,
): Diagnosis {
  const [aux, main] = [definition(code.aux), definition(code.main)];
  return { entryPoint, aux, main, syntax, usesAux, misuse, wrapper, tests };
}

function limits({ testTimeoutS, loadTimeoutS, maxTimeouts }: JudgeSettings) {
  return { testTimeoutMs: testTimeoutS * 1000, loadTimeoutMs: loadTimeoutS * 1000, maxTimeouts };
}

/** The code of both responses. What Python cannot parse whole is read literally, whatever the setting. */
async function readCode(
  runner: PythonRunner,
  settings: JudgeSettings,
  item: CodingItem,
  { aux, main }: Responses,
): Promise<TurnCode> {
  const literal = { aux: extract(aux, 'aux'), main: extract(main, item.entryPoint) };
  if (settings.extraction === 'literal') {
    return { ...literal, program: combinedProgram(item.imports, literal.aux, literal.main) };
  }
  const { analysis } = await runner.run({
    analysis: {
      source: extractSource,
      input: [
        { text: unfenced(aux), name: 'aux', other: item.entryPoint },
        { text: unfenced(main), name: item.entryPoint, other: 'aux' },
      ],
    },
    program: null,
    tests: [],
    ...limits(settings),
  });
  type Parsed = { readonly function: string; readonly module: string } | null;
  const [auxTree, mainTree] = (analysis ?? [null, null]) as readonly [Parsed, Parsed];
  return {
    aux: auxTree?.function ?? literal.aux,
    main: mainTree?.function ?? literal.main,
    program: joinParts(
      item.imports,
      auxTree?.module ?? clean(literal.aux),
      mainTree?.module ?? clean(literal.main),
    ),
  };
}

/** What stands in the first fenced block; the whole text where there is none. */
function unfenced(text: string): string {
  const lines = text.split('\n');
  const open = lines.findIndex((line) => line.trimStart().startsWith('```'));
  if (open < 0) return text;
  const length = lines.slice(open + 1).findIndex((line) => line.trimStart().startsWith('```'));
  return lines.slice(open + 1, length < 0 ? lines.length : open + 1 + length).join('\n');
}

/** The baselines' rule (spec 14): each test once, all functions of the helper's response, an empty namespace. */
async function isCorrect(
  submit: (program: string, tests: SandboxTest[], rest: Partial<Submission>) => Promise<SubmissionResult>,
  item: CodingItem,
  responses: Responses,
): Promise<boolean> {
  if (item.tests.length === 0) return false;
  const isThere = { mode: 'eval', source: `globals()[${JSON.stringify(item.entryPoint)}]` } as const;
  const tests = item.tests.map((line) => ({ steps: [isThere, ...plainTest(line).steps] }));
  const aux = clean(pythonTrim(responses.aux));
  const main = extract(pythonTrim(responses.main), item.entryPoint);
  const run = await submit(joinParts(item.imports, aux, main), tests, { imports: [] });
  return passedIn(run.tests) === item.tests.length;
}

/** A check that did not come back means a text that Python's parser did not survive: a syntax error (16.20). */
function readCheck(run: SubmissionResult | null): Checked {
  const failed = run?.analysisError;
  if (failed !== undefined) {
    return { syntax: { ...failed, line: null, column: null }, misuse: [], standalone: false };
  }
  return (run?.analysis as Checked | undefined) ?? { syntax: null, misuse: [], standalone: false };
}

function definition(code: string): Definition {
  if (code === '') return 'missing';
  return isDefined(code) ? 'defined' : 'no_return';
}

function passedIn(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ status }) => status === 'passed').length;
}

/** Tests after the last time-out that is let pass are counted, but were not run and do not appear among the failures. */
function testReport(
  tests: readonly string[],
  run: SubmissionResult | null,
  settings: JudgeSettings,
): TestReport {
  if (run === null) return { passed: 0, total: tests.length, failures: [] };
  const failures = tests.flatMap((test, index) => {
    const outcome = run.load.status === 'passed' ? (run.tests[index] as Outcome) : run.load;
    const seconds = run.load.status === 'passed' ? settings.testTimeoutS : settings.loadTimeoutS;
    if (outcome.status === 'failed') return [{ test, ...outcome.error }];
    if (outcome.status === 'timeout') {
      return [{ test, type: 'TimeoutError', message: `stopped after ${seconds} s` }];
    }
    return [];
  });
  return { passed: passedIn(run.tests), total: tests.length, failures };
}
