/** What the episode log keeps of a turn of code (`StepResult.info`). */
import type { SubmissionResult } from '@collm/sandbox';
import type { CodingItem } from './item.js';
import type { Judgement } from './judge.js';
import type { CodingSettings } from './settings.js';

/** Programs may be long and hold anything; the episode log gets their start, in UTF-16 units. */
const LOGGED_CODE = 4000;

/** The code that counted, what was found in it, and how every test went. */
export function turnInfo(
  { extraction, checks }: Pick<CodingSettings, 'extraction' | 'checks'>,
  item: CodingItem,
  { code, facts, run, checked }: Judgement,
): Record<string, unknown> {
  return {
    extraction,
    checks,
    aux: code.aux.slice(0, LOGGED_CODE),
    main: code.main.slice(0, LOGGED_CODE),
    uses_aux: facts.usesAux,
    wrapper: facts.wrapper,
    ...(checked === null ? {} : { syntax: checked.syntax, misuse: checked.misuse }),
    ...(run === null ? {} : { load: run.load, tests: loggedTests(item, run) }),
  };
}

function loggedTests({ tests }: CodingItem, run: SubmissionResult): Record<string, unknown>[] {
  return run.tests.map((outcome, index) => ({ test: tests[index], ...outcome }));
}
