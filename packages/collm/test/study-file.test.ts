import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { registerWarmStartCommand } from '../src/commands/warm-start-register.js';
import type { Io } from '../src/io.js';
import { checkTrials } from '../src/study/check-trials.js';
import { recipeOptions, recipeTasks } from '../src/study/input-rules.js';
import { parseStudy, StudyError } from '../src/study/study-file.js';
import { studyPaths } from '../src/study/study-folder.js';
import { knownKeys } from '../src/study/study-schema.js';
import { trialsOf } from '../src/study/trials.js';
import type { Study } from '../src/study/types.js';
import { recipes } from '../src/warm-start/recipes/index.js';

const whole = `
title: Dense and sparse
question: Which is better?
models:
  small: { task: tldr, seed: 3, hidden_size: 32, set: [env.dataset=tiny] }
base: { train: { temperature: 1 } }
tasks:
  writing:
    label: Writing
    env_steps: 100
    threshold: 0.5
    config: { env: { type: tldr } }
  10: { env_steps: 50, metric: eval/iou }
  9: { env_steps: 50 }
methods:
  magrpo:
    config: { algorithm: { name: magrpo } }
    per_task: { writing: { train: { items_per_step: 2 } } }
  raw: { protocol: raw }
axes:
  horizon:
    levels: { 4: { config: { env: { num_turns: 4 } } }, 2: { label: two turns } }
  pay: { label: Payment, levels: { final: } }
exclude:
  - { method: raw, horizon: 2 }
overrides:
  - { where: { method: [magrpo], horizon: 4 }, config: { train: { items_per_step: 3 } } }
seeds: [1, 2]
claims:
  first:
    text: Training helps.
    task: writing
    measure: samples
    first: { method: magrpo, conditions: { horizon: 4 } }
    second: { method: raw, conditions: { horizon: 4, pay: final } }
    expect: higher
`;

const study = (text: string): Study => parseStudy(text, 'a.yaml', 'a');

/** What is wrong with a file, by path. */
function problems(text: string): Record<string, string> {
  try {
    study(text);
  } catch (error) {
    expect(error).toBeInstanceOf(StudyError);
    return Object.fromEntries((error as StudyError).problems.map(({ path, message }) => [path, message]));
  }
  throw new Error('the study is right');
}

describe('a study file', () => {
  it('is read with everything that it says, in its order', () => {
    const read = study(whole);
    expect([read.name, read.title, read.question]).toEqual(['a', 'Dense and sparse', 'Which is better?']);
    expect([...read.models]).toEqual([
      ['small', { task: 'tldr', seed: 3, hidden_size: 32, set: ['env.dataset=tiny'] }],
    ]);
    expect(read.tasks.map(({ name }) => name)).toEqual(['writing', '10', '9']);
    expect(read.tasks[0]).toEqual({
      ...{
        name: 'writing',
        label: 'Writing',
        envSteps: 100,
        metric: 'eval/return',
        threshold: 0.5,
        seeds: null,
      },
      config: { env: { type: 'tldr' } },
    });
    expect(read.tasks[1]).toMatchObject({ label: '10', metric: 'eval/iou', threshold: null, config: {} });
    expect(read.methods).toEqual([
      {
        ...{ name: 'magrpo', label: 'magrpo', config: { algorithm: { name: 'magrpo' } }, protocol: null },
        perTask: { writing: { train: { items_per_step: 2 } } },
      },
      { name: 'raw', label: 'raw', config: {}, protocol: 'raw', perTask: {} },
    ]);
    expect(read.axes.map(({ levels }) => levels.map(({ name, label }) => `${name}: ${label}`))).toEqual([
      ['4: 4', '2: two turns'],
      ['final: final'],
    ]);
    expect(read.exclude).toEqual([{ method: ['raw'], horizon: ['2'] }]);
    expect(read.overrides).toEqual([
      {
        where: { method: ['magrpo'], horizon: ['4'] },
        config: { train: { items_per_step: 3 } },
        threshold: null,
      },
    ]);
    expect(read.claims).toEqual([
      {
        ...{ id: 'first', text: 'Training helps.', task: 'writing', measure: 'samples', expect: 'higher' },
        first: { method: 'magrpo', conditions: { horizon: '4' } },
        second: { method: 'raw', conditions: { horizon: '4', pay: 'final' } },
        margin: 0,
      },
    ]);
    expect(read.keep).toContain('agent_*/entropy');
  });

  it('takes the name of a method for a cell where no axis has several levels', () => {
    const read = study(
      'tasks: { a: { env_steps: 1 } }\nmethods: { x: , y: }\nseeds: [1]\nclaims: { c: { text: t, task: a, first: x, second: y, expect: equal, margin: 0.1 } }'.replace(
        '{ x: , y: }',
        '{ x: {}, y: {} }',
      ),
    );
    expect(read.claims[0]).toMatchObject({ first: { method: 'x', conditions: {} }, margin: 0.1 });
    expect(read.claims[0]?.measure).toBe('final');
  });

  it('is refused with all that is wrong with single keys', () => {
    const found = problems(
      whole
        .replace('env_steps: 100', 'envsteps: 100')
        .replace('threshold: 0.5', 'threshold: half')
        .replace('seeds: [1, 2]', 'seeds: [1, -2, x]')
        .replace('protocol: raw', 'protocol: trained')
        .replace('expect: higher', 'expect: better')
        .replace('title:', 'titel:')
        .replace('hidden_size: 32', 'hidden_size: [1]'),
    );
    expect(found).toEqual({
      titel: '`titel` is not a known key. Did you mean `title`?',
      'models.small.hidden_size':
        '`models.small.hidden_size` is [1], but must be a text, a number, or a list of texts.',
      'tasks.writing.env_steps': '`tasks.writing.env_steps` is not set, but a study needs it: a number.',
      'tasks.writing.envsteps': '`tasks.writing.envsteps` is not a known key. Did you mean `env_steps`?',
      'tasks.writing.threshold': '`tasks.writing.threshold` is "half", but must be a number.',
      'methods.raw.protocol':
        '`methods.raw.protocol` is "trained", but must be raw or parallel or pipeline or discussion.',
      'seeds.1': '`seeds.1` is -2, but must be at least 0.',
      'seeds.2': '`seeds.2` is "x", but must be a number.',
      'claims.first.expect': '`claims.first.expect` is "better", but must be higher or lower or equal.',
    });
  });

  it('is refused with all names that are not there, and keys that do not go together', () => {
    const found = problems(
      whole
        .replace('per_task: { writing:', 'per_task: { writeing:')
        .replace('{ method: raw, horizon: 2 }', '{ methods: raw, horizon: 3 }')
        .replace('seeds: [1, 2]', 'seeds: [1, 2, 1]\nextra: 1')
        .replace('first: { method: magrpo, conditions: { horizon: 4 } }', 'first: { method: magrpo }')
        .replace('horizon: 4, pay: final', 'horizon: 4, pay: now, wind: east')
        .replace('expect: higher', 'expect: equal')
        .replace('threshold: 0.5', 'threshold: null\n    seeds: [4, 4]'),
    );
    expect(Object.keys(found)).toEqual([
      'extra',
      'methods.magrpo.per_task.writeing',
      'exclude.0.methods',
      'exclude.0.horizon',
      'seeds',
      'tasks.writing.seeds',
      'claims.first.first.conditions.horizon',
      'claims.first.second.conditions.wind',
      'claims.first.second.conditions.pay',
      'claims.first.margin',
      'claims.first.measure',
    ]);
    expect(found['methods.magrpo.per_task.writeing']).toMatch(/no task "writeing".*Did you mean `writing`\?/);
    expect(found['claims.first.first.conditions.horizon']).toMatch(/2 levels. Name one of 4, 2/);
    expect(found['claims.first.measure']).toMatch(/`tasks.writing.threshold` is not set/);
  });

  it.each([
    [
      'a cell that is left out',
      [['horizon: 4, pay: final', 'horizon: 2, pay: final']],
      'claims.first.second',
    ],
    [
      'a cell with itself',
      [
        [
          '{ method: raw, conditions: { horizon: 4, pay: final } }',
          '{ method: magrpo, conditions: { horizon: 4 } }',
        ],
      ],
      'claims.first',
    ],
    [
      'a margin that nothing needs',
      [['expect: higher', 'expect: lower\n    margin: 1']],
      'claims.first.margin',
    ],
    [
      'a name that no folder can have',
      [
        ['  raw: {', '  a/b: {'],
        ['method: raw', 'method: a/b'],
        ['method: raw', 'method: a/b'],
      ],
      'methods.a/b',
    ],
    [
      'an axis called as something else',
      [
        ['  pay: {', '  seed: {'],
        ['pay: final', 'seed: final'],
      ],
      'axes.seed',
    ],
    [
      'an axis without levels',
      [
        ['levels: { final: }', 'levels: {}'],
        [', pay: final', ''],
      ],
      'axes.pay.levels',
    ],
    [
      'an override of everything',
      [['where: { method: [magrpo], horizon: 4 }', 'where: {}']],
      'overrides.0.where',
    ],
    [
      'an override of nothing',
      [['horizon: 4 }, config', 'horizon: 5 }, config']],
      'overrides.0.where.horizon',
    ],
    ['an exclusion of everything', [['{ method: raw, horizon: 2 }', '{}']], 'exclude.0'],
  ] as const)('is refused with %s', (_, changes, path) => {
    const text = changes.reduce((before, [from, to]) => {
      expect(before).toContain(from);
      return before.replace(from, to);
    }, whole);
    expect(Object.keys(problems(text))).toContain(path);
  });

  it('is refused where nothing would come of it', () => {
    const found = problems(
      whole
        .replace('task: tldr, seed: 3, hidden_size: 32', 'task: tdlr, hiden_size: 32, steps: [a, b], out: x')
        .replace('temperature: 1 }', 'temperature: 1, seed: 3 }')
        .replace('env: { num_turns: 4 } }', 'train: { max_env_steps: 4 } }')
        .replace('metric: eval/iou', 'metric: eval/turn_1/iou'),
    );
    expect(found).toEqual({
      'models.small.task':
        '`models.small.task` is "tdlr", which `collm warm-start` has no demonstrations of. Did you mean `tldr`?',
      'models.small.hiden_size':
        '`models.small.hiden_size` is no option that a recipe has. Did you mean `hidden_size`?',
      'models.small.steps': '`models.small.steps` is a list, but only `set` is repeated. Give one value.',
      'models.small.out': expect.stringMatching(/no option that a recipe has/),
      'base.train.seed': '`base.train.seed` would do nothing: `seeds` set it. Remove it.',
      'axes.horizon.levels.4.config.train.max_env_steps': expect.stringMatching(
        /would do nothing: the task's `env_steps` sets it/,
      ),
      'tasks.10.metric': expect.stringMatching(/eval\/turn_1\/iou, but records do not keep that/),
    });
    const kept = whole
      .replace('metric: eval/iou', 'metric: eval/turn_1/iou')
      .replace('seeds:', 'keep: [eval/turn_*/iou]\nseeds:');
    expect(study(kept).tasks[1]?.metric).toBe('eval/turn_1/iou');
  });

  it('may have every option and task of warm starts in its recipes', () => {
    const program = new Command();
    registerWarmStartCommand(program, {} as Io, () => {});
    const options = program.commands[0]?.options.map(({ long }) => long?.slice(2).replaceAll('-', '_'));
    expect(recipeOptions).toEqual(
      expect.arrayContaining(options?.filter((name) => name !== 'out' && name !== 'debug') ?? ['none']),
    );
    expect(options).toEqual(expect.arrayContaining(recipeOptions));
    expect(recipeTasks).toEqual(recipes.map(({ name }) => name));
  });

  it('is refused when it is no YAML, or no study', () => {
    expect(problems('a: [')['']).toMatch(/`a.yaml` is not valid YAML/);
    expect(problems('a: &a { b: *a }')['']).toMatch(/`a.yaml` is not valid YAML: .* holds itself/);
    expect(problems('tasks: {}\nmethods: {}\nseeds: []').seeds).toMatch(
      /is \[\], but must be a list of one or more/,
    );
    expect(problems('- 1')['']).toMatch(/holds no keys/);
    expect(Object.keys(problems('title: x'))).toEqual(['tasks', 'methods', 'seeds']);
  });
});

describe('the page on studies', () => {
  const page = readFileSync(new URL('../../../docs/studies.md', import.meta.url), 'utf8');

  it('shows a study that is right', () => {
    const example = study(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    const trials = checkTrials(
      { study: example, dir: '/nowhere' },
      trialsOf(example),
      studyPaths('/nowhere/out'),
    );
    expect(trials).toHaveLength(15);
  });

  it('has every key', () => {
    const rows = [...page.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell).join('\n');
    const places = [
      [],
      ['tasks', '*'],
      ['methods', '*'],
      ['axes', '*'],
      ['claims', '*'],
      ['claims', '*', 'first'],
    ];
    const keys = places.flatMap((place) =>
      knownKeys(place).map((key) => (place[0] === 'claims' ? key : [...place, key].join('.'))),
    );
    expect(keys.length).toBeGreaterThan(25);
    // Sections whose keys have rows of their own, and what stands in the row of its section.
    const within = ['models', 'tasks', 'methods', 'axes', 'claims'];
    const missing = keys.filter(
      (key) =>
        !within.includes(key) && !rows.replace(/<\w+>/g, '*').includes(key.replace('per_task', 'per_task.*')),
    );
    expect(missing.filter((key) => !['method', 'conditions'].includes(key))).toEqual([]);
    expect(page).toMatch(/cells: `method`, and under `conditions`/);
  });
});
