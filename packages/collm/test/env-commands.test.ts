import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tasks } from '@collm/envs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

describe('collm env list', () => {
  it('shows every task', async () => {
    const { code, out } = await space.collm(['env', 'list']);
    expect(code).toBe(0);
    for (const { name, summary } of tasks)
      expect(out).toMatch(new RegExp(`${name} .* ${summary.slice(0, 20)}`));
    expect(out).toMatch(/str_build +│ game +│ +2 │ +4 │ -3 to 2 /);
    const json = JSON.parse((await space.collm(['env', 'list', '--json'])).out);
    expect(json.map(({ name }: { name: string }) => name)).toEqual(tasks.map(({ name }) => name));
  });
});

describe('collm env show', () => {
  it.each(tasks.map(({ name }) => name))(
    '%s: sizes, data, settings, and a prompt per agent',
    async (name) => {
      const { code, out, err } = await space.collm(['env', 'show', name]);
      expect(code, err).toBe(0);
      expect(out).toMatch(new RegExp(`^${name} \\((writing|coding|game)\\): `));
      expect(out).toMatch(/Reward of a turn: /);
      expect(out).toMatch(/Data\n {2}train: \d+ items of \d+ records \(builtin\)/);
      expect(out).toMatch(/ {2}env.num_turns = \d\n {6}\w.* \(.+\)/);
      expect(out).toMatch(/--- agent-0.*---\n(.|\n)+--- agent-1.*---\n/);
    },
  );

  it('has the item and the settings that are asked for', async () => {
    const set = ['--set', 'env.num_turns=3', '--set', 'env.words=[AB, CD]', '--set', 'env.train_split="[:]"'];
    const { out } = await space.collm([
      'env',
      'show',
      'str_build',
      '--item',
      'str_build_0002',
      ...set,
      '--set',
      'env.eval_split=null',
    ]);
    expect(out).toContain('2 agents, 3 turns.');
    expect(out).toContain('  env.num_turns = 3 (default 4)');
    expect(out).toContain('train: 2 items of 2 records');
    expect(out).toContain('about the item str_build_0002');
    const unknown = await space.collm(['env', 'show', 'str_build', '--item', 'x']);
    expect(unknown.err).toMatch(/no item of that id. The first of 10: str_build_0009/);
  });
});

describe('collm env validate, for data', () => {
  it('counts what is there and what is left out', async () => {
    space.write('words.csv', 'string,difficulty\nAB,1\n ,2\nCD,x\n');
    const { code, out } = await space.collm(['env', 'validate', 'words.csv', '--env', 'str_build']);
    expect(out).toBe(
      'words.csv for str_build\n' +
        '  all: 2 items of 3 records (words.csv)\n' +
        '    dropped 1: no word (words.csv:3)\n' +
        'No record is wrong.\n',
    );
    expect(code).toBe(0);
  });

  it('goes through all splits, and names every wrong record with its line', async () => {
    mkdirSync(space.path('posts'));
    space.write(
      'posts/train.jsonl',
      '{"prompt":"a"}\nnope\n{"prompt":3}\n{"prompt":" "}\n{"post":"x"}\n{"prompt":"b"}\n',
    );
    space.write('posts/test.jsonl', '{"prompt":"c"}\n');
    const { code, out } = await space.collm(['env', 'validate', 'posts', '--env', 'tldr']);
    expect(code).toBe(1);
    expect(out).toMatch(
      / {2}train: 2 items of 3 records \(posts\)\n {4}dropped 1: .*blank \(posts\/train.jsonl:4\)\n/,
    );
    expect(out).toMatch(/ {2}test: 1 item of 1 record \(/);
    expect(out).toMatch(
      /Wrong, 3:\n {2}posts\/train.jsonl:2: .*\n {2}posts\/train.jsonl:3: .*`prompt`.*\n {2}posts\/train.jsonl:5: /,
    );
  });

  it.each([
    [['validate', 'words.csv'], /`words.csv` is data: say for which task/],
    [['validate', 'words.csv', '--env', 'nothing'], /`--env nothing` is no task. There are tldr/],
    [['validate', 'my.mjs', '--env', 'tldr'], /`--env` is for data/],
  ])('%j is called wrongly', async (args, message) => {
    const { code, err } = await space.collm(['env', ...args]);
    expect(code).toBe(2);
    expect(err).toMatch(message);
  });

  it('says what cannot be read at all', async () => {
    const { code, out } = await space.collm(['env', 'validate', 'words.csv', '--env', 'tldr']);
    expect(code).toBe(1);
    expect(out).toMatch(/Wrong, 1:\n {2}There is no data file or folder `words.csv`/);
  });
});

describe('collm init', () => {
  it('writes an environment that passes its tests and the checks, shows, scores and trains', async () => {
    const { code, out } = await space.collm(['init', 'two-cooks']);
    expect(code).toBe(0);
    expect(out).toMatch(/Wrote two-cooks\/README.md, two-cooks\/two-cooks.mjs/);
    const dir = space.path('two-cooks');
    expect(readdirSync(dir).sort()).toEqual([
      'README.md',
      'two-cooks.mjs',
      'two-cooks.test.mjs',
      'two-cooks.yaml',
    ]);
    const source = readFileSync(space.path('two-cooks/two-cooks.mjs'), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(80);
    expect(source).toContain('function twoCooks(');

    const tests = execFileSync(process.execPath, ['--test', '--test-reporter=tap'], {
      cwd: dir,
      encoding: 'utf8',
      env: {},
    });
    expect(tests).toMatch(/# pass 4\n# fail 0/);

    const checked = await space.collm(['env', 'validate', 'two-cooks/two-cooks.mjs']);
    expect(checked.out).toMatch(/^two_cooks: 2 agents, 2 turns, reward -1 to 1/);
    expect(checked.out).toContain('All checks passed.');
    expect(checked.code).toBe(0);

    const shown = await space.collm([
      'env',
      'show',
      'two-cooks/two-cooks.mjs',
      '--set',
      'env.options.turns=3',
    ]);
    expect(shown.out).toMatch(/^two_cooks\n2 agents, 3 turns/);

    space.write('cases.jsonl', '{"item": {"id": "x", "things": ["a", "b"]}, "turns": [["a", "b"]]}\n');
    const scored = await space.collm(['score', 'two-cooks/two-cooks.mjs', '--input', 'cases.jsonl']);
    expect(JSON.parse(scored.out).return).toBe(1);

    const args = [
      'two-cooks/two-cooks.yaml',
      '--set',
      'agent_model.path=model',
      '--set',
      'train.max_steps=2',
    ];
    const trained = await space.collm(['train', ...args, '--name', 'a']);
    expect(trained.code, trained.err).toBe(0);
    expect(existsSync(space.path('runs/a/report.html'))).toBe(true);
    const evaluated = await space.collm(['eval', 'runs/a', '--checkpoint', 'last', '--json']);
    expect(evaluated.code, evaluated.err).toBe(0);
  });

  it('leaves what is there alone, and wants a proper name', async () => {
    expect((await space.collm(['init', 'my-env', '--dir', '.'])).code).toBe(0);
    const again = await space.collm(['init', 'my-env', '--dir', '.']);
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/README.md is there already/);
    for (const name of ['My Env', '../x', '1a', 'a_b', 'a--b']) {
      expect((await space.collm(['init', name])).err).toMatch(/is no name for an environment/);
    }
  });
});
