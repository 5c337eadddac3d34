/** Records of data files that hold anything at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DataSource, EnvError, tasks } from '../src/index.js';
import { altered, anyValue } from './altered.js';

const problem = {
  task_id: 'HumanEval/0',
  prompt: 'def twice(x: int) -> int:\n    """Double x."""\n',
  test: 'def check(candidate):\n    assert candidate(2) == 4\n',
  entry_point: 'twice',
};

/** A whole record of every task. */
const records: Readonly<Record<string, unknown>> = {
  tldr: { id: 't1', prompt: 'SUBREDDIT: r/cats\nPOST: My cat sleeps all day long.\nTL;DR:' },
  arxiv: { id: 'a1', abstract_text: 'We show that cats sleep. They do so all day long.' },
  humaneval: problem,
  coop_humaneval: problem,
  mbpp: problem,
  classeval: {
    task_id: 'c1',
    skeleton:
      'class Box:\n    def put(self, x):\n        """Keep x."""\n    def get(self):\n        """Give x."""\n',
  },
  str_build: { string: 'LI', difficulty: 2 },
  house_build: {
    task_id: 'h1',
    inventory: { P: 'planks', O: 'obsidian', A: 'air' },
    target_spec: {
      type: 'y_layers',
      size: { width: 2, height: 2, depth: 2 },
      layers: [
        { y: 0, rows: ['PP', 'OO'] },
        { y: 1, rows: ['PA', 'OA'] },
      ],
    },
  },
  bridge_build: { task_id: 'b1', rows: ['S....', '.Y.#.', '...NT'] },
  resource_gathering: { task_id: 'r1', grid: ['A . (2,0,0)', [[1, 2, 3], '.', '.'], 'B (0,3,1) (1,0,0)'] },
};

const source = (value: unknown): DataSource => ({
  name: 'x.jsonl',
  splits: new Map([['', [{ value: value as Record<string, unknown>, where: 'x.jsonl:1' }]]]),
});

const isDict = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

describe.each(tasks)('$name', (task) => {
  /** Shows the item to the agents; how many items there were. */
  const play = (value: unknown): number => {
    const environment = task.open({ trainSplit: '[:]', evalSplit: null }, source(value));
    for (const item of environment.trainItems) {
      expect(environment.observe(environment.reset(item, 1))).toHaveLength(environment.numAgents);
    }
    return environment.trainItems.length;
  };

  it('plays a record, or says in words what is wrong with it', () => {
    const whole = records[task.name];
    expect(play(whole)).toBe(1);
    const other = fc.dictionary(fc.string(), anyValue);
    // What is no object is refused when the file is read.
    const spoilt = fc.oneof({ weight: 9, arbitrary: altered(whole) }, other).filter(isDict);
    fc.assert(
      fc.property(spoilt, (value) => {
        try {
          play(value);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvError);
          expect((error as Error).message).toMatch(/^\P{Cc}{10,600}$/u);
        }
      }),
      { numRuns: 300 },
    );
  });
});
