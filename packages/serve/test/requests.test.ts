/** What is refused, and how it is told. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startServer } from '../src/index.js';
import { type Answer, post, servedModel, withServer } from './fixture.js';

const fixture = withServer({ limits: { maxBodyBytes: 100_000, maxTokens: 1000 } });
const messages = [{ role: 'user', content: 'stone' }];
const chat = (more: object) =>
  post(`${fixture().url}/v1/chat/completions`, { model: 'tiny', messages, max_tokens: 2, ...more });
const text = (more: object) =>
  post(`${fixture().url}/v1/completions`, { model: 'tiny', prompt: 'stone', max_tokens: 2, ...more });

describe('wrong values are 400 and name the field', () => {
  it.each<[string, object, string]>([
    ['messages', { messages: 'hello' }, '`messages` has to be array, but is string.'],
    ['messages', { messages: [] }, '`messages` is refused'],
    ['messages', { messages: undefined }, '`messages` is required.'],
    ['messages[0].role', { messages: [{ role: 'king', content: 'x' }] }, '`messages[0].role`'],
    ['messages[0].content', { messages: [{ role: 'user', content: 5 }] }, 'has to be string or array'],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'only parts of type "text"',
    ],
    ['messages[0].tool_call_id', { messages: [{ role: 'tool', content: 'x' }] }, 'is required'],
    ['temperature', { temperature: 'hot' }, '`temperature` has to be number, but is string.'],
    ['temperature', { temperature: 3 }, 'too big'],
    ['top_p', { top_p: -1 }, 'too small'],
    ['n', { n: 0 }, 'too small'],
    ['n', { n: 17 }, 'at most 16 per request'],
    ['max_tokens', { max_tokens: 1.5 }, 'has to be int'],
    ['max_tokens', { max_tokens: 1001 }, 'at most 1000 tokens per response'],
    ['seed', { seed: 0.5 }, 'has to be int'],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'too big'],
    ['stop', { stop: '' }, 'must not be empty'],
    ['stream', { stream: 'yes' }, 'has to be boolean'],
    ['stream_options', { stream_options: { include_usage: true } }, 'goes with `stream: true`'],
    ['top_logprobs', { top_logprobs: 5 }, 'goes with `logprobs: true`'],
    ['top_logprobs', { logprobs: true, top_logprobs: 21 }, 'too big'],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, 'does not show tools'],
    [
      'collm.sample_key.phase',
      { collm: { sample_key: { seed: 1, phase: 'x', episode: 0, turn: 0, agent: 0, sample: 0 } } },
      'refused',
    ],
  ])('%s: %j', async (param, more, message) => {
    const { status, json } = await chat(more);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ type: 'invalid_request_error', param });
    expect(json.error.message).toContain(message);
  });

  it.each<[string, object]>([
    ['prompt', { prompt: [] }],
    ['prompt', { prompt: '' }],
    ['prompt', { prompt: [5, 300] }],
    ['prompt[1]', { prompt: ['a', ''] }],
    ['logprobs', { logprobs: 6 }],
    ['echo', { echo: true, logprobs: 1 }],
    ['prompt', { prompt: Array(17).fill('a') }],
  ])('of plain completions: %s: %j', async (param, more) => {
    const { status, json } = await text(more);
    expect([status, json.error.param]).toEqual([400, param]);
  });
});

describe('what cannot be done', () => {
  it.each<[string, unknown]>([
    ['presence_penalty', 0.5],
    ['frequency_penalty', -1],
    ['logit_bias', { 5: 10 }],
    ['response_format', { type: 'json_object' }],
    ['min_p', 0.1],
    ['repetition_penalty', 1.2],
    ['tool_choice', 'required'],
    ['functions', [{ name: 'f' }]],
    ['guided_json', {}],
  ])('%s is refused, unless it asks for nothing', async (param, value) => {
    const { status, json } = await chat({ [param]: value });
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ param, code: 'unsupported_parameter' });
    expect((await chat({ [param]: null })).status).toBe(200);
  });

  it('neutral values and fields that nobody knows are fine', async () => {
    const { status } = await chat({
      presence_penalty: 0,
      frequency_penalty: 0,
      logit_bias: {},
      response_format: { type: 'text' },
      tools: [],
      tool_choice: 'auto',
      user: 'me',
      store: false,
      metadata: { a: 'b' },
      some_new_field: [1, 2, 3],
      temperature: null,
      stop: null,
    });
    expect(status).toBe(200);
  });
});

describe('around the request', () => {
  const raw = (init: RequestInit & { path: string }) => fetch(`${fixture().url}${init.path}`, init);
  const error = async (response: Response) => [
    response.status,
    ((await response.json()) as Answer).error.code,
  ];
  const path = '/v1/chat/completions';

  it('JSON that is none, another type, too large, nowhere', async () => {
    const json = { 'content-type': 'application/json' };
    expect(await error(await raw({ path, method: 'POST', body: '{"model": ', headers: json }))).toEqual([
      400,
      'invalid_json',
    ]);
    expect(await error(await raw({ path, method: 'POST', body: '', headers: json }))).toEqual([
      400,
      'invalid_json',
    ]);
    expect(await error(await raw({ path, method: 'POST', body: '[]', headers: json }))).toEqual([400, null]);
    expect(await error(await raw({ path, method: 'POST', body: 'hello' }))).toEqual([
      415,
      'unsupported_media_type',
    ]);
    const large = JSON.stringify({
      model: 'tiny',
      messages: [{ role: 'user', content: 'x'.repeat(200_000) }],
    });
    expect(await error(await raw({ path, method: 'POST', body: large, headers: json }))).toEqual([
      413,
      'request_too_large',
    ]);
    expect(await error(await raw({ path: '/v1/embeddings' }))).toEqual([404, 'unknown_url']);
    expect(await error(await raw({ path, method: 'GET' }))).toEqual([404, 'unknown_url']);
  });

  it('deep JSON ends in an answer', async () => {
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const { status, json } = await post(
      `${fixture().url}${path}`,
      `{"model":"tiny","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"a":${deep}}}}]}`,
    );
    expect(status).toBe(400);
    expect(json.error.message).toContain('nested too deeply');
  });

  it('other hosts, so that no web page gets in by naming itself after this machine', async () => {
    const { server } = fixture();
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        request(
          { port: server.port, host: '127.0.0.1', path: '/v1/models', headers: { host } },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        )
          .once('error', reject)
          .end();
      });
    expect(await statusFor('evil.example:80')).toBe(403);
    expect(await statusFor(`localhost:${server.port}`)).toBe(200);
    expect(await statusFor('[::1]:1')).toBe(200);
    expect(await statusFor('127.0.0.1.evil.example')).toBe(403);
  });

  it('answers no cross-origin question', async () => {
    const response = await raw({ path: '/v1/models', headers: { origin: 'https://evil.example' } });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('starting', () => {
  it('elsewhere than at loopback wants a token', async () => {
    const models = [fixture().model];
    await expect(startServer({ models, host: '0.0.0.0' })).rejects.toThrow(/needs a token/);
    await expect(startServer({ models, token: 'a b' })).rejects.toThrow(/has blanks/);
  });

  it('refuses a port that is taken, and a model that is none', async () => {
    const models = [fixture().model];
    await expect(startServer({ models, port: fixture().server.port })).rejects.toThrow(
      /is taken\. Give another one with --port/,
    );
    await expect(startServer({ models: [servedModel('/nowhere')] })).rejects.toThrow(/nowhere/);
  });

  it('wants the token for everything but the health', async () => {
    const server = await startServer({ models: [fixture().model], threads: 1, token: 'secret' });
    const status = async (path: string, token?: string) =>
      (
        await fetch(
          `${server.url}${path}`,
          token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
        )
      ).status;
    expect(await status('/health')).toBe(200);
    expect(await status('/metrics')).toBe(401);
    expect(await status('/v1/models')).toBe(401);
    expect(await status('/v1/models', 'secre')).toBe(401);
    expect(await status('/v1/models', 'secret')).toBe(200);
    expect(await status('/nowhere')).toBe(401);
    await server.stop(0);
  });
});
