/** The coding tasks with real Python: what the parser has to say, whole turns, and the solutions of the builtin problems. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkSource } from '../src/coding/analysis-source.js';
import { type CodeGenerationOptions, CoopHumanEval, type DataSource, HumanEval, Mbpp } from '../src/index.js';
import { BatchPython } from './batch-python.js';
import { sharedSandbox } from './sandbox.js';

const sandbox = sharedSandbox();

const aux = 'def aux(x):\n    return 2 * x';

function source(test: string): DataSource {
  const prompt = 'import math\n\ndef double(x):\n    """Double a number.\n    """\n';
  const value = { task_id: 'own/0', prompt, test, entry_point: 'double' };
  return { name: 'own', splits: new Map([['', [{ value, where: 'own:1' }]]]) };
}

const check = (...tests: string[]) =>
  `def check(candidate):\n${tests.map((test) => `    ${test}\n`).join('')}`;
const twoTests = check('assert candidate(2) == 4', 'assert abs(candidate(0.5) - 1) < 1e-9');

async function play(responses: [string, string], test = twoTests, options: CodeGenerationOptions = {}) {
  const env = new CoopHumanEval(
    { trainSplit: '[:]', evalSplit: null, testTimeoutS: 0.3, ...options },
    source(test),
    sandbox,
  );
  const [item] = env.trainItems;
  if (item === undefined) throw new Error('no item');
  const result = await env.step(env.reset(item), responses);
  const prompts = env.observe(result.state).map(({ messages }) => messages[0]?.content ?? '');
  return { ...result, prompts };
}

describe('misuse of aux', () => {
  const never = (line: number, name = 'y') => `Line ${line}: assigned to ${name} but never used`;
  const alone = (line: number) => `Line ${line}: standalone call (not assigned)`;
  const cases: [body: string[], literal: string[], corrected: string[]][] = [
    [['return aux(x)'], [], []],
    [['print(aux(x))', 'return -aux(x) + aux(x)'], [], []],
    [['if aux(x) and [aux(x), {aux(x)}]:', '    return x'], [], []],
    [['aux(x)', 'return x'], [alone(2)], [alone(2)]],
    [['y = aux(x)', 'return y'], [never(2)], []],
    [['y = aux(x)', 'return x'], [never(2)], [never(2)]],
    [['y = z = aux(x)', 'return z'], [never(2), never(2, 'z')], [never(2)]],
    [['a, b = aux(x)', 'c.d = aux(x)', 'return x'], [], []],
    [['y: int = aux(x)', 'y += aux(x)', '(y := aux(x))', 'return x'], [], []],
    [
      ['y = aux(x)', 'y = 3', 'return y'],
      [never(2)],
      ['Line 2: assigned to y but reassigned on line 3 before use'],
    ],
    [['y = aux(x)', 'y = y + 1', 'return y'], [never(2)], []],
    [['while y < x:', '    y = aux(y)', 'return x'], [never(3)], []],
    [['def aux(q):', '    aux(q)', 'y = aux(x)', 'return y'], [alone(3), never(4)], [alone(3)]],
    [['obj.aux(x)', 'auxiliary(x)', 'return x'], [], []],
    [['aux(x'], [], []],
  ];
  const mainOf = (body: readonly string[]) => `def f(x):\n${body.map((line) => `    ${line}`).join('\n')}`;

  it('is found as the reference finds it, and as it is', async () => {
    const checkAll = [
      'RESULTS = []',
      "for one in INPUT['cases']:",
      "    names = {'INPUT': one}",
      "    exec(INPUT['source'], names)",
      "    RESULTS.append(names['RESULT'])",
      'RESULT = RESULTS',
    ].join('\n');
    const inputs = cases.flatMap(([body]) =>
      [false, true].map((corrected) => ({ programs: [''], main: mainOf(body), corrected })),
    );
    const { analysis } = await sandbox.run({
      analysis: { source: checkAll, input: { source: checkSource, cases: inputs } },
      program: null,
      tests: [],
      loadTimeoutMs: 10_000,
      testTimeoutMs: 1000,
      maxTimeouts: 1,
    });
    const results = analysis as { misuse: string[]; standalone: boolean }[];
    const found = cases.map(([body], index) => [
      body,
      results[2 * index]?.misuse,
      results[2 * index + 1]?.misuse,
    ]);
    expect(found).toEqual(cases);
    expect(results.map(({ standalone }) => standalone)).toEqual(
      cases.flatMap(([, , corrected]) => {
        const standalone = corrected.some((problem) => problem.includes('standalone'));
        return [standalone, standalone];
      }),
    );
  });
});

describe('a turn with real Python', () => {
  const good = 'def double(x):\n    y = aux(x)\n    y = float(y)\n    return y';

  const annotated =
    'def aux(x: "é", /, *rest: "Later", key: list[int] = (), **more: dict[str, "Any"]) -> "int":\n    return 2 * x';

  it.each<[why: string, responses: [string, string], reward: number]>([
    ['cooperation', [aux, good], 4],
    ['a wrapper', [aux, 'def double(x):\n    return aux(x)'], 3],
    ['main alone', ['', 'def double(x):\n    return 2 * x'], 2.1],
    [
      'half of the tests',
      [aux, 'def double(x):\n    y = aux(x)\n    y = int(y) if x > 1 else 0\n    return y'],
      3.5,
    ],
    ['an ignored call as the reference sees it', [aux, `${good.slice(0, -8)}aux (x)\n    return y`], 3.5],
    ['one that it does not see', [aux, `${good.slice(0, -8)}aux(x)\n    return y`], 4],
    ['a wrong answer', [aux, 'def double(x):\n    return aux(x) + 1'], 1.5],
    ['a syntax error', [aux, 'def double(x):\n    return aux(x'], 1],
    ['a program that does not load', [`${aux}\n    nonlocal q`, good], 1.5],
    ['a missing helper', ['', good], 1.5 - 0.4],
    ['an annotation that is not there', [aux, good.replace('(x)', '(x: List[int])')], 1.5],
    ['a result that is not there', ['def aux(x) -> Optional[int]:\n    return 2 * x', good], 1.5],
    ['annotations of all kinds', [annotated, good.replace('(x)', '(x: int) -> (\n    int |\n    float)')], 4],
    ['syntax of Python 3.14', [`${aux}\n    try: x\n    except A, b: x`, good], 1],
    ['an exit', [aux, 'def double(x):\n    import sys\n    sys.exit(0)\n    return aux(x)'], 1.5],
    ['an endless loop', [aux, 'def double(x):\n    while True: pass\n    return aux(x)'], 1.5],
    ['a null character', [aux, `${good}\n    # \0`], 1],
    ['half a character', [aux, `${good}\n    # \ud800`], 1],
    [
      'nesting without end',
      [aux, `def double(x):\n    return ${'('.repeat(5000)}aux(x)${')'.repeat(5000)}`],
      1,
    ],
    ['a tower of signs', [aux, `def double(x):\n    return ${'-'.repeat(50_000)}aux(x)`], 1],
    ['nothing', ['', ''], 0],
  ])('%s', async (_, responses, reward) => {
    const result = await play(responses, twoTests, { numTurns: 1 });
    expect(result.reward).toBeCloseTo(reward, 9);
    const sum = Object.values(result.components).reduce((total, term) => total + term, 0);
    expect(sum).toBeCloseTo(result.reward, 12);
  });

  it('evaluates annotations of nested functions when these are reached', async () => {
    const inner = ['if x > 1:', '    @float', '    @abs', '    def inner(y: Nowhere): return y'];
    const main = [
      'def double(x):',
      '    y = aux(x)',
      ...inner.map((line) => `    ${line}`),
      '    return y',
    ].join('\n');
    const options = { extraction: 'syntax_tree', numTurns: 1 } as const;
    const { info } = await play([aux, main], twoTests, options);
    expect(info).toMatchObject({
      tests: [{ status: 'failed', error: { type: 'NameError' } }, { status: 'passed' }],
    });
  });

  it('calls the function twice in tests of equality, and tests share a namespace', async () => {
    const counter = 'def aux(calls=[]):\n    calls.append(1)\n    return len(calls)';
    const main = 'def double(x):\n    n = aux()\n    n = n + 0\n    return n';
    const test = check(
      'assert candidate(0) == 2',
      'assert candidate(1) == 4',
      'assert candidate(2) >= 5 and math',
    );
    expect(await play([counter, main], test)).toMatchObject({ reward: 4, metrics: { tests_passed: 3 } });
  });

  it('fails tests whose right-hand side cannot be read alone, not those with a message', async () => {
    const test = check(
      'assert candidate(1) == 2, "message"',
      'assert candidate(2) == 4; x = 1',
      'assert candidate([1,',
      '2])',
    );
    expect(await play([aux, good], test)).toMatchObject({ metrics: { tests_passed: 1, tests_total: 3 } });
  });

  it('skips tests after the last time-out that is let pass', async () => {
    const slow = 'def double(x):\n    while x > 0: pass\n    return 0';
    const test = check(...[1, 2, 3, 4].map((n) => `assert candidate(${n}) == 0`), 'assert candidate(0) == 0');
    const result = await play([aux, slow], test, { testTimeoutS: 0.1, maxTimeouts: 2, sandboxSlice: 'all' });
    expect(result.metrics).toMatchObject({ timeouts: 2, tests_passed: 0, tests_total: 5 });
    expect(result.prompts[1]?.match(/TimeoutError: stopped after 0\.1 s/g)).toHaveLength(2);
    expect(result.prompts[1]).toContain('- Tests: 0 of 5 passed.');
  });

  it('tells what went wrong in the first test alone', async () => {
    const main = 'def double(x):\n    return aux(x) / 0';
    const { prompts } = await play([aux, main]);
    for (const prompt of prompts) {
      expect(prompt).toContain(
        '  - Failed: assert double(2) == 4 -> ZeroDivisionError: division by zero\n\n',
      );
    }
    expect(prompts[1]).toContain('- Warning: the main function is a mere wrapper');
  });

  it('tells where the syntax is wrong, in the combined program', async () => {
    const { prompts } = await play([aux, 'def double(x):\n    return = aux(x)']);
    expect(prompts[0]).toContain(
      '- Syntax: error at line 7, column 12 of the combined program: invalid syntax',
    );
    expect(prompts[0]).toContain('- Tests: not run');
  });

  it('marks all tests of a program that does not load as failed', async () => {
    const main = 'def double(x=1 // 0):\n    return aux(x)';
    const { prompts, info } = await play([aux, main], twoTests, { sandboxSlice: 0 });
    expect(prompts[0]?.match(/ZeroDivisionError: (integer )?division/g)).toHaveLength(2);
    expect(info).toMatchObject({ load: { status: 'failed' } });
  });

  it('knows the rule of the baselines: no math, all helpers', async () => {
    const main = 'def double(x):\n    y = more(x)\n    y += 0\n    return y';
    const helpers = `${aux}\n\ndef more(x):\n    return aux(x)`;
    const options = { baselineCheck: true, numTurns: 1 };
    expect(await play([helpers, main], twoTests, options)).toMatchObject({
      metrics: { correct: 1, tests_passed: 0 },
    });
    expect(await play([aux, 'def other(x):\n    return 1'], twoTests, options)).toMatchObject({
      metrics: { correct: 0 },
    });
  });
});

describe('the corrected mode', () => {
  const corrected = { extraction: 'syntax_tree', checks: 'corrected' } as const;

  it('keeps nested functions, imports, constants, classes and further helpers', async () => {
    const helper = [
      'Here is the helper:',
      '```python',
      'import functools',
      'FACTOR = 2',
      '',
      'def scale(x):',
      '    return FACTOR * x',
      '',
      '@functools.lru_cache(None)',
      'def aux(x):',
      '    """Doubles."""',
      '    return scale(x)',
      '',
      'print(aux(3))',
      '```',
      'I hope it helps.',
    ].join('\n');
    const main =
      'def aux(x):\n    return None\n\ndef double(x):\n    def inner(y):\n        return aux(y)\n    z = inner(x)\n    return z\n';
    expect(await play([helper, main], twoTests, corrected)).toMatchObject({
      reward: 4,
      info: { extraction: 'syntax_tree', main: main.slice(main.indexOf('def double')).trimEnd() },
    });
    expect((await play([helper, main])).reward).toBeLessThan(4);
  });

  it('reads literally what does not parse', async () => {
    const main = 'Sure!\ndef double(x):\n    y = aux(x)\n    y += 0\n    return y\nBye.';
    expect(await play([`Text\n${aux}`, main], twoTests, corrected)).toMatchObject({ reward: 4 });
  });

  it('penalises any call whose value is dropped, and lets ordinary uses be', async () => {
    const main = 'def double(x):\n    y = aux(x)\n    aux(x)\n    return y';
    const { reward, prompts } = await play([aux, main], twoTests, corrected);
    expect(reward).toBe(3.5);
    expect(prompts[1]).toContain('misuses it: Line 3: standalone call (not assigned)\n');
  });
});

describe('the builtin problems', () => {
  it.each([
    ['coop_humaneval', CoopHumanEval, 57],
    ['humaneval', HumanEval, 58],
    ['mbpp', Mbpp, 39],
  ] as const)('of %s are solved by two with the full reward', async (name, Task, count) => {
    const path = new URL(`./coding-solutions/${name}.py`, import.meta.url);
    const solutions = new Map(
      readFileSync(path, 'utf8')
        .split('# === ')
        .slice(1)
        .map((text) => {
          const [title = '', ...lines] = text.split('\n');
          return [title, lines.join('\n').split('# ---\n')] as const;
        }),
    );
    const batch = new BatchPython(sandbox);
    const env = new Task({ trainSplit: 'test[:]', evalSplit: null, numTurns: 1 }, undefined, batch);
    const results = await Promise.all(
      env.trainItems.map(async (item) => {
        const { reward } = await env.step(env.reset(item), solutions.get(item.entryPoint) ?? []);
        return { task: item.entryPoint, reward };
      }),
    );
    expect(results.filter(({ reward }) => reward !== 4)).toEqual([]);
    expect(results).toHaveLength(count);
  });
});
