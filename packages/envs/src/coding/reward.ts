/** The reward of one turn (coding spec, 9) and what is logged with it (spec 12). */

/** What the reward is made of. Static facts are about the extracted functions. */
export interface TurnFacts {
  /** The helper has a `return`. */
  readonly auxDefined: boolean;
  /** There is a helper at all. */
  readonly auxPresent: boolean;
  /** The function of the entry point is there and has a `return`. */
  readonly mainDefined: boolean;
  readonly usesAux: boolean;
  readonly wrapper: boolean;
  readonly ignoredCall: boolean;
  readonly syntaxValid: boolean;
  readonly testsPassed: number;
  readonly testsTotal: number;
  readonly timeouts: number;
}

/** The signed terms; they add up to the reward, 0 to 4. */
export type CodingComponents = Readonly<
  Record<
    | 'definition_aux'
    | 'definition_main'
    | 'syntax'
    | 'tests'
    | 'cooperation'
    | 'non_wrapper'
    | 'ignored_call',
    number
  >
>;

export const codingRewardRange = [0, 4] as const;

/** The terms of a turn. Without a main function, a program that parses or a test, what comes later counts nothing. */
export function codingComponents(facts: TurnFacts): CodingComponents {
  const runs = facts.mainDefined && facts.syntaxValid && facts.testsTotal > 0;
  const cooperates = runs && facts.testsPassed > 0 && facts.auxPresent && facts.usesAux;
  return {
    definition_aux: facts.auxDefined ? 0.4 : 0,
    definition_main: facts.mainDefined ? 0.6 : 0,
    syntax: facts.mainDefined && facts.syntaxValid ? 0.5 : 0,
    tests: runs ? facts.testsPassed / facts.testsTotal : 0,
    cooperation: cooperates ? 0.5 : 0,
    non_wrapper: cooperates && !facts.wrapper ? 1 : 0,
    ignored_call: cooperates && facts.ignoredCall ? -0.5 : 0,
  };
}

/** The sum of the terms, in the order in which the reference adds them. */
export function totalReward(components: CodingComponents): number {
  const { definition_aux, definition_main, syntax, tests, cooperation, non_wrapper, ignored_call } =
    components;
  return definition_aux + definition_main + syntax + tests + cooperation + non_wrapper + ignored_call;
}

/** The reference's names, all from the reward's own computation, with scores in percent of what can be had. */
export function turnMetrics(facts: TurnFacts, components: CodingComponents): Record<string, number> {
  const reward = totalReward(components);
  const definition = components.definition_aux + components.definition_main;
  const bonus = components.cooperation + components.non_wrapper;
  const { testsPassed, testsTotal } = facts;
  return {
    definition_reward: definition,
    syntax_reward: components.syntax,
    syntax_valid_rate: components.syntax > 0 ? 1 : 0,
    execution_reward: components.tests,
    tests_passed: testsPassed,
    tests_total: testsTotal,
    test_pass_rate: components.tests,
    timeouts: facts.timeouts,
    bonus_reward: bonus,
    collab_aux_usage: components.cooperation,
    collab_non_wrapper: components.non_wrapper,
    collab_ignored_aux_call_penalty: components.ignored_call,
    total_reward: reward,
    gated_total_reward: reward,
    normalised_return: (100 * reward) / 4,
    structure_score: 100 * definition,
    syntax_score: (100 * components.syntax) / 0.5,
    tests_score: 100 * components.tests,
    cooperation_score: (100 * bonus) / 1.5,
    correct: testsTotal > 0 && testsPassed === testsTotal ? 1 : 0,
  };
}
