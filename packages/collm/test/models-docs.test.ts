/** Runs what docs/models.md shows: commands and programs in the order of the page, and its recipe. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Decoder,
  decoderConfig,
  type Family,
  families,
  generate,
  loadDecoder,
  parseDecoderConfig,
  saveDecoder,
  toHuggingFaceConfig,
} from '@collm/lm';
import { memory, noGrad, tensor, tidy } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { HubStandIn } from '../../lm/test/hub-stand-in.js';
import { writeTinyModel } from '../../lm/test/tiny.js';
import { main } from '../src/main.js';
import { Workspace } from './workspace.js';

const page = readFileSync(new URL('../../../docs/models.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
  language,
  code,
}));
const recipe = '// packages/lm/src/model/families.ts\n';
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const saved = { env: { ...process.env }, cwd: process.cwd() };
let space: Workspace;
let hub: HubStandIn;

beforeAll(async () => {
  space = new Workspace();
  mkdirSync(space.path('models'));
  renameSync(writeTinyModel().dir, space.path('models/small'));
  hub = await new HubStandIn('org/small').start();
  const files = readdirSync(space.path('models/small'));
  const read = (name: string) => [name, readFileSync(space.path('models/small', name))] as const;
  hub.commit('a'.repeat(40), Object.fromEntries(files.map(read)));
  Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: space.path('cache') });
  process.chdir(space.dir);
});
afterAll(async () => {
  process.chdir(saved.cwd);
  process.env = { ...saved.env };
  await hub.stop();
  space[Symbol.dispose]();
});

/** Runs one line as a shell would: variables, a command, quoted words. */
async function runLine(line: string): Promise<void> {
  const words = [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
  const at = words.indexOf('npx');
  expect(words.slice(at, at + 2), line).toEqual(['npx', 'collm']);
  const before = { ...process.env };
  for (const variable of words.slice(0, at))
    process.env[variable.split('=')[0] as string] = variable.split('=')[1];
  let out = '';
  let err = '';
  const code = await main(words.slice(at + 2), {
    cwd: space.dir,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  process.env = before;
  expect(code, `${line}\n${err}`).toBe(0);
  expect(out, line).not.toBe('');
}

describe('docs/models.md', () => {
  it('has only snippets that this test runs', () => {
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['ts', 'sh']));
    expect(blocks.filter(({ code }) => code.startsWith(recipe))).toHaveLength(1);
  });

  it.each(blocks.filter(({ code }) => !code.startsWith(recipe)).map((block, i) => [i + 1, block] as const))(
    'has a snippet %i that runs',
    async (number, { language, code }) => {
      if (language === 'sh') {
        for (const line of code.trim().split('\n')) await runLine(line);
        return;
      }
      const log = vi.spyOn(console, 'log').mockReturnValue();
      const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const path = space.path(`${number}.ts`);
      const before = memory().tensors;
      writeFileSync(path, code);
      try {
        await import(/* @vite-ignore */ path);
      } finally {
        log.mockRestore();
        write.mockRestore();
      }
      expect(memory().tensors, 'nothing is left behind').toBe(before);
    },
  );

  it('has programs that the compiler takes', () => {
    const dir = space.path('typed');
    mkdirSync(dir);
    for (const [number, { language, code }] of blocks.entries()) {
      if (language === 'ts' && !code.startsWith(recipe)) writeFileSync(join(dir, `${number}.mts`), code);
    }
    const compilerOptions = { typeRoots: [here('../../../node_modules/@types')] };
    const config = { extends: here('tsconfig.child.json'), compilerOptions, include: ['*.mts'] };
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify(config));
    const tsc = here('../../../node_modules/typescript/bin/tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' });
    expect(stderr).toBe('');
    // What is wrong in the packages themselves is found elsewhere.
    const lines = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(lines.filter((line) => !line.includes('packages/'))).toEqual([]);
  });

  it('names every family in its table', () => {
    for (const name of Object.keys(families)) expect(page).toContain(`| \`${name}\` |`);
  });

  it('has a recipe whose entry is all that a family takes', async () => {
    const entry = blocks.find(({ code }) => code.startsWith(recipe))?.code as string;
    const added = new Function(`return { ${entry.slice(recipe.length)} }`)() as Record<string, Family>;
    const [name] = Object.keys(added) as [string];
    expect(Object.keys(families)).not.toContain(name);
    Object.assign(families, added);
    try {
      const shape = {
        vocabSize: 40,
        hiddenSize: 32,
        intermediateSize: 48,
        numLayers: 2,
        numHeads: 4,
        numKvHeads: 2,
      };
      const config = decoderConfig({ modelType: name, ...shape });
      expect(config).toMatchObject({
        biases: { qkv: true, output: false },
        qkNorm: true,
        windows: [null, 512],
      });
      const json = toHuggingFaceConfig(config, 'f32');
      expect(json).toMatchObject({ model_type: name, architectures: ['ExampleForCausalLM'] });
      expect(parseDecoderConfig(json, 'saved').windows).toEqual(config.windows);

      const folder = space.path('models', name);
      const ids = (decoder: Decoder) =>
        tidy(() => noGrad(() => decoder.forward(tensor(Int32Array.of(1, 2, 3), [1, 3])).toArray()));
      using decoder = Decoder.random(config, { seed: 1 });
      saveDecoder(decoder, folder);
      using loaded = loadDecoder(folder);
      expect(ids(loaded)).toEqual(ids(decoder));
      const key = { seed: 1, words: [0, 0, 0] as const };
      const sampling = {
        temperature: 1,
        topK: null,
        topP: 1,
        greedy: false,
        stopTokens: [],
        maxNewTokens: 4,
      };
      expect((await generate(loaded, [{ prompt: [1], key }], sampling))[0]?.tokens).toHaveLength(4);
      await runLine(`npx collm model inspect models/${name}`);
      await runLine(`npx collm model logits models/${name} --ids 1,2,3`);
    } finally {
      delete families[name];
    }
  });
});
