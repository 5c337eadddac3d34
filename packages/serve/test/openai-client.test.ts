/** The official client of OpenAI's API, over real HTTP. */
import OpenAI, { APIError, APIUserAbortError } from 'openai';
import { beforeAll, describe, expect, it } from 'vitest';
import { context, until, withServer } from './fixture.js';

const fixture = withServer({ token: 'secret' });
let client: OpenAI;
beforeAll(() => {
  client = new OpenAI({ baseURL: `${fixture().url}/v1`, apiKey: 'secret', maxRetries: 0 });
});

const messages = [{ role: 'user' as const, content: 'stone' }];
const chat = (more: object = {}) =>
  client.chat.completions.create({
    model: 'tiny',
    messages,
    max_tokens: 12,
    seed: 1,
    ...more,
    stream: false,
  });

async function failure(promise: Promise<unknown>): Promise<APIError> {
  const error = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

describe('models', () => {
  it('are listed and found by their ids', async () => {
    const { data } = await client.models.list();
    expect(data).toMatchObject([{ id: 'tiny', object: 'model', owned_by: 'collm' }]);
    expect(await client.models.retrieve('tiny')).toEqual(data[0]);
    expect(await failure(client.models.retrieve('other/one'))).toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});

describe('chat completions', () => {
  it('have the shape that the client knows', async () => {
    const answer = await chat();
    expect(answer).toMatchObject({ object: 'chat.completion', model: 'tiny' });
    expect(answer.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/);
    expect(answer.system_fingerprint).toMatch(/^fp_[0-9a-f]{12}$/);
    expect(answer.created).toBeGreaterThan(1.7e9);
    expect(answer.choices).toHaveLength(1);
    expect(answer.choices[0]).toMatchObject({
      index: 0,
      logprobs: null,
      message: { role: 'assistant', refusal: null },
    });
    const { completion_tokens: made = 0, prompt_tokens: prompt, total_tokens: total } = answer.usage ?? {};
    expect(made).toBeGreaterThan(0);
    expect(total).toBe(made + (prompt ?? 0));
  });

  it('are the same for the same seed, and others for another', async () => {
    const [one, same, other] = await Promise.all([
      chat({ max_tokens: 40 }),
      chat({ max_tokens: 40 }),
      chat({ max_tokens: 40, seed: 2 }),
    ]);
    expect(same.choices[0]?.message).toEqual(one.choices[0]?.message);
    expect(other.choices[0]?.message).not.toEqual(one.choices[0]?.message);
  });

  it('come n at a time, each with random numbers of its own', async () => {
    const { choices, usage } = await chat({ n: 3, max_tokens: 20 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(new Set(choices.map(({ message }) => message.content)).size).toBe(3);
    expect(usage?.completion_tokens).toBeLessThanOrEqual(60);
    const alone = await chat({ max_tokens: 20 });
    expect(alone.choices[0]?.message).toEqual(choices[0]?.message);
  });

  it('end before a stop string', async () => {
    const text = (await chat({ max_tokens: 60 })).choices[0]?.message.content as string;
    const stop = text.slice(10, 12);
    const answer = await chat({ max_tokens: 60, stop: [stop, 'never there'] });
    expect(answer.choices[0]?.message.content).toBe(text.slice(0, text.indexOf(stop)));
    expect(answer.choices[0]?.finish_reason).toBe('stop');
    expect(answer.usage?.completion_tokens).toBeLessThan(60);
  });

  it('tell log-probs of every token, and of those that might have been', async () => {
    const answer = await chat({ logprobs: true, top_logprobs: 3, temperature: 1 });
    const content = answer.choices[0]?.logprobs?.content ?? [];
    expect(content).toHaveLength(answer.usage?.completion_tokens as number);
    for (const { logprob, top_logprobs: top } of content) {
      expect(top).toHaveLength(3);
      expect(top.map((one) => one.logprob)).toEqual(top.map((one) => one.logprob).sort((a, b) => b - a));
      expect(logprob).toBeLessThanOrEqual((top[0]?.logprob as number) + 1e-6);
    }
    const bytes = content.flatMap(({ bytes }) => bytes ?? []);
    expect(Buffer.from(bytes).toString('utf8')).toBe(answer.choices[0]?.message.content);
  });

  it('are greedy at temperature 0', async () => {
    const answer = await chat({ temperature: 0, logprobs: true, top_logprobs: 1, seed: undefined });
    for (const { token, top_logprobs: top } of answer.choices[0]?.logprobs?.content ?? [])
      expect(top[0]?.token).toBe(token);
  });

  it('stream what they would be in one piece', async () => {
    const whole = await chat({ n: 2, logprobs: true });
    const stream = await client.chat.completions.create({
      model: 'tiny',
      messages,
      max_tokens: 12,
      seed: 1,
      n: 2,
      logprobs: true,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const tokens: string[][] = [[], []];
    const finished: (string | null)[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      expect(chunk).toMatchObject({
        object: 'chat.completion.chunk',
        model: 'tiny',
        system_fingerprint: whole.system_fingerprint,
      });
      for (const { index, delta, finish_reason, logprobs } of chunk.choices) {
        texts[index] += delta.content ?? '';
        tokens[index]?.push(...(logprobs?.content ?? []).map(({ token }) => token));
        if (finish_reason !== null) finished[index] = finish_reason;
      }
      if (chunk.usage) usage = chunk.usage;
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(finished).toEqual(whole.choices.map(({ finish_reason }) => finish_reason));
    expect(tokens).toEqual(whole.choices.map(({ logprobs }) => logprobs?.content?.map(({ token }) => token)));
    expect(usage).toEqual(whole.usage);
  });

  it('stop when the client leaves', async () => {
    const controller = new AbortController();
    const stream = await client.chat.completions.create(
      { model: 'tiny', messages, max_tokens: context - 100, stream: true },
      { signal: controller.signal },
    );
    let chunks = 0;
    await expect(
      (async () => {
        for await (const _ of stream) if (++chunks === 5) controller.abort();
      })(),
    ).resolves.toBeUndefined();
    const leaving = new AbortController();
    const whole = client.chat.completions.create(
      { model: 'tiny', messages, max_tokens: context - 100 },
      { signal: leaving.signal },
    );
    setTimeout(() => leaving.abort(), 50);
    await expect(whole).rejects.toThrow(APIUserAbortError);
  });
});

describe('plain completions', () => {
  it('continue a text, several texts, and tokens', async () => {
    const complete = (prompt: string | string[] | number[]) =>
      client.completions.create({ model: 'tiny', prompt, max_tokens: 8, seed: 3, n: 2 });
    const one = await complete('stone');
    expect(one).toMatchObject({ object: 'text_completion', model: 'tiny' });
    expect(one.choices.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ]);
    const several = await complete(['stone', 'brick']);
    expect(several.choices).toHaveLength(4);
    expect(several.choices.slice(0, 2)).toEqual(one.choices);
    expect((await complete([10, 11, 12])).usage?.prompt_tokens).toBe(3);
  });

  it('have log-probs in lists, and an echo', async () => {
    const { choices, usage } = await client.completions.create({
      model: 'tiny',
      prompt: 'stone',
      max_tokens: 6,
      logprobs: 2,
    });
    const {
      tokens = [],
      token_logprobs = [],
      top_logprobs = [],
      text_offset = [],
    } = choices[0]?.logprobs ?? {};
    expect([tokens.length, token_logprobs.length, top_logprobs.length, text_offset.length]).toEqual(
      Array(4).fill(usage?.completion_tokens),
    );
    expect(Object.keys(top_logprobs[0] as object).length).toBeLessThanOrEqual(2);
    expect(text_offset[0]).toBe(0);
    const echoed = await client.completions.create({
      model: 'tiny',
      prompt: 'stone',
      max_tokens: 3,
      echo: true,
    });
    expect(echoed.choices[0]?.text.startsWith('stone')).toBe(true);
  });

  it('stream', async () => {
    const whole = await client.completions.create({ model: 'tiny', prompt: 'stone', seed: 5, logprobs: 1 });
    const stream = await client.completions.create({
      model: 'tiny',
      prompt: 'stone',
      seed: 5,
      logprobs: 1,
      stream: true,
    });
    let text = '';
    const tokens: string[] = [];
    for await (const { choices } of stream) {
      text += choices[0]?.text;
      tokens.push(...(choices[0]?.logprobs?.tokens ?? []));
    }
    expect(text).toBe(whole.choices[0]?.text);
    expect(tokens).toEqual(whole.choices[0]?.logprobs?.tokens);
  });
});

describe('errors', () => {
  it('of a wrong model, a wrong token, and what does not fit', async () => {
    expect(await failure(chat({ model: 'other' }))).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    const stranger = new OpenAI({ baseURL: `${fixture().url}/v1`, apiKey: 'guess', maxRetries: 0 });
    expect(await failure(stranger.models.list())).toMatchObject({ status: 401, code: 'invalid_api_key' });
    const long = await failure(chat({ messages: [{ role: 'user', content: 'x'.repeat(context) }] }));
    expect(long).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'messages' });
    expect(long.message).toContain(`maximum context length is ${context} tokens`);
    expect(await failure(chat({ max_tokens: context }))).toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
    });
  });
});

it('frees the rows of those who left', async () => {
  const { url } = fixture();
  const headers = { authorization: 'Bearer secret' };
  const text = async () => (await fetch(`${url}/metrics`, { headers })).text();
  await until(async () => /collm_rows_running\{model="tiny"\} 0/.test(await text()));
  expect(await text()).toMatch(/collm_aborted_total\{model="tiny",reason="client"\} 2/);
});
