/** docs/algorithms.md, and the keys in docs/metrics.md, against the tree: keys, values, tests, metrics, commands. Links: docs-links.test.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Knob, knobs } from '../src/config/knobs.js';
import { loadConfig } from '../src/config/load.js';
import { referenceKey } from '../src/config/reference-names.js';
import { algorithmSchema } from '../src/config/schema-algorithm.js';
import { type Dict, problems } from './config-problems.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8');
const page = read('docs/algorithms.md');
const metrics = read('docs/metrics.md');
const codeOf = (text: string) =>
  [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code as string);
const code = codeOf(page);
const blocks = (language: string) =>
  [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, text = '']) =>
    found === language ? [text] : [],
  );
const links = [...page.matchAll(/\]\(([^)\s]+)\)(?: “([^”]+)”)?/g)].map(([, target = '', title]) => ({
  target,
  title,
}));
const local = links.filter(({ target }) => !/^(https?:|#)/.test(target));

const sections = [...new Set(knobs.map(({ path }) => path.slice(0, path.indexOf('.'))))];
const inSection = new RegExp(`^(${sections.join('|')})\\.\\w`);
const algorithms = algorithmSchema.options.map(({ shape }) => shape.name.value as string);

/** Keys are of `algorithm` unless they say otherwise. */
const knobsOf = (key: string): Knob[] => {
  const path = inSection.test(key) ? key : `algorithm.${key}`;
  return knobs.filter((knob) => knob.path === path);
};

/**
 * `key` and `key: value` of code spans: dotted ones, and names of several words that are nothing else. Those of
 * docs/metrics.md count too.
 */
const mentions = [...code, ...codeOf(metrics)].flatMap((text) => {
  const [, key = '', value] = /^([\w.]+)(?:: (.+))?$/.exec(text) ?? [];
  if (key.endsWith('.ts') || /^(agent|critic|turn)_[ik\d]$/.test(key)) return [];
  const bare = /^[a-z]+(_[a-z0-9]+)+$/.test(key) && ![...algorithms, ...sections].includes(key);
  return bare || inSection.test(key) || knobsOf(key).length > 0 ? [{ text, key, value }] : [];
});

/** What CoMLRL calls a key: another name of ours, or the same in sections of its own. */
const isTheirs = (key: string) =>
  referenceKey(key) !== undefined || knobs.some(({ path }) => path.endsWith(`.${key}`));
const [, theirParameters = ''] = page.split('### Parameters of CoMLRL');

describe('docs/algorithms.md', () => {
  it('quotes tests by words that they have', () => {
    const quoted = local.filter(({ title }) => title !== undefined);
    expect(quoted.length).toBeGreaterThan(20);
    const wrong = quoted.filter(({ target, title }) => !read(`docs/${target}`).includes(title as string));
    expect(wrong).toEqual([]);
  });

  it('names keys that the configuration has, or that CoMLRL had', () => {
    const unknown = mentions.filter(
      ({ key, text }) =>
        knobsOf(key).length === 0 && !(isTheirs(key) && theirParameters.includes(`\`${text}\``)),
    );
    expect(unknown).toEqual([]);
    expect(mentions.length).toBeGreaterThan(100);
  });

  it('gives keys values that they take', () => {
    const refused = mentions.filter(({ key, value }) => {
      const rules = knobsOf(key).map(({ rule }) => rule);
      return value !== undefined && rules.length > 0 && !rules.some((rule) => takes(rule, parse(value)));
    });
    expect(refused).toEqual([]);
  });

  it('has every algorithm, primitive and departure', () => {
    for (const name of algorithms) expect(code, name).toContain(name);
    const files = readdirSync(`${root}packages/marl/src/algorithms`).filter(
      (name) => !name.startsWith('create'),
    );
    for (const file of files)
      expect(local.map(({ target }) => target)).toContain(`../packages/marl/src/algorithms/${file}`);
    const rows = [...page.matchAll(/^\| ([PD]\d+) \|/gm)].map(([, name]) => name);
    const wanted = (letter: string, count: number) =>
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
    expect(rows).toEqual([...wanted('P', 17), ...wanted('D', 32)]);
  });

  it('names metrics that docs/metrics.md defines', () => {
    const named = code.filter((text) => /^(train|eval|agent_i|critic|time|diagnostics)\/\w+$/.test(text));
    expect(named.length).toBeGreaterThan(5);
    const task = ['eval/iou', 'eval/adj_ratio'];
    expect(named.filter((name) => !task.includes(name) && !metrics.includes(`| \`${name}\` |`))).toEqual([]);
  });

  it('shows configurations and commands that load', () => {
    for (const text of blocks('yaml')) expect(problems(parse(text) as Dict)).toEqual([]);
    const commands = blocks('sh').flatMap((text) => text.trim().split('\n'));
    expect(commands).not.toHaveLength(0);
    for (const command of commands) {
      const [words = ''] = command.split(/\s+#/);
      const [, , train, file = '', ...rest] = words.trim().split(/\s+/);
      expect(train, command).toBe('train');
      const assignments = rest.filter((word) => word !== '--set');
      expect(() => loadConfig({ files: [`${root}${file}`], assignments }), command).not.toThrow();
    }
  });
});

/** Whether a rule in words has room for a value. */
function takes(rule: string, value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return rule.includes('a text') || rule.split(/, or | or /).includes(value);
    case 'number':
      return /an? (number|integer)/.test(rule);
    case 'boolean':
      return rule.includes('true or false');
    default:
      return value === null ? rule.includes('null') : rule.includes('a list');
  }
}
