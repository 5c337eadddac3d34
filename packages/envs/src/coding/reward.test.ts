import { describe, expect, it } from 'vitest';
import { codingComponents, type TurnFacts, totalReward, turnMetrics } from './reward.js';

const perfect: TurnFacts = {
  auxDefined: true,
  auxPresent: true,
  mainDefined: true,
  usesAux: true,
  wrapper: false,
  ignoredCall: false,
  syntaxValid: true,
  testsPassed: 4,
  testsTotal: 4,
  timeouts: 0,
};
const nothing: TurnFacts = {
  ...perfect,
  auxDefined: false,
  auxPresent: false,
  mainDefined: false,
  usesAux: false,
  syntaxValid: false,
  testsPassed: 0,
};

describe('the reward of a turn', () => {
  it.each<[why: string, facts: TurnFacts, reward: number]>([
    ['nothing', nothing, 0],
    ['a helper alone', { ...nothing, auxDefined: true, auxPresent: true, syntaxValid: true }, 0.4],
    ['both, but a syntax error', { ...perfect, syntaxValid: false, testsPassed: 0 }, 1],
    ['both, but no test', { ...perfect, testsPassed: 0, testsTotal: 0 }, 1.5],
    ['both, but no test passes', { ...perfect, testsPassed: 0 }, 1.5],
    ['main alone', { ...perfect, auxDefined: false, auxPresent: false, usesAux: false }, 2.1],
    [
      'main alone, with a call of what is not there',
      { ...perfect, auxDefined: false, auxPresent: false },
      2.1,
    ],
    ['both, but aux is not used', { ...perfect, usesAux: false }, 2.5],
    ['a perfect wrapper', { ...perfect, wrapper: true }, 3],
    ['perfect cooperation', perfect, 4],
    ['one test of four is enough for the bonuses', { ...perfect, testsPassed: 1 }, 3.25],
    ['a helper without return opens the bonuses too', { ...perfect, auxDefined: false }, 3.6],
    ['an ignored call', { ...perfect, ignoredCall: true }, 3.5],
    ['an ignored call in a wrapper', { ...perfect, ignoredCall: true, wrapper: true }, 2.5],
    ['an ignored call, but no test passes', { ...perfect, ignoredCall: true, testsPassed: 0 }, 1.5],
    ['tests count nothing without main', { ...perfect, mainDefined: false }, 0.4],
  ])('%s', (_, facts, reward) => {
    expect(totalReward(codingComponents(facts))).toBeCloseTo(reward, 12);
  });

  it('is logged with the scores in per cent', () => {
    const facts = { ...perfect, testsPassed: 3, ignoredCall: true, timeouts: 1 };
    expect(turnMetrics(facts, codingComponents(facts))).toEqual({
      definition_reward: 1,
      syntax_reward: 0.5,
      syntax_valid_rate: 1,
      execution_reward: 0.75,
      tests_passed: 3,
      tests_total: 4,
      test_pass_rate: 0.75,
      timeouts: 1,
      bonus_reward: 1.5,
      collab_aux_usage: 0.5,
      collab_non_wrapper: 1,
      collab_ignored_aux_call_penalty: -0.5,
      total_reward: 3.25,
      gated_total_reward: 3.25,
      normalised_return: 81.25,
      structure_score: 100,
      syntax_score: 100,
      tests_score: 75,
      cooperation_score: 100,
      correct: 0,
    });
    expect(turnMetrics(perfect, codingComponents(perfect))).toMatchObject({
      correct: 1,
      normalised_return: 100,
    });
    const untested = { ...perfect, testsPassed: 0, testsTotal: 0 };
    expect(turnMetrics(untested, codingComponents(untested))).toMatchObject({ correct: 0, tests_score: 0 });
  });
});
