import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { base } from '../../test/config-problems.js';
import { processIo } from '../io.js';
import { fileProblems } from './files.js';
import { formatConfig, loadConfig, parseAssignment } from './load.js';
import { openEnvironment } from './to-options.js';

describe('files', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'collm-config-'));
    mkdirSync(join(dir, 'sub/model'), { recursive: true });
    writeFileSync(
      join(dir, 'a.yaml'),
      stringify({ ...base, agent_model: { path: 'sub/model' }, train: { seed: 1, top_k: 5 } }),
    );
    writeFileSync(
      join(dir, 'sub/b.yaml'),
      'agent_model: {path: model}\ntrain: {seed: 2, top_k: null}\nenv: {words: [A, B, C]}\n',
    );
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const load = (files: string[], assignments: string[] = []) => loadConfig({ files, assignments, cwd: dir });
  const message = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('may say the same at several places by anchors, of which each is checked by itself', () => {
    const both = 'agent_model: &m { path: sub/model, dtype: bfloat16 }\ncritic_model: *m\n';
    const rest = 'env: { type: str_build }\nalgorithm: { name: collm_cc }\n';
    writeFileSync(join(dir, 'anchors.yaml'), both + rest);
    expect(load(['anchors.yaml'])).toMatchObject({
      agent_model: { path: join(dir, 'sub/model'), dtype: 'bfloat16' },
      critic_model: { path: join(dir, 'sub/model'), dtype: 'bfloat16' },
    });
    writeFileSync(join(dir, 'anchors.yaml'), 'env: &e {}\ntrain: *e\nagent_model: *e\nalgorithm: *e\n');
    expect(message(() => load(['anchors.yaml']))).toMatch(
      /^3 problems .*`env.type` .*`agent_model.path` .*`algorithm.name` /s,
    );
  });

  it('merges left to right, then assignments; lists replace and null clears', () => {
    expect(load(['a.yaml']).train).toMatchObject({ seed: 1, top_k: 5 });
    expect(load(['a.yaml', 'sub/b.yaml']).train).toMatchObject({ seed: 2, top_k: null });
    expect(load(['sub/b.yaml', 'a.yaml']).train).toMatchObject({ seed: 1, top_k: 5 });
    const last = load(
      ['a.yaml', 'sub/b.yaml'],
      ['train.seed=3', 'train.seed=4', 'env.words=[Z]', 'train.temperature=null'],
    );
    expect(last.train).toMatchObject({ seed: 4, temperature: 0.6 });
    expect(last.env.words).toEqual(['Z']);
    expect(load(['a.yaml'], ['train=null']).train.seed).toBe(42);
  });

  it('takes paths relative to the file they stand in, or to the folder of the command', () => {
    expect(load(['a.yaml']).agent_model.path).toBe(join(dir, 'sub/model'));
    expect(load(['a.yaml', 'sub/b.yaml']).agent_model.path).toBe(join(dir, 'sub/model'));
    expect(load(['a.yaml'], ['critic_model.path=c']).critic_model.path).toBe(join(dir, 'c'));
  });

  it('writes a configuration that loads as the same one, with paths relative to it', () => {
    const config = load(['a.yaml']);
    writeFileSync(join(dir, 'sub/out.yaml'), formatConfig(config, join(dir, 'sub')));
    expect(parse(readFileSync(join(dir, 'sub/out.yaml'), 'utf8')).agent_model.path).toBe('model');
    expect(load(['sub/out.yaml'])).toEqual(config);
  });

  it('says what is wrong with a file or an assignment', () => {
    expect(message(() => load(['no.yaml']))).toBe(
      'The configuration `no.yaml` does not exist. Check the path.',
    );
    writeFileSync(join(dir, 'bad.yaml'), 'env: {type: [}\n');
    expect(message(() => load(['bad.yaml']))).toMatch(/`bad.yaml` is not valid YAML: .*line 1/);
    for (const [text, why] of [
      ['env: &e { type: str_build, own: *e }', 'nests deeper than 100 levels, or a part of it holds itself'],
      [`env: ${'['.repeat(101)}${']'.repeat(101)}`, 'nests deeper than 100 levels'],
      [
        [...Array(30).keys()].map((i) => `a${i}: &${i} [${`*${i - 1},`.repeat(i ? 9 : 0)}]`).join('\n'),
        'more than 1000000 values',
      ],
    ] as const) {
      writeFileSync(join(dir, 'bad.yaml'), text);
      expect(
        message(() => load(['bad.yaml'])),
        text,
      ).toMatch(new RegExp(`not valid YAML: .*${why}`));
    }
    writeFileSync(join(dir, 'list.yaml'), '- 1\n');
    expect(message(() => load(['list.yaml']))).toMatch(/holds no sections/);
    for (const text of ['seed', '=1', 'train..seed=1']) {
      expect(message(() => parseAssignment(text))).toMatch(/is no assignment/);
    }
    expect(message(() => parseAssignment('a.b=[1'))).toMatch(/not YAML/);
  });

  it('looks for the models and data', () => {
    const config = load(['a.yaml'], ['env.dataset=no.csv', 'critic_model.path=nowhere']);
    const found = fileProblems(config).map(({ message: text }) => text);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(
      /`agent_model.path` is .*model, but that folder has no config.json and no tokenizer.json/,
    );
    expect(found[1]).toMatch(/`critic_model.path` is .*nowhere, but there is no such folder/);
    expect(found[2]).toMatch(/`env.dataset` is .*no.csv, but there is no such file. Check the path.$/);
  });

  it.each([
    ['buildin', /no such file. Did you mean `builtin`\? Else check the path, or name a data set of the hub/],
    ['posts', /no such file. Check the path, or name a data set of the hub as org\/name/],
  ])('of the data set %j knows what was meant', (name, cure) => {
    const found = fileProblems(load(['a.yaml'], [`env.dataset=${name}`]));
    expect(found.find(({ path }) => path === 'env.dataset')?.message).toMatch(cure);
  });

  it('explains brackets without quotes', () => {
    expect(message(() => load(['a.yaml'], ['env.train_split=[20:]']))).toMatch(
      /must be a text. .*quote the text/,
    );
  });

  it('refuses splits without items', async () => {
    const open = (...set: string[]) => openEnvironment(load(['a.yaml'], set), processIo);
    await expect(open('env.train_split="[20:]"', 'env.eval_split="[30:]"')).rejects.toThrow(
      /2 problems.*`env.train_split` is "\[20:\]", but that selects none.*`env.eval_split`/s,
    );
    const { evalItems } = await open('env.eval_split="[30:]"', 'train.eval_interval=0');
    expect(evalItems).toEqual([]);
    await expect(open('env.dataset=no.csv')).rejects.toThrow(/`env`: .*no\.csv/);
  });

  it('notices what cannot fit the context', () => {
    writeFileSync(join(dir, 'sub/model/config.json'), '{"max_position_embeddings": 256}');
    writeFileSync(join(dir, 'sub/model/tokenizer.json'), '{}');
    expect(fileProblems(load(['a.yaml']))[0]?.message).toMatch(
      /\(256\) do not fit the model's context of 256 tokens/,
    );
    expect(fileProblems(load(['a.yaml'], ['train.max_new_tokens=100']))).toEqual([]);
    expect(
      fileProblems(load(['a.yaml'], ['train.max_new_tokens=100', 'agent_model.max_prompt_tokens=200']))[0]
        ?.message,
    ).toMatch(/`agent_model.max_prompt_tokens` \(200\) and `train.max_new_tokens` \(100\)/);
    writeFileSync(join(dir, 'sub/model/config.json'), '{');
    expect(fileProblems(load(['a.yaml']))[0]?.message).toMatch(/cannot be read/);
  });
});

describe('committed configurations', () => {
  const folder = fileURLToPath(new URL('../../configs/', import.meta.url));
  it.each(readdirSync(folder))('%s loads, and its environment opens', async (name) => {
    const config = loadConfig({ files: [join(folder, name)] });
    const environment = await openEnvironment(config, processIo);
    expect(environment.trainItems.length).toBeGreaterThan(0);
    expect(environment.evalItems.length).toBeGreaterThan(0);
  });
});
