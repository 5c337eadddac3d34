/** The coding environment with a runner that runs nothing: turns, prompts, feedback, data. */
import type { Outcome, Submission } from '@collm/sandbox';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CodeGenerationOptions,
  CoopHumanEval,
  type DataSource,
  HumanEval,
  Mbpp,
  taskNamed,
} from '../src/index.js';
import { FakePython } from './fake-python.js';

const record = {
  task_id: 'own/0',
  prompt:
    'from typing import List\n\n\ndef total(numbers: List[int],  k) -> int:\n    """Add numbers, k times.\n    """\n',
  test: 'def check(candidate):\n    assert candidate([1], 2) == 2\n    assert candidate([], 1) == 0\n    assert candidate([1, 2], 1) == 3\n',
  entry_point: 'total',
};
const aux = 'def aux(x):\n    return x';
const main = 'def total(numbers, k):\n    s = aux(sum(numbers))\n    return s * k';

function source(records: readonly object[], name = 'own.jsonl'): DataSource {
  const all = records.map((value, index) => ({
    value: value as Record<string, unknown>,
    where: `${name}:${index + 1}`,
  }));
  return { name, splits: new Map([['', all]]) };
}

function environment(options: CodeGenerationOptions = {}, runner = new FakePython()) {
  const all = { trainSplit: 'test', evalSplit: null, ...options };
  const env = new CoopHumanEval(all, source([record]), runner);
  const [item] = env.trainItems;
  if (item === undefined) throw new Error('no item');
  return { env, item, state: env.reset(item), runner };
}

const isCheck = ({ analysis }: Submission) => analysis !== undefined;
const isReward = ({ tests }: Submission) => tests.some(({ steps }) => steps.length === 3);

describe('the first prompts', () => {
  it('say who writes what, and nothing else', () => {
    const { env, state } = environment();
    const [first, second] = env.observe(state);
    expect(first).toMatchObject({ startsAfresh: true, format: 'text', messages: [{ role: 'user' }] });
    const [auxPrompt, mainPrompt] = [first, second].map((one) => one?.messages[0]?.content ?? '');
    for (const prompt of [auxPrompt, mainPrompt]) {
      expect(prompt).toContain(`Problem:\n${record.prompt.trimEnd()}\n\n`);
      expect(prompt).toContain('- Use no markdown fences');
    }
    expect(auxPrompt).toContain('def aux(...):\n    # the body of the function\n    return result\n');
    expect(auxPrompt).not.toContain('`total`');
    expect(mainPrompt).toContain('You can use a helper function `aux(...)`; its signature is not known.');
    expect(mainPrompt).toContain('def total(numbers: List[int], k):\n');
    expect(mainPrompt).toContain('- Do not define `aux` again.');
  });

  it('go through the chat template if wanted', () => {
    const { env, state } = environment({ promptFormat: 'chat' });
    expect(env.observe(state).map(({ format }) => format)).toEqual(['chat', 'chat']);
  });

  it('of a single model know no helper', () => {
    const { env, state } = environment({ numAgents: 1 });
    const prompts = env.observe(state).map(({ messages }) => messages[0]?.content ?? '');
    expect(prompts).toHaveLength(1);
    expect(prompts[0]).not.toContain('aux');
    expect(prompts[0]).toContain('The solution must be complete and handle all cases.');
    expect(env.protocols).toBeUndefined();
    expect(env.roles).toHaveLength(1);
  });
});

describe('a turn', () => {
  it('runs all tests with both sides first, and the first test alone for the feedback', async () => {
    const { env, state, runner } = environment();
    const result = await env.step(state, [aux, main]);
    const [check, reward, feedback] = runner.submissions;
    const program = `from typing import List\n\n${aux}\n\n${main}`;
    expect(reward).toMatchObject({
      program,
      imports: ['math'],
      loadTimeoutMs: 10_000,
      testTimeoutMs: 10_000,
      maxTimeouts: 3,
    });
    expect(check).toMatchObject({
      program: null,
      analysis: { input: { programs: [program], main, corrected: false } },
    });
    expect(reward?.tests.map(({ steps }) => steps.map(({ source }) => source))).toEqual([
      ['total([1], 2)', '2', 'assert total([1], 2) == 2'],
      ['total([], 1)', '0', 'assert total([], 1) == 0'],
      ['total([1, 2], 1)', '3', 'assert total([1, 2], 1) == 3'],
    ]);
    expect(feedback?.tests).toEqual([{ steps: [{ mode: 'exec', source: 'assert total([1], 2) == 2' }] }]);
    expect(runner.submissions).toHaveLength(3);
    expect(result).toMatchObject({
      reward: 4,
      processedReward: 0,
      terminated: true,
      endedBy: 'threshold',
      metrics: { correct: 1, normalised_return: 100 },
      info: { extraction: 'literal', checks: 'literal', aux, main },
    });
    const sum = Object.values(result.components).reduce((total, term) => total + term, 0);
    expect(sum).toBeCloseTo(result.reward, 12);
  });

  it('goes on below the threshold and needs one run at the end', async () => {
    const fails: Outcome = { status: 'failed', error: { type: 'AssertionError', message: '' } };
    const { env, state, runner } = environment(
      {},
      new FakePython((submission) =>
        isReward(submission)
          ? { tests: [{ status: 'passed' }, fails, { status: 'skipped' }], timeouts: 1 }
          : {},
      ),
    );
    const first = await env.step(state, [aux, main]);
    expect(first).toMatchObject({
      terminated: false,
      endedBy: null,
      metrics: { tests_passed: 1, timeouts: 1 },
    });
    expect(first.reward).toBeCloseTo(3 + 1 / 3, 12);
    const before = runner.submissions.length;
    const second = await env.step(first.state, [aux, main]);
    expect(second).toMatchObject({ terminated: true, endedBy: 'last_turn' });
    expect(runner.submissions.length - before).toBe(2);
  });

  it('without a main function runs nothing for the reward', async () => {
    const { env, state, runner } = environment({ numTurns: 1 });
    const result = await env.step(state, [aux, 'def other(x):\n    return x']);
    expect(result.reward).toBe(0.4);
    expect(runner.submissions).toEqual([]);
  });

  it('whose text Python did not survive has a syntax error', async () => {
    const { env, state } = environment(
      {},
      new FakePython((submission) =>
        isCheck(submission)
          ? { analysis: undefined, analysisError: { type: 'MemoryError', message: 'gone' } }
          : {},
      ),
    );
    const { reward, info } = await env.step(state, [aux, main]);
    expect(reward).toBe(1);
    expect(info).toMatchObject({ syntax: { type: 'MemoryError', line: null } });
  });

  it('can be judged by the rule of the baselines too', async () => {
    const runner = new FakePython(({ imports, tests }) =>
      imports?.length === 0 ? { tests: tests.map(() => ({ status: 'skipped' })) } : {},
    );
    const { env, state } = environment({ baselineCheck: true, numTurns: 1 }, runner);
    const helper = 'def more(x):\n    return x';
    const result = await env.step(state, [`${helper}\n${aux}\nDone!`, main]);
    expect(result).toMatchObject({ reward: 4, metrics: { correct: 0 } });
    expect(runner.submissions[2]?.program).toBe(`from typing import List\n\n${helper}\n\n${aux}\n\n${main}`);
    expect(runner.submissions[2]?.tests[0]?.steps).toEqual([
      { mode: 'eval', source: 'globals()["total"]' },
      { mode: 'exec', source: 'assert total([1], 2) == 2' },
    ]);
  });

  it('of a single model is scored without a helper', async () => {
    const { env } = environment();
    const single = env.singleModel();
    const [item] = single.trainItems;
    if (item === undefined) throw new Error('no item');
    const result = await single.step(single.reset(item), [`${aux}\n\n${main}`]);
    expect(result).toMatchObject({ reward: 2.1, components: { definition_aux: 0, cooperation: 0 } });
    const prompt = single.observe(result.state)[0]?.messages[0]?.content ?? '';
    expect(prompt).toContain('- Main function: found');
    expect(prompt).not.toContain('- Helper');
  });

  it('takes any text', async () => {
    const { env, state } = environment();
    const part = fc.oneof(
      fc.constantFrom(
        'def aux(',
        'def total(',
        'x):\n',
        '    ',
        '\n',
        'return ',
        '"""',
        '```',
        'aux (x)',
        '\0',
        '\ud800',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const response = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(response, response, async (first, second) => {
        const { reward, components, state: next } = await env.step(state, [first, second]);
        expect(reward).toBeGreaterThanOrEqual(0);
        expect(reward).toBeLessThanOrEqual(4);
        expect(Object.values(components).reduce((total, term) => total + term, 0)).toBeCloseTo(reward, 12);
        expect(env.observe(next)).toHaveLength(2);
      }),
      { numRuns: 200 },
    );
  });

  it('wants one response per agent', async () => {
    const { env, state } = environment();
    await expect(env.step(state, [aux])).rejects.toThrow(/got 1 responses, but coop_humaneval has 2/);
  });
});

describe('the second prompts', () => {
  const failing = new FakePython((submission) => {
    const error = { type: 'ZeroDivisionError', message: 'division\nby zero' };
    const misuse = ['Line 2: a', 'Line 3: b', 'Line 4: c'];
    return isCheck(submission)
      ? { analysis: { syntax: null, misuse, standalone: false, eager: [] } }
      : { tests: submission.tests.map(() => ({ status: 'failed', error })) };
  });

  async function secondPrompts(options: CodeGenerationOptions, runner = failing) {
    const { env, state } = environment(options, runner);
    const { state: next } = await env.step(state, [aux, main]);
    const first = env.observe(state).map(({ messages }) => messages[0]?.content ?? '');
    return { first, second: env.observe(next).map(({ messages }) => messages[0]?.content ?? '') };
  }

  it('stand in place of the problem and hold the own history alone', async () => {
    const { first, second } = await secondPrompts({});
    const [auxPrompt = '', mainPrompt = ''] = second;
    expect(auxPrompt).toMatch(
      /^Write a helper function for the problem below\.\n\nProblem:\nYour earlier prompts:\n\[Turn 1\]\n/,
    );
    expect(auxPrompt).toContain(first[0]);
    expect(auxPrompt).toContain(`Your earlier responses:\n[Turn 1]\n${aux}\n\nStatic and`);
    expect(auxPrompt).not.toContain(main);
    expect(auxPrompt).toContain('Revise `aux(...)`. Output only the code of the function.\n\nInstructions:');
    expect(mainPrompt).toContain(`[Turn 1]\n${main}\n\n`);
    expect(mainPrompt).not.toContain(aux);
    expect(mainPrompt).toContain('Revise `total(...)`.');
    expect(mainPrompt).toContain('def total(numbers: List[int], k):');
  });

  it('are the feedback alone with passthrough', async () => {
    const { second } = await secondPrompts({ externalPromptPassthrough: true });
    for (const prompt of second) {
      expect(prompt.startsWith('Your earlier prompts:')).toBe(true);
      expect(prompt.endsWith('Output only the code of the function.')).toBe(true);
    }
  });

  it('give diagnostics by default, with misuse and the first test only', async () => {
    const { second } = await secondPrompts({});
    const diagnostics = (prompt = '') =>
      prompt.slice(prompt.indexOf('Static'), prompt.indexOf('\n\nRevise')).split('\n');
    expect(diagnostics(second[0])).toEqual([
      'Static and execution diagnostics:',
      '- Helper: found, `aux` is properly defined and has a return statement.',
      '- Main function: found, `total` is properly defined and has a return statement.',
      '- Syntax: ok, the combined program parses.',
      '- Tests: 0 of 1 passed.',
      '  - Failed: assert total([1], 2) == 2 -> ZeroDivisionError: division by zero',
    ]);
    expect(diagnostics(second[1]).slice(1, 4)).toEqual([
      '- Main function: found, `total` is properly defined and has a return statement.',
      '- Helper: found, `aux` is properly defined and has a return statement.',
      '- Helper use: the main function calls `aux`, but misuses it: Line 2: a; Line 3: b',
    ]);
  });

  it.each([
    ['signals', 'Signals:'],
    ['level-passed', '- Use of `aux`: called, but its result is not used properly'],
    ['passed', 'Not all levels passed.'],
  ])('of mode %s say %s', async (feedback, said) => {
    const { second } = await secondPrompts({ feedback });
    expect(second[1]).toContain(said);
    expect(second[1]).not.toContain('ZeroDivisionError');
  });

  it('of mode plain say nothing, for which nothing runs', async () => {
    const runner = new FakePython();
    const { second } = await secondPrompts({ feedback: 'plain' }, runner);
    expect(second[0]).toContain(`${aux}\n\nRevise \`aux(...)\`.`);
    expect(runner.submissions).toHaveLength(2);
  });

  it('hold the edits of an expert', async () => {
    const asked: string[] = [];
    const expert = async (prompt: string) => {
      asked.push(prompt);
      if (asked.length === 1) throw new Error('busy');
      return asked.length === 2 ? 'no JSON' : 'Well: {"aux": "add one", "main": {"line": 2}}';
    };
    const { second } = await secondPrompts({ feedback: 'edits', expert });
    expect(second[0]).toContain('Edits that an expert proposes:\nadd one\n\nRevise');
    expect(second[1]).toContain('Edits that an expert proposes:\n{"line":2}\n\nRevise');
    expect(asked).toHaveLength(3);
    expect(asked[0]).toContain(`Their code:\nfrom typing import List\n\n${aux}\n\n${main}`);
    const silent = await secondPrompts({ feedback: 'expert', expert: async () => '' });
    expect(silent.second[0]).toContain('Edits that an expert proposes:\n\n\nRevise');
  });

  it('say at the third turn what was said at both before', async () => {
    const { env, state } = environment({ numTurns: 3 }, failing);
    const one = await env.step(state, [aux, main]);
    const two = await env.step(one.state, ['second answer', main]);
    const prompt = env.observe(two.state)[0]?.messages[0]?.content ?? '';
    expect(prompt).toContain(`[Turn 2]\n${env.observe(one.state)[0]?.messages[0]?.content}`);
    expect(prompt).toContain(`Your earlier responses:\n[Turn 1]\n${aux}\n[Turn 2]\nsecond answer\n`);
  });
});

describe('the protocols', () => {
  it('ask as the baselines do', () => {
    const { env, state } = environment();
    const { protocols } = env;
    if (protocols === undefined) throw new Error('no protocols');
    const content = (observation: { messages: readonly { content: string }[] } | undefined) =>
      observation?.messages[0]?.content ?? '';
    const [auxPrompt, mainPrompt] = protocols.parallel?.(state) ?? [];
    expect(content(auxPrompt)).toBe(content(env.observe(state)[0]));
    expect(content(mainPrompt)).toContain('helper function `aux(numbers: List[int], k)`');
    expect(content(mainPrompt)).toContain('- Keep the value of an `aux()` call in a variable.');
    const pipeline = content(protocols.pipeline(state, 1, [`\n${aux}\n`]));
    expect(pipeline).toContain(`has already been written, and you can call it:\n${aux}\n\nInstructions`);
    const auxAgain = content(protocols.discussion(state, 0, [aux, main]));
    expect(auxAgain).toContain(main);
    expect(auxAgain).not.toContain(aux);
    const mainAgain = content(protocols.discussion(state, 1, [aux, main]));
    expect(mainAgain).toContain(aux);
    expect(mainAgain).not.toContain(main);
    expect(protocols.sampling).toEqual({
      single: { temperature: 0.7, topP: 0.9, maxNewTokens: 256 },
      team: { temperature: 0.8, topP: 0.95, maxNewTokens: 256 },
    });
  });
});

describe('data', () => {
  const open = (records: readonly object[], options: CodeGenerationOptions = {}) =>
    new HumanEval({ trainSplit: '[:]', evalSplit: null, ...options }, source(records), new FakePython());

  it('drop functions without parameters and remark what cannot score, with counts', () => {
    const named = (name: string, rest: object) => ({ ...record, task_id: name, ...rest });
    const env = open([
      record,
      named('none', { prompt: 'def total():\n    """No parameters."""\n' }),
      named('nameless', { entry_point: ' ' }),
      named('other first', { prompt: `def helper(x):\n    pass\n\n${record.prompt}` }),
      named('untested', { test: 'def check(candidate):\n    assert True\n' }),
      named('loops', { test: 'def check(candidate):\n    for i in x:\n        assert candidate(i)\n' }),
      named('lines', { test: 'def check(candidate):\n    assert candidate("(",\n        1)\n' }),
    ]);
    expect(env.trainItems.map(({ id }) => id)).toEqual([
      'own/0',
      'other first',
      'untested',
      'loops',
      'lines',
    ]);
    expect(env.trainItems[1]?.parameters).toBe('x');
    expect(env.dataReport.train).toEqual({
      records: 7,
      items: 5,
      dropped: [
        { reason: 'no parameters in the prompt', count: 1, examples: ['own.jsonl:2'] },
        { reason: 'no entry point', count: 1, examples: ['own.jsonl:3'] },
      ],
      remarks: [
        { reason: 'the prompt defines another function first', count: 1, examples: ['own.jsonl:4'] },
        {
          reason: 'no test can be used, so that the reward is 1.5 at most',
          count: 1,
          examples: ['own.jsonl:5'],
        },
        {
          reason: 'an assert does not call the candidate and is not used',
          count: 1,
          examples: ['own.jsonl:5'],
        },
        { reason: 'a test stands inside a loop or a block', count: 1, examples: ['own.jsonl:6'] },
        { reason: 'a test goes on in the next line, so that it fails', count: 1, examples: ['own.jsonl:7'] },
      ],
    });
  });

  it.each<[why: string, records: object[], message: RegExp]>([
    ['a field that is missing', [{ ...record, test: undefined }], /own\.jsonl:1: the field `test`.*missing/],
    ['a field that is no text', [record, { ...record, prompt: 3 }], /own\.jsonl:2: the field `prompt`/],
    ['an id that occurs twice', [record, record], /own\.jsonl:2: the id "own\/0" stands at own\.jsonl:1/],
    ['no record', [], /`\[:\]` leaves no items: it selects 0 of 0 records of own\.jsonl/],
    ['no usable record', [{ ...record, entry_point: '' }], /it selects 1 of 1 .*; 1: no entry point/],
  ])('refuse %s', (_, records, message) => {
    expect(() => open(records)).toThrow(message);
  });

  it('read single records, also those that a data set would drop', () => {
    const env = open([record]);
    expect(env.readItem({ ...record, task_id: 7 })).toMatchObject({
      id: '7',
      parameters: 'numbers: List[int], k',
    });
    const { task_id: _, ...unnamed } = record;
    expect(env.readItem({ ...unnamed, prompt: 'def total():\n' })).toMatchObject({
      id: 'item',
      parameters: '',
    });
    expect(() => env.readItem({ ...record, test: null })).toThrow(/item: the field `test`/);
  });

  it.each([
    ['humaneval', 25, 32],
    ['coop_humaneval', 41, 16],
    ['mbpp', 24, 15],
  ])('come with %s: %i to train and %i to evaluate', (name, train, evaluation) => {
    const env = taskNamed(name)?.open({});
    expect([env?.trainItems.length, env?.evalItems.length]).toEqual([train, evaluation]);
    expect(env?.dataReport?.train).toMatchObject({ dropped: [], remarks: [] });
    const ids = [...(env?.trainItems ?? []), ...(env?.evalItems ?? [])].map(({ id }) => id);
    expect(new Set(ids).size).toBe(train + evaluation);
  });
});

describe('settings', () => {
  it.each<[options: object, message: RegExp]>([
    [{ numAgents: 3 }, /`numAgents` is 3: a helper and a main function are all there is/],
    [{ feedback: 'loud' }, /`feedback` is "loud"/],
    [{ feedback: 'expert_edits' }, /there is no expert to ask/],
    [{ sandboxSlice: 1.5 }, /`sandboxSlice` is 1\.5/],
    [{ extraction: 'ast' }, /`extraction` is "ast"/],
    [{ testTimeoutS: 0 }, /`testTimeoutS` is 0/],
    [{ temperature: 1 }, /temperature/],
  ])('%j are refused', (options, message) => {
    expect(() => new Mbpp(options)).toThrow(message);
  });

  it('leave a given runner to its owner', async () => {
    const { env, runner } = environment();
    await env.dispose();
    await env.dispose();
    expect(runner.disposed).toBe(0);
  });
});
