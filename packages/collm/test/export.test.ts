/** `collm export`: runs of tiny models with and without adapters, as every target. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type exportMerged, loadAdapter, loadDecoder, saveDecoder, Tokenizer } from '@collm/lm';
import { memory, noGrad } from '@collm/torch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { HubStandIn } from '../../lm/test/hub-stand-in.js';
import { filesUnder } from '../src/run-store/durable.js';
import { readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { createTinyModel } from '../src/warm-start/tiny-model.js';
import { shortRun } from './tiny-workspace.js';
import { Workspace } from './workspace.js';

/** What writes merged models in place of the real one, where a test sets it. */
const wrong = vi.hoisted(() => ({ merge: null as typeof exportMerged | null }));
vi.mock('@collm/lm', async (original) => {
  const lm = await original<typeof import('@collm/lm')>();
  return {
    ...lm,
    exportMerged: (...given: Parameters<typeof exportMerged>) => (wrong.merge ?? lm.exportMerged)(...given),
  };
});

let space: Workspace;
let alive = 0;
const settings = [...shortRun, 'train.max_new_tokens=8', 'train.eval_interval=1', 'train.eval_generations=1'];

async function trained(name: string, ...more: string[]): Promise<void> {
  const set = [...settings, ...more].flatMap((text) => ['--set', text]);
  const { code, err } = await space.collm(['train', 'run.yaml', '--name', name, ...set], openTeam);
  expect(code, err).toBe(0);
}

beforeAll(async () => {
  space = new Workspace();
  rmSync(space.path('model'), { recursive: true });
  createTinyModel(space.path('model'), ['agent 1 of 2\nturn 1 of 2\nblocks oak_planks stone\n'], 1);
  // A head on the agents: what of it is in their folders is no part of the model.
  await trained('whole', 'algorithm.name=collm_dc', 'algorithm.use_separate_critic=false');
  await trained('adapted', 'agent_model.lora={r: 4, lora_alpha: 16}');
});
afterAll(() => space[Symbol.dispose]());
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  rmSync(space.path('out'), { recursive: true, force: true });
  expect(memory().tensors).toBe(alive);
});

const collm = (...args: string[]) => space.collm(['export', ...args, '--out', 'out'], openTeam);
const out = (...parts: string[]) => space.path('out', ...parts);
const checkpoint = (run: string, step: number, ...parts: string[]) =>
  space.path('runs', run, 'checkpoints', `step-00000${step}`, ...parts);
const bytes = (path: string) => readFileSync(path).toString('base64');
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const card = (...parts: string[]) => readFileSync(out(...parts, 'README.md'), 'utf8');
/** Files and folders in the workspace, hidden ones too. */
const around = () => readdirSync(space.dir).sort();

describe('collm export --to hf', () => {
  it('writes a model folder with the weights bit for bit and without what only training needs', async () => {
    const {
      code,
      out: text,
      err,
    } = await collm('runs/whole', '--agent', '1', '--to', 'hf', '--checkpoint', 'last');
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(readdirSync(out()).sort()).toEqual([
      'README.md',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(bytes(out('model.safetensors'))).toBe(bytes(checkpoint('whole', 2, 'agent-1/model.safetensors')));
    expect(json(out('generation_config.json')).eos_token_id).toBe(1);
    expect(json(out('tokenizer_config.json')).chat_template).toContain('add_generation_prompt');
    expect(text).toMatch(/^out\n {2}agent-1 at step 2, hf, float32, .*\n.*exactly the same\.\n$/);
  });

  it('takes the best checkpoint by its evaluation, or any step', async () => {
    const scores = readMetrics(space.path('runs/whole')).filter(
      ({ kind, step }) => kind === 'eval' && step > 0,
    );
    const best = Math.max(...scores.map(({ metrics }) => metrics['eval/return'] as number));
    const step = scores.findLast(({ metrics }) => metrics['eval/return'] === best)?.step;
    const chosen = await collm('runs/whole', '--agent', '0', '--to', 'hf', '--json');
    expect(JSON.parse(chosen.out)).toMatchObject({ out: 'out', to: 'hf', step });
    rmSync(out(), { recursive: true });
    await collm('runs/whole', '--agent', '0', '--to', 'hf', '--checkpoint', '1');
    expect(bytes(out('model.safetensors'))).toBe(bytes(checkpoint('whole', 1, 'agent-0/model.safetensors')));
  });

  it('writes another number format within its rounding', async () => {
    const {
      code,
      out: text,
      err,
    } = await collm('runs/whole', '--agent', '0', '--to', 'hf', '--dtype', 'bfloat16', '--json');
    expect(code, err).toBe(0);
    const [{ dtype, logits }] = JSON.parse(text).agents;
    expect(dtype).toBe('bfloat16');
    expect(logits.difference).toBeGreaterThan(0);
    expect(logits.difference).toBeLessThan(logits.allowed);
    expect(logits.allowed).toBeLessThan(logits.scale / 10);
    expect(json(out('config.json')).torch_dtype).toBe('bfloat16');
    expect(card()).toContain('what the number format may round');
  });

  it('names what to take for an agent with an adapter', async () => {
    const { code, err } = await collm('runs/adapted', '--agent', '0', '--to', 'hf');
    expect(code).toBe(2);
    expect(err).toMatch(/agent-0 trained an adapter.*`--to merged`.*`--to peft`/);
  });
});

describe('collm export --to merged', () => {
  it('writes base and adapter as one model, for every agent in a folder of its own', async () => {
    const {
      code,
      out: text,
      err,
    } = await collm('runs/adapted', '--agent', 'all', '--to', 'merged', '--json');
    expect(code, err).toBe(0);
    expect(readdirSync(out()).sort()).toEqual(['agent-0', 'agent-1']);
    const { agents } = JSON.parse(text);
    for (const [index, { agent, dir, logits }] of agents.entries()) {
      expect([agent, dir]).toEqual([index, `out/agent-${index}`]);
      expect(logits.difference).toBeLessThanOrEqual(logits.allowed);
      // The adapter must matter, or the comparison would prove nothing.
      expect(logits.adapterEffect).toBeGreaterThan(10 * logits.allowed);
      expect(logits.prompts).toBeGreaterThanOrEqual(4);
    }
    expect(bytes(out('agent-0/model.safetensors'))).not.toBe(bytes(out('agent-1/model.safetensors')));
    using model = loadDecoder(out('agent-0'));
    expect(model.config.numLayers).toBe(2);
    expect(filesUnder(out()).filter((name) => /training|adapter|optim|value/.test(name))).toEqual([]);
  });

  it('fails and leaves nothing when the folder computes something else', async () => {
    const before = around();
    wrong.merge = (decoder, _adapter, dir, options) => saveDecoder(decoder, dir, options);
    const {
      code,
      out: text,
      err,
    } = await collm('runs/adapted', '--agent', 'all', '--to', 'merged', '--checkpoint', 'last');
    wrong.merge = null;
    expect(code).toBe(1);
    expect(err).toMatch(
      /The export of agent-0 was loaded again and computes other logits than the agent in its run/,
    );
    expect(text).toBe('');
    expect(around()).toEqual(before);
  });

  it('fails and leaves nothing when the weights are no numbers in the format', async () => {
    const before = around();
    wrong.merge = (decoder, _adapter, dir, options) => {
      noGrad(() => decoder.weights.norm.mul_(Number.NaN));
      saveDecoder(decoder, dir, options);
    };
    const { code, err } = await collm(
      'runs/adapted',
      '--agent',
      '0',
      '--to',
      'merged',
      '--checkpoint',
      'last',
    );
    wrong.merge = null;
    expect(code).toBe(1);
    expect(err).toMatch(/computes logits that are not numbers.*Choose another `--dtype`/);
    expect(around()).toEqual(before);
  });

  it.each(['float16', 'bfloat16', 'float64'])('in %s, which is computed on the CPU too', async (dtype) => {
    const {
      code,
      out: text,
      err,
    } = await collm('runs/adapted', '--agent', '0', '--to', 'merged', '--dtype', dtype, '--json');
    expect(code, err).toBe(0);
    const [{ dtype: written, logits }] = JSON.parse(text).agents;
    expect(written).toBe(dtype);
    expect(logits.difference).toBeLessThan(logits.allowed);
  });

  it('fails without an adapter, with what to take instead', async () => {
    const { code, err } = await collm('runs/whole', '--agent', '0', '--to', 'merged');
    expect(code).toBe(2);
    expect(err).toMatch(/agent-0 trained all its weights and has no adapter to merge\. Take `--to hf`/);
  });
});

describe('collm export --to peft', () => {
  it('writes the adapter as it was trained, and names its base', async () => {
    const { code, err } = await collm('runs/adapted', '--agent', '1', '--to', 'peft', '--checkpoint', 'last');
    expect(code, err).toBe(0);
    expect(readdirSync(out()).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const trainedWeights = checkpoint('adapted', 2, 'agent-1/adapter_model.safetensors');
    expect(bytes(out('adapter_model.safetensors'))).toBe(bytes(trainedWeights));
    expect(json(out('adapter_config.json'))).toMatchObject({
      base_model_name_or_path: space.path('model'),
      revision: null,
      peft_type: 'LORA',
      r: 4,
    });
    expect(err).toMatch(/which other machines do not have.*`--base-model org\/name`/);
    using base = loadDecoder(space.path('model'));
    using adapter = loadAdapter(out(), base);
    expect(adapter.modules.length).toBeGreaterThan(0);
    expect(Tokenizer.load(out()).eosTokenId).toBe(1);
  });

  it('takes a name of the hub for the base, with its revision', async () => {
    const named = ['--base-model', 'org/tiny@0123abc'];
    const { code, err } = await collm('runs/adapted', '--agent', '1', '--to', 'peft', ...named);
    expect(code, err).toBe(0);
    expect(err).toBe('');
    expect(json(out('adapter_config.json'))).toMatchObject({
      base_model_name_or_path: 'org/tiny',
      revision: '0123abc',
    });
    expect(card()).toMatch(/^base_model: org\/tiny$/m);
    const wrong = await collm('runs/adapted', '--agent', '1', '--to', 'peft', '--base-model', '/tmp/x');
    expect(wrong.code).toBe(2);
    expect(wrong.err).toMatch(/`--base-model \/tmp\/x` is no name of the hub/);
  });

  it('names a base of the hub with the commit that the run was made with, and fetches it for the check', async () => {
    const commit = 'a'.repeat(40);
    const hub = await new HubStandIn().start();
    hub.commit(
      commit,
      Object.fromEntries(
        readdirSync(space.path('model')).map((name) => [name, readFileSync(space.path('model', name))]),
      ),
    );
    vi.stubEnv('HF_ENDPOINT', hub.endpoint);
    vi.stubEnv('HF_HUB_CACHE', space.path('cache'));
    const run = space.path('runs/hub');
    cpSync(space.path('runs/adapted'), run, { recursive: true });
    const config = readFileSync(`${run}/config.yaml`, 'utf8');
    writeFileSync(`${run}/config.yaml`, config.replace('path: ../../model', `path: org/tiny@${commit}`));
    const { code, err } = await collm('runs/hub', '--agent', '0', '--to', 'peft');
    await hub.stop();
    vi.unstubAllEnvs();
    for (const name of ['runs/hub', 'cache']) rmSync(space.path(name), { recursive: true });
    expect(code, err).toBe(0);
    expect(err).toMatch(/^Fetching org\/tiny@a+\nFetched to .*\n$/);
    expect(json(out('adapter_config.json'))).toMatchObject({
      base_model_name_or_path: 'org/tiny',
      revision: commit,
    });
    expect(card()).toMatch(/^base_model: org\/tiny$/m);
    expect(card()).toContain(`| base model | \`org/tiny\`, revision \`${commit}\` |`);
  });

  it('fails without an adapter, and with a number format', async () => {
    const whole = await collm('runs/whole', '--agent', '0', '--to', 'peft');
    expect(whole.err).toMatch(/no adapter to write\. Take `--to hf`/);
    const cast = await collm('runs/adapted', '--agent', '0', '--to', 'peft', '--dtype', 'float16');
    expect(cast.code).toBe(2);
    expect(cast.err).toMatch(/an adapter is written as it was trained/);
  });
});

describe('the model card', () => {
  it('tells what the model is, how it did and how it was trained, and nothing of this machine', async () => {
    await collm('runs/adapted', '--agent', '1', '--to', 'merged', '--checkpoint', '2');
    const text = card();
    const [, front = '', body = ''] = /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(text) ?? [];
    expect(parse(front)).toEqual({
      library_name: 'transformers',
      pipeline_tag: 'text-generation',
      tags: ['collm', 'multi-agent', 'reinforcement-learning', 'collm-cc', 'str-build'],
    });
    expect(body).toContain('It is agent-1, one of 2');
    expect(body).toMatch(/agent-0: builds with/);
    expect(body).toContain('| training steps | 2 |');
    expect(body).toContain('| seed | 42 |');
    const last = readMetrics(space.path('runs/adapted')).findLast(({ kind }) => kind === 'eval');
    const figures = ['eval/return', 'eval/return_se'].map((name) => last?.metrics[name]?.toFixed(4));
    expect(body).toContain(`| \`return\` | ${figures[0]} | ${figures[1]} |`);
    expect(body).toContain('turn 1 of 2');
    expect(body).toContain('lora_alpha: 16');
    expect(body).toMatch(/path: model\n/);
    expect(body).toMatch(/compared with those of the agent in its run on \d+ prompts/);
    expect(text).not.toContain(space.dir);
    expect(text).not.toMatch(/\/(tmp|home|root|work)\//);
  });

  it('says so when the checkpoint was not evaluated, and keeps texts of users from being markup', async () => {
    const run = space.path('runs/odd');
    cpSync(space.path('runs/whole'), run, { recursive: true });
    const lines = readFileSync(`${run}/metrics.jsonl`, 'utf8').split('\n');
    writeFileSync(
      `${run}/metrics.jsonl`,
      lines.filter((line) => !/"kind":"eval","step":2/.test(line)).join('\n'),
    );
    const meta = json(`${run}/meta.json`);
    const versions = { ...meta.versions, own: '<img src=x onerror=alert(1)> [a](b) | ```' };
    writeFileSync(`${run}/meta.json`, JSON.stringify({ ...meta, versions }));
    const attack = '```\n</pre><script>alert(1)</script>\n````';
    const episodes = readFileSync(`${run}/episodes.jsonl`, 'utf8').trimEnd().split('\n');
    const edited = episodes.map((line) => {
      const record = JSON.parse(line);
      for (const turn of record.turns ?? []) for (const one of turn.agents) one.response = attack;
      return JSON.stringify(record);
    });
    writeFileSync(`${run}/episodes.jsonl`, `${edited.join('\n')}\n`);
    const { code, err } = await collm('runs/odd', '--agent', '0', '--to', 'hf', '--checkpoint', '2');
    rmSync(run, { recursive: true });
    expect(code, err).toBe(0);
    expect(card()).toContain('has not evaluated the team at step 2');
    expect(card()).not.toContain('<img');
    expect(card()).toContain('\\[a\\]\\(b\\) \\| \\`\\`\\`');
    // The fence is longer than any in the text, so that the script stays text.
    expect(card()).toContain(`\`\`\`\`\`\n${attack}\n\`\`\`\`\``);
  });
});

describe('what cannot be exported', () => {
  it.each([
    [['runs/nowhere', '--agent', '0', '--to', 'hf'], 1, /There is no run runs\/nowhere/],
    [['runs/whole', '--to', 'hf'], 2, /has 2 agents\. Add one of --agent 0, --agent 1, or `--agent all`/],
    [
      ['runs/whole', '--agent', '2', '--to', 'hf'],
      2,
      /`--agent 2`: the run has no such agent\. Take one of --agent 0/,
    ],
    [['runs/whole', '--agent', '-1', '--to', 'hf'], 2, /no such agent/],
    [['runs/whole', '--agent', 'first', '--to', 'hf'], 2, /no such agent/],
    [['runs/whole', '--agent', '0', '--to', 'gguf'], 2, /Allowed choices are hf, peft, merged/],
    [['runs/whole', '--agent', '0'], 2, /required option '--to/],
    [
      ['runs/whole', '--agent', '0', '--to', 'hf', '--checkpoint', '7'],
      1,
      /no checkpoint of step 7.*To export another one, add one of --checkpoint 1/,
    ],
    [
      ['runs/whole', '--agent', '0', '--to', 'hf', '--checkpoint', 'newest'],
      2,
      /neither best, last nor a step/,
    ],
    [['runs/whole', '--agent', '0', '--to', 'hf', '--dtype', 'int8'], 2, /one of float32/],
  ] as const)('%j', async (args, exit, message) => {
    const before = around();
    const { code, err } = await collm(...args);
    expect(err).toMatch(message);
    expect(code).toBe(exit);
    expect(around()).toEqual(before);
  });

  it('a run without a checkpoint, or with a damaged one', async () => {
    const run = space.path('runs/broken');
    cpSync(space.path('runs/whole'), run, { recursive: true });
    appendFileSync(`${run}/checkpoints/step-000002/agent-0/model.safetensors`, 'x');
    const damaged = await collm('runs/broken', '--agent', '0', '--to', 'hf', '--checkpoint', 'last');
    expect(damaged.code).toBe(1);
    expect(damaged.err).toMatch(/step-000002 is damaged: agent-0\/model\.safetensors has .*--checkpoint 1/);
    rmSync(`${run}/checkpoints`, { recursive: true });
    const without = await collm('runs/broken', '--agent', '0', '--to', 'hf');
    rmSync(run, { recursive: true });
    expect(without.code).toBe(1);
    expect(without.err).toMatch(/has no checkpoint yet/);
    expect(existsSync(out())).toBe(false);
  });

  it('into a folder with something in it', async () => {
    mkdirSync(out());
    writeFileSync(out('mine'), 'kept');
    const full = await collm('runs/whole', '--agent', '0', '--to', 'hf');
    expect(full.code).toBe(2);
    expect(full.err).toMatch(/`--out` is out, which is not empty, and nothing in it is overwritten/);
    expect(readdirSync(out())).toEqual(['mine']);
    rmSync(out('mine'));
    // An empty one is filled, and what a killed export left beside it is gone then.
    mkdirSync(space.path('.out.exporting'));
    writeFileSync(space.path('.out.exporting', 'half'), '');
    const empty = await collm('runs/whole', '--agent', '0', '--to', 'hf');
    expect(empty.code, empty.err).toBe(0);
    expect(existsSync(out('config.json'))).toBe(true);
    expect(around()).not.toContain('.out.exporting');
  });

  it('an adapter whose base has gone', async () => {
    cpSync(space.path('model'), space.path('aside'), { recursive: true });
    rmSync(space.path('model'), { recursive: true });
    const { code, err } = await collm('runs/adapted', '--agent', '0', '--to', 'merged');
    cpSync(space.path('aside'), space.path('model'), { recursive: true });
    rmSync(space.path('aside'), { recursive: true });
    expect(code).toBe(1);
    expect(err).toMatch(/adapter of agent-0 belongs to the model in .*model, which is not there any more/);
    expect(existsSync(out())).toBe(false);
  });
});

describe('an export that is interrupted', () => {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const staging = () => space.path('.out.exporting');

  /** Runs an export as a process of its own and sends it a signal as soon as it has begun to write. */
  async function interrupted(signal: 'SIGKILL' | 'SIGINT'): Promise<number | null> {
    const loader = new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
    const args = ['export', 'runs/adapted', '--agent', 'all', '--to', 'merged', '--out', 'out'];
    const child = spawn(process.execPath, ['--import', loader, here('child.ts'), ...args], {
      cwd: space.dir,
      env: { ...process.env, TSX_TSCONFIG_PATH: here('tsconfig.child.json') },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    while (!existsSync(staging()) && child.exitCode === null) await sleep(1);
    child.kill(signal);
    return (await ended)[0];
  }

  it('leaves nothing under the name when it is killed, and the next one is whole', async () => {
    await interrupted('SIGKILL');
    expect(existsSync(out())).toBe(false);
    expect(existsSync(staging())).toBe(true);
    const { code, err } = await collm('runs/adapted', '--agent', '0', '--to', 'merged');
    expect(code, err).toBe(0);
    expect(existsSync(staging())).toBe(false);
  });

  it('leaves nothing at all after Ctrl+C', async () => {
    expect(await interrupted('SIGINT')).toBe(130);
    expect(existsSync(out())).toBe(false);
    expect(existsSync(staging())).toBe(false);
  });
});
