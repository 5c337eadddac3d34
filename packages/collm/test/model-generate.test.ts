import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tokenizer } from '@collm/lm';
import { memory } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../lm/test/tiny.js';
import { main } from '../src/main.js';
import { Workspace } from './workspace.js';

let space: Workspace;
let model: ReturnType<typeof writeTinyModel>;
beforeEach(() => {
  space = new Workspace();
  model = writeTinyModel();
});
afterEach(() => {
  model.remove();
  space[Symbol.dispose]();
});

const generate = (...args: string[]) => space.collm(['model', 'generate', model.dir, ...args]);
const json = async (...args: string[]) => {
  const { code, out, err } = await generate('--json', ...args);
  expect(code, err).toBe(0);
  return JSON.parse(out) as {
    promptTokens: number[];
    samples: { text: string; tokens: number[]; logprobs: number[]; finish: string }[];
  };
};

describe('collm model generate', () => {
  it('writes the text to standard output and the speed to standard error', async () => {
    const before = memory().tensors;
    const { code, out, err } = await generate('--prompt', 'stone', '--max-new-tokens', '20', '--seed', '2');
    expect(code).toBe(0);
    expect(err).toMatch(/^\d+ tokens, [\d.e+]+ tokens\/s, prompt included\n$/);
    const { samples } = await json('--prompt', 'stone', '--max-new-tokens', '20', '--seed', '2');
    expect(out).toBe(`${samples[0]?.text}\n`);
    expect(memory().tensors).toBe(before);
  });

  it('gives the same for the same seed, and each sample its own', async () => {
    const args = ['--prompt', 'stone', '--max-new-tokens', '19', '--samples', '3'];
    const first = await json(...args, '--seed', '1');
    expect((await json(...args, '--seed', '1')).samples).toEqual(first.samples);
    expect((await json(...args, '--seed', '2')).samples).not.toEqual(first.samples);
    const texts = first.samples.map(({ tokens }) => tokens.join());
    expect(new Set(texts).size).toBe(3);
    // A sample is the same with others beside it and without.
    const [alone] = (await json(...args.slice(0, 4), '--seed', '1')).samples;
    expect(alone?.tokens).toEqual(first.samples[0]?.tokens);
    const tokenizer = Tokenizer.load(model.dir);
    for (const { text, tokens, logprobs, finish } of first.samples) {
      expect(text).toBe(tokenizer.decode(tokens));
      expect(logprobs).toHaveLength(tokens.length);
      expect(finish).toBe(tokens.length === 19 ? 'length' : 'stop');
    }
  });

  it('shows several samples one after the other', async () => {
    const { out } = await generate('--prompt', 'stone', '--samples', '2', '--max-new-tokens', '3');
    expect(out).toMatch(/^--- sample 1\n[\s\S]*--- sample 2\n/);
  });

  it('sends a message through the chat template', async () => {
    const plain = await json('--prompt', 'stone', '--max-new-tokens', '1');
    const chat = await json('--prompt', 'stone', '--max-new-tokens', '1', '--chat');
    const tokenizer = Tokenizer.load(model.dir);
    expect(plain.promptTokens).toEqual(tokenizer.encode('stone'));
    expect(chat.promptTokens).toEqual(tokenizer.encodeChat([{ role: 'user', content: 'stone' }]));
    const system = await json('--prompt', 'a', '--max-new-tokens', '1', '--chat', '--system', 'b');
    expect(system.promptTokens).toEqual(
      tokenizer.encodeChat([
        { role: 'system', content: 'b' },
        { role: 'user', content: 'a' },
      ]),
    );
  });

  it('samples as generation_config.json says, unless told otherwise', async () => {
    const args = ['--prompt', 'stone', '--max-new-tokens', '12', '--seed'];
    const write = (content: object) =>
      writeFileSync(join(model.dir, 'generation_config.json'), JSON.stringify(content));
    const tokens = async (...more: string[]) => (await json(...args, ...more)).samples[0]?.tokens;
    const greedy = await tokens('1', '--greedy');
    expect(await tokens('9', '--temperature', '0')).toEqual(greedy);
    expect(await tokens('9', '--top-k', '1')).toEqual(greedy);
    write({ do_sample: false, eos_token_id: 1 });
    expect(await tokens('9')).toEqual(greedy);
    expect(await tokens('9', '--temperature', '1')).not.toEqual(greedy);
    write({ top_k: 1, eos_token_id: 1 });
    expect(await tokens('9')).toEqual(greedy);
    expect(await tokens('9', '--top-k', '300')).not.toEqual(greedy);
    // The second greedy token as an end token.
    write({ eos_token_id: [greedy?.[1]] });
    expect(await tokens('9', '--greedy')).toEqual(greedy?.slice(0, 1 + greedy.indexOf(greedy[1] as number)));
  });

  it('ends before a stop string', async () => {
    const args = ['--prompt', 'stone', '--max-new-tokens', '30', '--seed', '3'];
    const whole = (await json(...args)).samples[0]?.text as string;
    const stop = whole.slice(4, 7);
    const cut = (await json(...args, '--stop', stop, '--stop', 'never there')).samples[0];
    expect(cut?.text).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(cut?.finish).toBe('stop');
    expect((await generate(...args, '--stop', stop)).out).toBe(`${cut?.text}\n`);
  });

  it('reads the prompt from standard input', async () => {
    let out = '';
    const code = await main(
      ['model', 'generate', model.dir, '--prompt', '-', '--json', '--max-new-tokens', '1'],
      {
        readInput: async () => 'stone\n',
        stdout: { write: (text) => (out += text) },
        stderr: { write: () => true },
      },
    );
    expect(code).toBe(0);
    expect(JSON.parse(out).promptTokens).toEqual(Tokenizer.load(model.dir).encode('stone'));
  });

  it('comes piece by piece, and ends at Ctrl+C with what there is', async () => {
    const pieces: string[] = [];
    let err = '';
    const listeners = process.listenerCount('SIGINT');
    const code = await main(
      ['model', 'generate', model.dir, '--prompt', 'stone', '--max-new-tokens', '50', '--seed', '3'],
      {
        stdout: {
          write: (text) => {
            if (pieces.push(text) === 3) process.emit('SIGINT');
          },
        },
        stderr: { write: (text) => (err += text) },
      },
    );
    expect(code).toBe(130);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
    expect(err).toMatch(/Stopping[\s\S]*\n\d+ tokens/);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.at(-1)).toBe('\n');
    const whole = (await json('--prompt', 'stone', '--max-new-tokens', '50', '--seed', '3')).samples[0]?.text;
    expect(whole?.startsWith(pieces.slice(0, -1).join(''))).toBe(true);
    expect(whole?.length).toBeGreaterThan(pieces.join('').length);
  });

  it.each([
    [[], /required option '--prompt <text>' not specified/],
    [['--prompt', 'a', '--system', 'b'], /`--system` .* goes with `--chat`/],
    [['--prompt', 'a', '--greedy', '--top-p', '0.5'], /`--greedy` takes the most probable token/],
    [['--prompt', 'a', '--stop', ''], /would end every response at its start/],
    [['--prompt', 'a', '--top-p', '0'], /It must be above 0 and at most 1/],
    [['--prompt', 'a', '--samples', '0'], /It must be 1 or more/],
    [['--prompt', ''], /The prompt has no tokens/],
    [['--prompt', 'stone '.repeat(200)], /leaves room for 0 in the model's context of 64/],
    [['--prompt', 'a', '--max-new-tokens', '64'], /room for 63 in the model's context of 64, and 64 more/],
  ])('%j is a usage error', async (args, text) => {
    const { code, out, err } = await generate(...args);
    expect(err).toMatch(text);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('needs a tokenizer that belongs to the model', async () => {
    const path = join(model.dir, 'config.json');
    const { eos_token_id: _, ...config } = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify(config));
    expect((await generate('--prompt', 'a', '--max-new-tokens', '2')).code).toBe(0);
    const empty = await space.collm(['model', 'generate', 'model', '--prompt', 'a']);
    expect(empty.code).toBe(1);
    expect(empty.err).toMatch(/tokenizer\.json/);
  });
});
