/** The parts of an export that need no model. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPath, lastName, withoutPaths } from '../config/named-paths.js';
import type { Config } from '../config/schema.js';
import { codeBlock, codeSpan, escapeMarkdown } from '../markdown.js';
import type { OpenedRun } from '../run-store/run-folder.js';
import { baseName } from './base-name.js';
import type { RunFacts } from './card-facts.js';
import { checkComparison, coarser, type LogitComparison } from './compare-logits.js';
import { modelCard } from './model-card.js';
import { chooseAgents, type RunAgent } from './run-agent.js';
import { writeFolder } from './staging.js';

const config = (num_agents: number) => ({ env: { num_agents } }) as unknown as Config;
const agent = (index: number, shared = false): RunAgent => ({
  index,
  shared,
  dir: `/run/agent-${index}`,
  trained: 'adapter',
  startedFrom: 'org/tiny',
  dtype: null,
});

describe('the choice of agents', () => {
  const two = [agent(0), agent(1)];
  it('takes numbers, names of folders and all', () => {
    expect(chooseAgents(two, '1', config(2))).toEqual([two[1]]);
    expect(chooseAgents(two, 'agent-0', config(2))).toEqual([two[0]]);
    expect(chooseAgents(two, 'all', config(2))).toEqual(two);
    expect(chooseAgents([agent(0)], null, config(1))).toEqual([agent(0)]);
  });

  it('takes the one model of all roles for each of them', () => {
    const shared = [agent(0, true)];
    for (const which of ['0', '2', 'all', null])
      expect(chooseAgents(shared, which, config(3))).toEqual(shared);
    expect(() => chooseAgents(shared, '3', config(3))).toThrow(/no such agent/);
  });
});

describe('names of bases', () => {
  it('are of the hub, with or without a revision, or folders', () => {
    expect(baseName('org/tiny')).toEqual({ name: 'org/tiny', revision: null, onHub: true });
    expect(baseName('org/tiny@v1')).toEqual({ name: 'org/tiny', revision: 'v1', onHub: true });
    for (const folder of ['/models/tiny', 'tiny', '../tiny', 'a/b/c'])
      expect(baseName(folder)).toEqual({ name: folder, revision: null, onHub: false });
  });

  it('stand for paths in a configuration, wherever these are', () => {
    const given = {
      agent_model: { path: ['/home/me/models/a', 'org/tiny@abc'] },
      env: { options: { deep: ['C:\\data\\b.json', '~/c', 'plain', '/'] }, type: 'module' },
      train: { seed: 1, top_k: null },
    } as unknown as Config;
    expect(withoutPaths(given)).toEqual({
      agent_model: { path: ['a', 'org/tiny@abc'] },
      env: { options: { deep: ['b.json', 'c', 'plain', '/'] }, type: 'module' },
      train: { seed: 1, top_k: null },
    });
    expect(isPath('.*_proj')).toBe(false);
    expect(isPath('\\w+_proj')).toBe(false);
    expect(lastName('/a/b/')).toBe('b');
  });
});

describe('texts in Markdown', () => {
  it('stay texts', () => {
    expect(escapeMarkdown('a\n# b | [c](http://d) <e> `f`')).toBe(
      'a \\# b \\| \\[c\\]\\(http&#58;//d\\) &lt;e\\> \\`f\\`',
    );
    expect(codeSpan('a`b``|')).toBe('```a`b``\\|```');
    expect(codeSpan('`')).toBe('`` ` ``');
    expect(codeBlock('a\n````\nb')).toBe('`````\na\n````\nb\n`````');
    expect(codeBlock('a\n', 'sh')).toBe('```sh\na\n```');
  });
});

const comparison: LogitComparison = {
  prompts: 4,
  positions: 100,
  difference: 0.5,
  scale: 10,
  allowed: 0.6,
  sameChoice: 99,
  adapterEffect: 2,
};

describe('the comparison', () => {
  it('lets rounding through and nothing else', () => {
    expect(() => checkComparison(comparison, 'It')).not.toThrow();
    expect(() => checkComparison({ ...comparison, difference: 0 }, 'It')).not.toThrow();
    expect(() => checkComparison({ ...comparison, difference: 1e-9, allowed: 0 }, 'It')).toThrow(
      /other logits/,
    );
    expect(() => checkComparison({ ...comparison, difference: Number.NaN }, 'It')).toThrow(/not numbers/);
    expect(coarser('f32', 'bf16')).toBe('bf16');
    expect(coarser('f64', 'f32')).toBe('f32');
  });
});

describe('a card', () => {
  const facts = {
    run: {
      meta: { name: 'r', algorithm: 'magrpo', environment: 'tldr', seed: 3, created: 'then', versions: {} },
      config: { env: { num_agents: 2 }, train: { temperature: 0.7, top_p: 0.9, max_new_tokens: 64 } },
    } as unknown as OpenedRun,
    step: 5,
    envSteps: 50,
    summary: null,
    roles: [],
    plainText: [true, true],
    evaluation: null,
    turn: null,
    config: 'a: 1\n',
  } satisfies RunFacts;
  const written = { comparison, dtype: 'f32' } as const;

  it('of an agent that gets plain text shows no chat template', () => {
    const text = modelCard({ facts, agent: agent(0), to: 'hf', base: baseName('/models/tiny'), written });
    expect(text).toContain('plain text, without the chat template');
    expect(text).toContain('prompt = tokenizer("…", return_tensors="pt")');
    expect(text).not.toContain('apply_chat_template');
    expect(text).not.toContain('base_model:');
    expect(text).toContain('| base model | `tiny` |');
  });

  it('of an adapter loads it on its base', () => {
    const chatting = { ...facts, plainText: [] };
    const onHub = baseName('org/tiny@v1');
    const text = modelCard({ facts: chatting, agent: agent(0, true), to: 'peft', base: onHub, written });
    expect(text).toMatch(/^library_name: peft$/m);
    expect(text).toContain('AutoPeftModelForCausalLM');
    expect(text).toContain('apply_chat_template');
    expect(text).toContain('collm model generate org/tiny --adapter path/to/this/folder --chat');
    expect(text).toContain('plays all 2 roles');
    expect(text).not.toContain('adapter_config.json');
    const local = modelCard({ facts, agent: agent(0), to: 'peft', base: baseName('/m/tiny'), written });
    expect(local).toContain(
      'set `base_model_name_or_path` in `adapter_config.json` to where you have `tiny`',
    );
  });
});

describe('a folder that is written at once', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'collm-staging-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const fill = async (to: string) => writeFileSync(join(to, 'a'), 'a');

  it('makes the folders above it, and removes them when nothing came of it', async () => {
    await writeFolder(join(dir, 'x/y/z'), 'z', fill);
    expect(readdirSync(join(dir, 'x/y/z'))).toEqual(['a']);
    const fails = async () => {
      throw new Error('no');
    };
    await expect(writeFolder(join(dir, 'p/q/r'), 'r', fails)).rejects.toThrow('no');
    expect(readdirSync(dir)).toEqual(['x']);
  });

  it('leaves alone what somebody else put there meanwhile', async () => {
    const out = join(dir, 'p/q');
    const meanwhile = async (staging: string) => {
      await fill(staging);
      mkdirSync(out);
      writeFileSync(join(out, 'theirs'), '');
    };
    await expect(writeFolder(out, 'q', meanwhile)).rejects.toThrow(
      /not empty, and nothing in it is overwritten/,
    );
    expect(readdirSync(join(dir, 'p'))).toEqual(['q']);
    expect(readdirSync(out)).toEqual(['theirs']);
  });
});
