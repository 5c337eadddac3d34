/** Runs a turn's code in the sandbox and says what the reward and the feedback need to know (coding spec, 5 to 10). */
import type { Outcome, PythonRunner, SandboxTest, SubmissionResult } from '@collm/sandbox';
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
  /** Null where nothing ran for the reward: without a main function, or a program that parses, there is none to run for. */
  readonly run: SubmissionResult | null;
  /** Null where nobody asked. */
  readonly checked: Checked | null;
}

/** What Python's parser says of a program. */
interface Checked {
  readonly syntax: SyntaxProblem | null;
  readonly misuse: readonly string[];
  readonly standalone: boolean;
  /** The programs to run in place of those that were checked; null where it is the same. */
  readonly eager: readonly (string | null)[];
}

/** Reading a program takes milliseconds; only a machine that is too busy comes near, and a syntax error it is not. */
const READ_TIMEOUT_MS = 30_000;

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
  const baseline = settings.baselineCheck ? baselineProgram(item, responses) : null;
  const programs = [code.program, ...(baseline === null ? [] : [baseline])];
  const checked =
    scored || diagnose || baseline !== null
      ? await check(runner, settings, { programs, main: code.main, corrected })
      : null;
  const parses = checked !== null && checked.syntax === null;
  const shownTests = diagnose ? testLines(item.test, item.entryPoint, settings.sandboxSlice) : [];
  const submit = (program: string, index: number, tests: SandboxTest[], imports = ['math']) =>
    runner.run({ program: checked?.eager[index] ?? program, tests, imports, ...limits(settings) });

  const [run, shown, baselineCorrect] = await Promise.all([
    scored && parses ? submit(code.program, 0, item.tests.map(rewardTest)) : null,
    parses && shownTests.length > 0 ? submit(code.program, 0, shownTests.map(plainTest)) : null,
    baseline === null ? null : isCorrect(item, (tests) => submit(baseline, 1, tests, [])),
  ]);

  const facts = factsOf(item, code, run, checked, corrected);
  const tests = parses ? testReport(shownTests, shown, settings) : null;
  const diagnosis = diagnose && checked !== null ? diagnosisOf(item, code, facts, checked, tests) : null;
  return { code, facts, baselineCorrect, diagnosis, run, checked };
}

function factsOf(
  item: CodingItem,
  code: TurnCode,
  run: SubmissionResult | null,
  checked: Checked | null,
  corrected: boolean,
): TurnFacts {
  return {
    auxDefined: isDefined(code.aux),
    auxPresent: code.aux !== '',
    mainDefined: isDefined(code.main),
    usesAux: usesAux(code.main),
    wrapper: isWrapper(code.main),
    ignoredCall: corrected ? checked?.standalone === true : hasIgnoredCall(code.main),
    syntaxValid: checked !== null && checked.syntax === null,
    testsPassed: run === null ? 0 : passedIn(run.tests),
    testsTotal: item.tests.length,
    timeouts: run?.timeouts ?? 0,
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
    loadTimeoutMs: READ_TIMEOUT_MS,
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

/** What the baselines run (spec 14): all functions of the helper's response, and the main function. */
function baselineProgram(item: CodingItem, responses: Responses): string {
  const aux = clean(pythonTrim(responses.aux));
  return joinParts(item.imports, aux, extract(pythonTrim(responses.main), item.entryPoint));
}

/** The baselines' rule (spec 14): each test once, in a namespace that was empty, and the main function has to be there. */
async function isCorrect(
  item: CodingItem,
  submit: (tests: SandboxTest[]) => Promise<SubmissionResult>,
): Promise<boolean> {
  if (item.tests.length === 0) return false;
  const isThere = { mode: 'eval', source: `globals()[${JSON.stringify(item.entryPoint)}]` } as const;
  const run = await submit(item.tests.map((line) => ({ steps: [isThere, ...plainTest(line).steps] })));
  return passedIn(run.tests) === item.tests.length;
}

/** Asks Python's parser. A check that did not come back means a text that it did not survive: a syntax error (16.20). */
async function check(
  runner: PythonRunner,
  settings: JudgeSettings,
  input: { readonly programs: readonly string[]; readonly main: string; readonly corrected: boolean },
): Promise<Checked> {
  const { analysis, analysisError } = await runner.run({
    analysis: { source: checkSource, input },
    program: null,
    tests: [],
    ...limits(settings),
    loadTimeoutMs: READ_TIMEOUT_MS,
  });
  if (analysisError === undefined) return analysis as Checked;
  const syntax = { ...analysisError, line: null, column: null };
  return { syntax, misuse: [], standalone: false, eager: [] };
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
