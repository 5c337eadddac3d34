/** ClassEval: skeletons, choices of methods, the reward's formulas by hand, whole turns. */
import { describe, expect, it } from 'vitest';
import { chosenMethods } from '../src/coding/class-eval/selection.js';
import { readSkeleton } from '../src/coding/class-eval/skeleton.js';
import { ClassEval, classEvalComponents, type DataSource } from '../src/index.js';

const skeleton = [
  'import math',
  '',
  'class Box:',
  '    """A box.',
  '    def no_method(self):',
  '    """',
  '',
  '    def __init__(self, size):',
  '        """Keeps the size."""',
  '        self.size = size',
  '',
  '    def volume(self):',
  '        """Return the volume.',
  '        >>> Box(2).volume()',
  '        8',
  '        """',
  '',
  '    @staticmethod',
  '    def unit(',
  '        name: str = ":",',
  '    ) -> str:',
  '        # to do',
  '        pass',
  '',
  '    def fits(self, other):',
  "        '''Return whether the other one fits in.'''",
  '        ...',
  '    def grow(self, by): pass',
  '',
  '    def shrink(self, by):',
  '        raise NotImplementedError("soon")',
  '',
  'print(Box(1))',
].join('\n');

describe('a skeleton', () => {
  it('leaves the methods without a body to be written', () => {
    expect(readSkeleton(skeleton)).toEqual({
      className: 'Box',
      methods: ['volume', 'unit', 'fits', 'grow', 'shrink'],
    });
    expect(readSkeleton('def f(x):\n    pass')).toBeNull();
    expect(readSkeleton('class A:\n    x = 1')).toEqual({ className: 'A', methods: [] });
  });
});

describe('the methods of a response', () => {
  const targets = new Set(['volume', 'fits']);
  const names = (response: string) => [...chosenMethods(response, targets).keys()];

  it.each<[why: string, response: string, expected: string[]]>([
    ['all targets', 'def volume(self):\n    return 1\ndef fits(self, o):\n    return 2', ['volume', 'fits']],
    ['no others', 'def __init__(self):\n    pass\ndef area(self):\n    pass', []],
    [
      'the first fenced block',
      'def fits():\n```python\ndef volume(self):\n  x\n```\n```\ndef fits():\n```',
      ['volume'],
    ],
    ['all where the fence stays open', '```python\ndef fits(self):', ['fits']],
    ['none in an empty fence', '``````def fits(self):', []],
    ['none of nothing', '', []],
  ])('are %s', (_, response, expected) => {
    expect(names(response)).toEqual(expected);
  });

  it('go up to the next def, and the later of two counts', () => {
    const response =
      'def volume(self):\n    return 1\n\n    def fits(self):\n        return 2\ndef volume(self):\n    return 3\n';
    expect([...chosenMethods(response, targets)]).toEqual([
      ['volume', 'def volume(self):\n    return 3'],
      ['fits', '    def fits(self):\n        return 2'],
    ]);
  });
});

describe('the reward', () => {
  it.each<[counts: number[], covered: number, methods: number, parts: [number, number, number, number]]>([
    [[2, 2], 4, 4, [2, 2, 3, 0]],
    [[1, 3], 4, 4, [2, 2, 2.125, 0]],
    [[2, 2], 3, 4, [1.5, 2, 3, 0]],
    [[2, 3], 4, 4, [2, 5 / 3, 2.5625, 0]],
    [[1, 1], 2, 5, [0, 0.92, 1.74, 0]],
    [[1, 1], 1, 2, [1, 2, 3, 0]],
    [[0, 4], 4, 4, [0, 0, 0, -2]],
    [[1, 1], 1, 4, [0, 0, 0, -1]],
    [[0, 0], 0, 0, [0, 0, 0, -2]],
    [[1, 1], 1, 0, [0, 0, 0, -1]],
    [[2, 2, 2, 2], 2, 2, [0, 0, 0, -1]],
    [[3], 3, 3, [2, 2, 3, 0]],
    [[2], 2, 3, [4 / 3, 2 - 1 / 3, -0.5, 0]],
  ])('of %j methods that cover %i of %i', (counts, covered, methods, parts) => {
    const { coverage, duplication, balance, penalty } = classEvalComponents(counts, covered, methods);
    [coverage, duplication, balance, penalty].forEach((part, index) => {
      expect(part).toBeCloseTo(parts[index] as number, 6);
    });
  });

  it('for too many methods runs through the points of the specification', () => {
    for (const methods of [1, 2, 3, 5, 8]) {
      const many = (written: number) => {
        const counts = Array.from({ length: methods + 1 }, () => 1);
        counts[0] = written - methods;
        return classEvalComponents(counts, methods, methods).duplication;
      };
      expect(many(2 * methods + 1)).toBeCloseTo(-1, 9);
      expect(many(2 * methods + 2)).toBeCloseTo(-2, 9);
    }
  });
});

describe('an episode', () => {
  const data: DataSource = {
    name: 'own',
    splits: new Map([['', [{ value: { task_id: 'box', skeleton }, where: 'own.jsonl:1' }]]]),
  };
  const env = new ClassEval({ trainSplit: '[:]', evalSplit: null }, data);
  const [item] = env.trainItems;
  if (item === undefined) throw new Error('no item');
  const own = 'def volume(self):\n    return 1';

  it('asks all agents the same, then for their own part alone', () => {
    const start = env.reset(item);
    const [first, second] = env.observe(start);
    expect(first).toEqual(second);
    const content = first?.messages[0]?.content ?? '';
    expect(content).toContain(skeleton);
    expect(content).toContain('about 2 or 3');
    expect(content).toContain('- volume\n- unit\n- fits\n- grow\n- shrink\n');

    const result = env.step(start, [own, 'nothing']);
    expect(result).toMatchObject({
      reward: -2,
      processedReward: -8,
      terminated: false,
      metrics: { methods: 5, covered_methods: 1, agent_1_methods: 1, agent_2_methods: 0 },
      info: { chosen: [['volume'], []] },
    });
    const next = env.observe(result.state).map(({ messages }) => messages[0]?.content ?? '');
    expect(next[0]).toContain(`Your code:\n\`\`\`python\n${own}\n\`\`\``);
    expect(next[1]).not.toContain(own);
    expect(next[1]).toContain('No method of the class was found');
  });

  it('ends early when the work is shared out', () => {
    const methods = (...names: string[]) => names.map((name) => `def ${name}(self):\n    x`).join('\n');
    const responses = [methods('volume', 'unit', 'fits'), methods('grow', 'shrink')];
    const result = env.step(env.reset(item), responses);
    expect(result.reward).toBeCloseTo(4 + 3.5 * (1 - 0.25 / 6.25) - 0.5, 6);
    expect(result).toMatchObject({ terminated: true, endedBy: 'threshold' });
    const { coverage, duplication, balance, penalty } = result.components;
    expect(result.reward).toBe((coverage ?? 0) + (duplication ?? 0) + (balance ?? 0) + (penalty ?? 0));
    expect(() => env.step(env.reset(item), ['one'])).toThrow(/got 1 responses/);
  });

  it('of a single model wants all methods', () => {
    const single = env.singleModel();
    const prompt = single.observe(single.reset(item))[0]?.messages[0]?.content ?? '';
    expect(prompt).toContain('Write all of them.');
    expect(prompt).not.toContain('Take a job');
  });

  it('has classes of its own, all with methods', () => {
    const builtin = new ClassEval();
    expect([builtin.trainItems.length, builtin.evalItems.length]).toEqual([66, 16]);
    const all = [...builtin.trainItems, ...builtin.evalItems];
    expect(new Set(all.map(({ className, methods }) => `${className} ${methods}`)).size).toBe(82);
    expect(Math.min(...all.map(({ methods }) => methods.length))).toBe(3);
  });

  it('refuses records without a class, naming the place', () => {
    const wrong = {
      name: 'own',
      splits: new Map([['', [{ value: { skeleton: 'x = 1' }, where: 'own.jsonl:1' }]]]),
    };
    expect(() => new ClassEval({ trainSplit: '[:]', evalSplit: null }, wrong)).toThrow(
      /own\.jsonl:1: the field `skeleton` holds no class/,
    );
    const empty = {
      name: 'own',
      splits: new Map([['', [{ value: { skeleton: 'class A:\n    x = 1' }, where: 'own.jsonl:1' }]]]),
    };
    expect(() => new ClassEval({ trainSplit: '[:]', evalSplit: null }, empty)).toThrow(
      /leaves no items: it selects 1 of 1 records of own; 1: no method to write/,
    );
  });
});
