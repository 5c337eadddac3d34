/** Streams: the exact chunks, and that they are the whole answer in pieces. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Chunk, events, post, withServer } from './fixture.js';

const fixture = withServer();
const messages = [{ role: 'user', content: 'stone' }];
const chatUrl = () => `${fixture().url}/v1/chat/completions`;
const textUrl = () => `${fixture().url}/v1/completions`;

it('has the chunks of a chat completion in their order', async () => {
  const chunks = await events(chatUrl(), {
    model: 'tiny',
    messages,
    max_tokens: 3,
    seed: 1,
    stream_options: { include_usage: true },
    return_token_ids: true,
    collm: {},
  });
  const [role, ...rest] = chunks as [Chunk, ...Chunk[]];
  const common = {
    id: expect.stringMatching(/^chatcmpl-/),
    object: 'chat.completion.chunk',
    created: expect.any(Number),
    model: 'tiny',
    system_fingerprint: expect.stringMatching(/^fp_/),
  };
  expect(role).toEqual({
    ...common,
    usage: null,
    choices: [
      {
        index: 0,
        delta: { role: 'assistant', content: '', refusal: null },
        logprobs: null,
        finish_reason: null,
      },
    ],
    prompt_token_ids: expect.any(Array),
    collm: { prompt_truncated: false },
  });
  const usage = rest.pop();
  expect(usage).toEqual({
    ...common,
    choices: [],
    usage: {
      prompt_tokens: role.prompt_token_ids.length,
      completion_tokens: 3,
      total_tokens: role.prompt_token_ids.length + 3,
    },
  });
  const end = rest.pop();
  expect(end).toEqual({
    ...common,
    usage: null,
    choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'length' }],
  });
  const ids = rest.flatMap(({ choices }) => choices[0]?.token_ids ?? []);
  expect(ids).toHaveLength(3);
  for (const chunk of rest)
    expect(chunk).toMatchObject({
      ...common,
      usage: null,
      choices: [{ index: 0, delta: { content: expect.any(String) }, finish_reason: null }],
    });
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
});

it('has the chunks of a plain completion', async () => {
  const chunks = await events(textUrl(), {
    model: 'tiny',
    prompt: 'stone',
    max_tokens: 2,
    echo: true,
    seed: 1,
  });
  expect(chunks[0]).toEqual({
    id: expect.stringMatching(/^cmpl-/),
    object: 'text_completion',
    created: expect.any(Number),
    model: 'tiny',
    system_fingerprint: expect.any(String),
    choices: [{ index: 0, text: 'stone', logprobs: null, finish_reason: null }],
  });
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length');
});

it('is the whole answer in pieces, whatever is asked for', async () => {
  const stop = fc.array(fc.constantFrom('a', ' ', 'st', 'e', '\ufffd', 'one'), { maxLength: 3 });
  const asked = fc.record({
    seed: fc.integer({ min: 0, max: 1e6 }),
    n: fc.integer({ min: 1, max: 3 }),
    max_tokens: fc.integer({ min: 1, max: 25 }),
    temperature: fc.constantFrom(0, 0.7, 1.5),
    logprobs: fc.boolean(),
    stop,
    return_token_ids: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(asked, async (options) => {
      const body = { model: 'tiny', messages, ...options };
      const [whole, chunks] = await Promise.all([
        post(chatUrl(), body),
        events(chatUrl(), { ...body, stream_options: { include_usage: true } }),
      ]);
      const made = Array.from({ length: options.n }, () => ({
        text: '',
        tokens: [] as string[],
        ids: [] as number[],
        finish: null as string | null,
      }));
      for (const { choices } of chunks)
        for (const { index, delta, logprobs, token_ids, finish_reason } of choices) {
          const choice = made[index] as (typeof made)[number];
          choice.text += delta.content ?? '';
          choice.tokens.push(...(logprobs?.content ?? []).map((one) => one.token));
          choice.ids.push(...(token_ids ?? []));
          choice.finish = finish_reason ?? choice.finish;
        }
      expect(whole.json.choices.map((one) => one.message.content)).toEqual(made.map(({ text }) => text));
      expect(whole.json.choices.map((one) => one.finish_reason)).toEqual(made.map(({ finish }) => finish));
      if (options.logprobs)
        expect(whole.json.choices.map((one) => one.logprobs?.content.map((t) => t.token))).toEqual(
          made.map(({ tokens }) => tokens),
        );
      if (options.return_token_ids)
        expect(whole.json.choices.map((one) => one.token_ids)).toEqual(made.map(({ ids }) => ids));
      expect(chunks.at(-1)?.usage).toEqual(whole.json.usage);
      for (const { text } of made) for (const one of options.stop) expect(text).not.toContain(one);
    }),
    { numRuns: 40 },
  );
});
